/** `dlq list`: dead letters with reason, detail, age and event, without taking them away. */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { DeadLetterFilter } from '../dead-letters/filter.ts';
import { deadLetterJson } from '../dead-letters/json.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import {
  type Listing,
  listDeadLetters,
  visitDeadLetters,
  type VisitResult,
} from '../dead-letters/read.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import type { StageContext } from '../stage/context.ts';
import { withProgress } from '../terminal/progress.ts';
import { table } from '../terminal/table.ts';
import {
  count,
  formatNumber,
  paint,
  jsonOf,
  plain,
  type Terminal,
  widthOf,
  write,
  writeLine,
} from '../terminal/terminal.ts';
import { addFilterOptions, type FilterOptions, readFilter } from './filter-options.ts';

/** Rows of a table. */
const TABLE_LIMIT = 50;

/** Characters of an ID in a table: enough to identify one of 100,000. */
const SHORT_ID = 8;

function rowOf(deadLetter: DeadLetter, now: number): readonly string[] {
  return [
    deadLetter.id.slice(0, SHORT_ID),
    formatDuration(now - deadLetter.failedAt),
    deadLetter.reason,
    deadLetter.httpStatus === undefined ? '' : String(deadLetter.httpStatus),
    plain(deadLetter.service ?? '?'),
    plain(`${deadLetter.event?.summary ?? deadLetter.problem ?? ''}${standsForText(deadLetter)}`),
    plain(deadLetter.detail),
  ];
}

/** Other events that the dead letter stands for. */
function standsForText({ deduplicated }: DeadLetter): string {
  return deduplicated === undefined
    ? ''
    : ` (and at least ${formatNumber(deduplicated.count)} more)`;
}

const COLUMNS = [
  { head: 'ID' },
  { head: 'AGE', right: true },
  { head: 'REASON' },
  { head: 'HTTP' },
  { head: 'SERVICE', least: 8 },
  { head: 'EVENT', least: 20 },
  { head: 'DETAIL', least: 12 },
];

function writePartial({ stderr }: Terminal, partial: string | undefined): void {
  if (partial === undefined) return;
  writeLine(stderr, paint(stderr, 'yellow', `This listing is partial. ${partial}`));
}

function printTable(listing: Listing, terminal: Terminal): void {
  const { stdout } = terminal;
  const { deadLetters, matched, seen } = listing;
  if (deadLetters.length > 0) {
    const rows = deadLetters.map((each) => rowOf(each, terminal.now()));
    writeLine(stdout, table(COLUMNS, rows, widthOf(stdout)));
    writeLine(stdout);
  }
  const shown = formatNumber(deadLetters.length);
  const newest =
    deadLetters.length < matched
      ? `; the newest ${shown} ${deadLetters.length === 1 ? 'is' : 'are'} shown`
      : '';
  const others =
    matched < seen
      ? ` ${matched === 1 ? 'matches' : 'match'}, of ${formatNumber(seen)} in the queue`
      : '';
  writeLine(
    stdout,
    matched === 0 && seen === 0
      ? 'No dead letters.'
      : `${count(matched, 'dead letter')}${others}${newest}.`,
  );
  writePartial(terminal, listing.partial);
}

/** Streams the dead letters, so that memory does not grow with their number. */
async function printJson(
  context: StageContext,
  filter: DeadLetterFilter,
  terminal: Terminal,
  options: { readonly limit: number | undefined; readonly signal: AbortSignal },
): Promise<VisitResult> {
  const { stdout } = terminal;
  // The head comes with the first dead letter: an error before it leaves no half document.
  let head = '{"deadLetters":[\n';
  const print = async (deadLetter: DeadLetter): Promise<undefined> => {
    await write(stdout, `${head}${jsonOf(deadLetterJson(deadLetter))}`);
    head = ',\n';
  };
  const { limit, signal } = options;
  let visit: VisitResult;
  if (limit === undefined) {
    visit = await visitDeadLetters(context, filter, print, { signal });
  } else {
    const listing = await listDeadLetters(context, filter, { limit, signal });
    for (const deadLetter of listing.deadLetters) await print(deadLetter);
    visit = listing;
  }
  const { matched, seen, partial } = visit;
  const rest = jsonOf({ matched, scanned: seen, partial: partial ?? null });
  await write(stdout, `${head === ',\n' ? '\n' : head}],${rest.slice(1)}\n`);
  return visit;
}

async function list(
  session: Session,
  options: FilterOptions & { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = session;
  const filter = readFilter(options, terminal.now());
  const context = await session.openStage();
  const { limit } = options;
  if (options.json === true) {
    const { partial } = await session.interruptible(async (signal) =>
      printJson(context, filter, terminal, { limit, signal }),
    );
    writePartial(terminal, partial);
    return EXIT.done;
  }
  const listing = await withProgress(session, 'Reading', async (signal, progress) =>
    listDeadLetters(context, filter, {
      limit: limit ?? TABLE_LIMIT,
      signal,
      onProgress: ({ seen, expected }) => progress.update(seen, expected),
    }),
  );
  printTable(listing, terminal);
  return EXIT.done;
}

/** Adds the command. */
export function addList(dlq: Command, session: Session, run: Run): void {
  addFilterOptions(
    dlq
      .command('list')
      .description('list dead letters, the newest first, without taking them away')
      .option('--json', 'print one JSON document'),
    `show so many at most (default ${TABLE_LIMIT}; with --json all, in no order)`,
  )
    .addHelpText(
      'after',
      `
JSON: deadLetters (id, reason, detail, httpStatus, receiveCount, failedAt, receivedAt, requestId,
originalMessageId, service, dedupKey, event {kind, summary, occurredAt, environment {id, name},
view {id, name}, metric}, deduplicated {count, first, last}: events that were deduplicated into it,
at least; problem), matched, scanned, partial (a sentence, or null).`,
    )
    .action(async (options: FilterOptions & { json?: boolean }) => run(list(session, options)));
}
