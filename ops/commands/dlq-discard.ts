/** `dlq discard --export FILE`: deletes dead letters that an export holds. */

import type { Command } from 'commander';

import {
  type DiscardResult,
  type ExportIndex,
  indexExport,
  isExported,
  runDiscard,
} from '../dead-letters/discard.ts';
import { readExport } from '../dead-letters/export-file.ts';
import type { LetterFilter } from '../dead-letters/filter.ts';
import { overviewJson } from '../dead-letters/json.ts';
import { visitDeadLetters } from '../dead-letters/read.ts';
import { overviewOf, type Overview, planItem, type PlanItem } from '../dead-letters/plan.ts';
import { EXIT, type ExitCode, OperatorError, UsageError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { StageContext } from '../stage/context.ts';
import { confirmed } from '../terminal/ask.ts';
import { startProgress } from '../terminal/progress.ts';
import { count, formatNumber, paint, type Terminal, writeLine } from '../terminal/terminal.ts';
import { whereOf } from '../where.ts';
import { addFilterOptions, type FilterOptions, readFilter } from './filter-options.ts';
import { endingText, failureLines, overviewText } from './plan-text.ts';

interface DiscardCommandOptions extends FilterOptions {
  readonly export?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface DiscardPlan {
  readonly overview: Overview;
  readonly ids: readonly string[];
  readonly seen: number;
  readonly partial: string | undefined;
  /** Letters that the filter takes and the export does not hold. */
  readonly unsaved: number;
}

async function planDiscard(
  session: Session,
  context: StageContext,
  filter: LetterFilter,
  index: ExportIndex,
  limit: number | undefined,
): Promise<DiscardPlan> {
  return session.interruptible(async (signal) => {
    const progress = startProgress(session.terminal.stderr, 'Looking');
    const items: PlanItem[] = [];
    let unsaved = 0;
    const { seen, partial } = await visitDeadLetters(
      context,
      filter,
      (letter, raw) => {
        items.push(planItem(letter));
        if (!isExported(raw, index)) unsaved += 1;
        return items.length === limit ? 'stop' : 'continue';
      },
      { signal, onProgress: (now) => progress.update(now.seen, now.expected) },
    ).finally(progress.end);
    if (signal.aborted) throw new OperatorError('Stopped; nothing was done.');
    return { overview: overviewOf(items), ids: items.map(({ id }) => id), seen, partial, unsaved };
  });
}

function printResult(result: DiscardResult, context: StageContext, terminal: Terminal): void {
  const { stdout, stderr } = terminal;
  const { discarded, failed, remaining, ending } = result;
  const text = `${formatNumber(discarded)} deleted, ${formatNumber(failed)} failed${remaining > 0 ? `, ${formatNumber(remaining)} left` : ''}.`;
  const isComplete = ending === 'done' && failed === 0;
  writeLine(stdout, paint(stdout, isComplete ? 'green' : 'red', text));
  for (const line of failureLines(result.failures)) writeLine(stderr, line);
  const why = endingText(ending, remaining, result.error, whereOf(context));
  if (why !== undefined) writeLine(stderr, why);
}

async function discard(session: Session, options: DiscardCommandOptions): Promise<ExitCode> {
  const { terminal } = session;
  const { stdout, stderr } = terminal;
  const filter = readFilter(options, terminal.now());
  const file = options.export;
  if (file === undefined) {
    throw new UsageError(
      'discard deletes for good, so it needs the file that holds what it deletes: first "dlq export --output FILE" with the same filter, then "dlq discard --export FILE".',
    );
  }
  const index = await indexExport(readExport(file));
  const context = await session.openStage();
  const plan = await planDiscard(session, context, filter, index, options.limit);
  const { overview, ids, seen, unsaved } = plan;
  const printJson = (result: DiscardResult | undefined): void => {
    if (options.json !== true) return;
    const { total: _, error: __, ...outcome } = result ?? {};
    writeLine(
      stdout,
      JSON.stringify({
        plan: { ...overviewJson(overview), unsaved, partial: plan.partial ?? null },
        result: result === undefined ? null : outcome,
      }),
    );
  };
  writeLine(
    stderr,
    `${count(ids.length, 'dead letter')} to delete, of ${formatNumber(seen)} in the queue.`,
  );
  if (ids.length > 0) writeLine(stderr, overviewText(overview, terminal.now()));
  if (plan.partial !== undefined) {
    writeLine(stderr, paint(stderr, 'yellow', `  ! Not all letters were seen. ${plan.partial}`));
  }
  if (unsaved > 0) {
    printJson(undefined);
    throw new OperatorError(
      `${file} does not hold ${formatNumber(unsaved)} of these letters word for word, so nothing was deleted; export again with the same filter and use that file.`,
    );
  }
  if (ids.length === 0 || options.dryRun === true) {
    printJson(undefined);
    return EXIT.done;
  }
  const question = `Delete ${count(ids.length, 'letter')} of stage ${context.stage.name} for good? Only ${file} will hold them.`;
  if (options.yes !== true && !(await confirmed(terminal, question))) {
    writeLine(stderr, 'Nothing was done.');
    printJson(undefined);
    return EXIT.failed;
  }
  const result = await session.interruptible(async (signal) => {
    const progress = startProgress(stderr, 'Deleting');
    return runDiscard(context.deadLetters, ids, index, {
      signal,
      onProgress: ({ discarded, failed, total }) => progress.update(discarded + failed, total),
      onWaiting: (letters) =>
        progress.note(`Waiting for ${count(letters, 'letter')} that another command holds ...`),
    }).finally(progress.end);
  });
  if (options.json === true) printJson(result);
  else printResult(result, context, terminal);
  if (options.json === true && result.error !== undefined) throw result.error;
  return result.failed === 0 && (result.ending === 'done' || result.ending === 'gone')
    ? EXIT.done
    : EXIT.failed;
}

/** Adds the command. */
export function addDiscard(dlq: Command, session: Session, run: (code: ExitCode) => void): void {
  addFilterOptions(
    dlq.command('discard').description('delete dead letters that an export holds'),
    'delete so many at most, in no order',
  )
    .option('--export <file>', 'the file that "dlq export" wrote: what it does not hold is kept')
    .option('--dry-run', 'show what would be deleted and stop')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Nothing is deleted unless the file holds every letter that the filter takes, word for word.
"dlq import FILE" puts them back.

JSON: plan (count, services, reasons, oldest, newest, incidents, duplicates, unsaved, partial),
result (discarded, failed, remaining, ending, failures), null for a dry run.`,
    )
    .action(async (options: DiscardCommandOptions) => {
      run(await discard(session, options));
    });
}
