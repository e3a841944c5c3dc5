/** `dlq import FILE`: puts exported dead letters back into the dead-letter queue. */

import type { Command } from 'commander';

import { checkReadable, readExport } from '../dead-letters/export-file.ts';
import {
  type ImportPlan,
  type ImportResult,
  planImport,
  runImport,
} from '../dead-letters/import.ts';
import type { ExitCode } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import { targetOf } from '../stage/target.ts';
import { addHelp } from '../terminal/help.ts';
import { count, formatNumber } from '../terminal/terminal.ts';
import { addChangeOptions, type ChangeOptions, runChange } from './change.ts';
import { partialWarning } from './plan-text.ts';

function isComplete({ failed, stopped }: ImportResult): boolean {
  return failed === 0 && !stopped;
}

async function importDeadLetters(
  session: Session,
  file: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  await checkReadable(file);
  const context = await session.openStage();
  return runChange<ImportPlan, ImportResult>(session, options, {
    plan: async (scan) => planImport(context, readExport(file), scan),
    planText: ({ missing, present, partial }) =>
      [
        `${file} holds ${count(missing + present, 'dead letter')}; ${present === 0 ? 'none of them is' : present === 1 ? '1 of them is' : `${formatNumber(present)} of them are`} in the queue already.`,
        ...partialWarning(
          session.terminal,
          'Not the whole queue was read, so some may be put there twice.',
          partial,
        ),
      ].join('\n'),
    size: ({ missing }) => missing,
    question: ({ missing }) =>
      `Put ${count(missing, 'dead letter')} into the dead-letter queue of ${targetOf(context)}?`,
    doing: 'Importing',
    carryOut: async (plan, { signal, progress }) =>
      runImport(context.deadLetters, readExport(file), plan, {
        signal,
        onProgress: (imported) => progress.update(imported, plan.missing),
      }),
    planJson: ({ missing, present, partial = null }) => ({ missing, present, partial }),
    resultParts: ({ imported, skipped, failed }) => [
      `${formatNumber(imported)} imported`,
      `${formatNumber(skipped)} there already`,
      `${formatNumber(failed)} failed`,
    ],
    remarks: (result) => [
      isComplete(result)
        ? undefined
        : 'Run it again to import the rest: what is there is not put there twice.',
    ],
    isComplete,
  });
}

/** Adds the command. */
export function addImport(dlq: Command, session: Session, run: Run): void {
  const command = dlq
    .command('import')
    .description('put exported dead letters into the dead-letter queue, to be replayed from there')
    .argument('<file>', 'a file that "dlq export" wrote');
  addChangeOptions(command, 'compare the file with the queue and stop').action(
    async (file: string, options: ChangeOptions) => run(importDeadLetters(session, file, options)),
  );
  addHelp(command, {
    examples: [
      ['dlq import all.jsonl --dry-run', 'how many of the file are not in the queue'],
      ['dlq import all.jsonl', 'asks, and puts them there'],
    ],
    notes: [
      `
Body, attributes and message group are restored; SQS gives each dead letter a new ID and a new age
in the queue. One that is in the queue already, word for word, is not put there twice.`,
      `
JSON: plan (missing, present, partial), result (imported, skipped, failed, failures, stopped), null
for a dry run.`,
    ],
  });
}
