/** `dlq import FILE`: puts exported dead letters back into the dead-letter queue. */

import type { Command } from 'commander';

import { checkReadable, readExport } from '../dead-letters/export-file.ts';
import { type ImportResult, planImport, runImport } from '../dead-letters/import.ts';
import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import type { Session } from '../session.ts';
import { confirmed } from '../terminal/ask.ts';
import { startProgress } from '../terminal/progress.ts';
import { count, formatNumber, paint, writeLine } from '../terminal/terminal.ts';
import { failureLines } from './plan-text.ts';

interface ImportOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

async function importLetters(
  session: Session,
  file: string,
  options: ImportOptions,
): Promise<ExitCode> {
  const { terminal } = session;
  const { stdout, stderr } = terminal;
  await checkReadable(file);
  const context = await session.openStage();
  const queue = context.deadLetters;
  const plan = await session.interruptible(async (signal) => {
    const progress = startProgress(stderr, 'Comparing');
    const result = await planImport(queue, readExport(file), {
      signal,
      onProgress: ({ seen, expected }) => progress.update(seen, expected),
    }).finally(progress.end);
    if (signal.aborted) throw new OperatorError('Stopped; nothing was done.');
    return result;
  });
  const { missing, present, partial } = plan;
  writeLine(
    stderr,
    `${file} holds ${count(missing + present, 'letter')}; ${formatNumber(present)} of them ${present === 1 ? 'is' : 'are'} in the queue already.`,
  );
  if (partial !== undefined) {
    writeLine(
      stderr,
      paint(
        stderr,
        'yellow',
        `  ! Not the whole queue was seen, so letters may be put there twice. ${partial}`,
      ),
    );
  }
  const printJson = (result: ImportResult | undefined): void => {
    if (options.json !== true) return;
    const outcome = result === undefined ? null : { ...result };
    writeLine(
      stdout,
      JSON.stringify({ plan: { missing, present, partial: partial ?? null }, result: outcome }),
    );
  };
  if (missing === 0 || options.dryRun === true) {
    printJson(undefined);
    return EXIT.done;
  }
  const question = `Put ${count(missing, 'letter')} into the dead-letter queue of stage ${context.stage.name}?`;
  if (options.yes !== true && !(await confirmed(terminal, question))) {
    writeLine(stderr, 'Nothing was done.');
    printJson(undefined);
    return EXIT.failed;
  }
  const result = await session.interruptible(async (signal) => {
    const progress = startProgress(stderr, 'Importing');
    return runImport(queue, readExport(file), plan, {
      signal,
      onProgress: (imported) => progress.update(imported, missing),
    }).finally(progress.end);
  });
  const isComplete = result.failed === 0 && !result.stopped;
  if (options.json === true) printJson(result);
  else {
    const text = `${formatNumber(result.imported)} imported, ${formatNumber(result.skipped)} there already, ${formatNumber(result.failed)} failed.`;
    writeLine(stdout, paint(stdout, isComplete ? 'green' : 'red', text));
  }
  for (const line of failureLines(result.failures)) writeLine(stderr, line);
  if (!isComplete)
    writeLine(stderr, 'Run it again to import the rest: what is there is not put there twice.');
  return isComplete ? EXIT.done : EXIT.failed;
}

/** Adds the command. */
export function addImport(dlq: Command, session: Session, run: (code: ExitCode) => void): void {
  dlq
    .command('import')
    .description('put exported letters into the dead-letter queue, from where they can be replayed')
    .argument('<file>', 'a file that "dlq export" wrote')
    .option('--dry-run', 'compare the file with the queue and stop')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Body, attributes and message group are restored; SQS gives each letter a new ID and a new age in
the queue. A letter that is in the queue already, word for word, is not put there twice.

JSON: plan (missing, present, partial), result (imported, skipped, failed, failures, stopped), null
for a dry run.`,
    )
    .action(async (file: string, options: ImportOptions) => {
      run(await importLetters(session, file, options));
    });
}
