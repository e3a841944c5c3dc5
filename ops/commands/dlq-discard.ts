/** `dlq discard --export FILE`: deletes dead letters that an export holds. */

import type { Command } from 'commander';

import {
  type DiscardPlan,
  type DiscardResult,
  indexExport,
  planDiscard,
  runDiscard,
} from '../dead-letters/discard.ts';
import { readExport } from '../dead-letters/export-file.ts';
import { overviewJson } from '../dead-letters/json.ts';
import { overviewOf } from '../dead-letters/plan.ts';
import { type ExitCode, UsageError } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import { whereOf } from '../stage/context.ts';
import { targetOf } from '../stage/target.ts';
import { addHelp } from '../terminal/help.ts';
import { count, formatNumber } from '../terminal/terminal.ts';
import { addChangeOptions, type ChangeOptions, noteWaiting, runChange } from './change.ts';
import {
  addFilterOptions,
  FILTER_NOTES,
  type FilterOptions,
  readFilter,
} from './filter-options.ts';
import { endingRemark, matchText, overviewText, partialWarning } from './plan-text.ts';

interface DiscardCommandOptions extends FilterOptions, ChangeOptions {
  readonly export?: string;
}

async function discard(session: Session, options: DiscardCommandOptions): Promise<ExitCode> {
  const { now } = session.terminal;
  const filter = readFilter(options, now());
  const { export: file, limit } = options;
  if (file === undefined) {
    throw new UsageError(
      'discard deletes for good, so it needs the file that holds what it deletes: first "./bridge dlq export --output FILE" with the same filter, then "./bridge dlq discard --export FILE".',
    );
  }
  const index = await indexExport(readExport(file));
  const context = await session.openStage();
  return runChange<DiscardPlan, DiscardResult>(session, options, {
    plan: async (scan) => planDiscard(context, filter, index, { ...scan, limit }),
    planText: ({ items, seen, partial }) =>
      [
        items.length === 0
          ? matchText(0, seen, partial)
          : `${count(items.length, 'dead letter')} to delete, of ${formatNumber(seen)} in the queue.`,
        ...(items.length > 0 ? [overviewText(overviewOf(items), now())] : []),
        ...partialWarning(session.terminal, 'Not all dead letters were read.', partial),
      ].join('\n'),
    refusal: ({ unsaved }) =>
      unsaved > 0
        ? `${file} does not hold ${formatNumber(unsaved)} of these dead letters word for word, so nothing was deleted; export again with the same filter and use that file.`
        : undefined,
    size: ({ items }) => items.length,
    question: ({ items }) =>
      `Delete ${count(items.length, 'dead letter')} of ${targetOf(context)} for good? Only ${file} will hold them.`,
    doing: 'Deleting',
    carryOut: async ({ items }, { signal, progress }) =>
      runDiscard(
        context.deadLetters,
        items.map(({ id }) => id),
        index,
        {
          signal,
          onProgress: ({ discarded, failed, total }) => progress.update(discarded + failed, total),
          onWaiting: noteWaiting(progress),
        },
      ),
    planJson: ({ items, unsaved, partial = null }) => ({
      ...overviewJson(overviewOf(items)),
      unsaved,
      partial,
    }),
    resultParts: ({ discarded, failed, remaining }) => [
      `${formatNumber(discarded)} deleted`,
      `${formatNumber(failed)} failed`,
      ...(remaining > 0 ? [`${formatNumber(remaining)} remaining`] : []),
    ],
    remarks: (result) => [endingRemark(result, whereOf(context))],
    isComplete: ({ ending, failed }) => ending === 'done' && failed === 0,
    // What another command deleted is gone, as it was to be.
    isAccepted: ({ ending, failed }) => (ending === 'done' || ending === 'gone') && failed === 0,
  });
}

/** Adds the command. */
export function addDiscard(dlq: Command, session: Session, run: Run): void {
  const command = addFilterOptions(
    dlq.command('discard').description('delete dead letters that an export holds'),
    'delete so many at most, in no order',
  ).option('--export <file>', 'the file that "dlq export" wrote: what it does not hold is kept');
  addChangeOptions(command, 'show what would be deleted and stop').action(
    async (options: DiscardCommandOptions) => run(discard(session, options)),
  );
  addHelp(command, {
    examples: [
      ['dlq discard --reason rejected --export refused.jsonl --dry-run', 'what would be deleted'],
      ['dlq discard --reason rejected --export refused.jsonl', 'asks, and deletes for good'],
    ],
    notes: [
      FILTER_NOTES,
      `
Nothing is deleted unless the file holds every dead letter that the filter takes, word for word.
"dlq import FILE" puts them back.`,
      `
JSON: plan (count, services, reasons, oldest, newest, incidents, duplicates, unsaved, partial),
result (discarded, failed, remaining, ending, failures), null for a dry run.`,
    ],
  });
}
