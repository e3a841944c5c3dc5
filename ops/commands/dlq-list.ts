/** `dlq list`: dead letters with reason, detail, age and event, without taking them away. */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { LetterFilter } from '../dead-letters/filter.ts';
import { letterJson } from '../dead-letters/json.ts';
import type { Letter } from '../dead-letters/dead-letter.ts';
import {
  type Listing,
  listDeadLetters,
  type Visit,
  visitDeadLetters,
} from '../dead-letters/read.ts';
import type { AfterLook, ScanProgress } from '../dead-letters/scan.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { Session } from '../session.ts';
import type { StageContext } from '../stage/context.ts';
import { startProgress } from '../terminal/progress.ts';
import { table } from '../terminal/table.ts';
import {
  count,
  formatNumber,
  paint,
  plain,
  type Terminal,
  widthOf,
  write,
  writeLine,
} from '../terminal/terminal.ts';
import { addFilterOptions, type FilterOptions, readFilter } from './filter-options.ts';

/** Letters in a table unless `--limit` says otherwise. */
const TABLE_LIMIT = 50;

/** Characters of an ID in a table: enough to name a letter among a hundred thousand. */
const SHORT_ID = 8;

function rowOf(letter: Letter, now: number): readonly string[] {
  return [
    letter.id.slice(0, SHORT_ID),
    formatDuration(now - letter.failedAt),
    letter.reason,
    letter.httpStatus === undefined ? '' : String(letter.httpStatus),
    plain(letter.service ?? '?'),
    plain(letter.event?.summary ?? letter.problem ?? ''),
    plain(letter.detail),
  ];
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
  const { letters, matched, seen } = listing;
  if (letters.length > 0) {
    const rows = letters.map((letter) => rowOf(letter, terminal.now()));
    writeLine(stdout, table(COLUMNS, rows, widthOf(stdout)));
    writeLine(stdout);
  }
  const shown =
    letters.length < matched ? `; the newest ${formatNumber(letters.length)} are shown` : '';
  const others = matched < seen ? ` match, of ${formatNumber(seen)} in the queue` : '';
  writeLine(
    stdout,
    matched === 0 && seen === 0
      ? 'No dead letters.'
      : `${count(matched, 'dead letter')}${others}${shown}.`,
  );
  writePartial(terminal, listing.partial);
}

/** Streams: a hundred thousand letters pass through without being gathered. */
async function printJson(
  context: StageContext,
  filter: LetterFilter,
  terminal: Terminal,
  options: { readonly limit: number | undefined; readonly signal: AbortSignal },
): Promise<Visit> {
  const { stdout } = terminal;
  // The head comes with the first letter, so that an error before it leaves nothing half printed.
  let head = '{"letters":[\n';
  const print = async (letter: Letter): Promise<void> => {
    await write(stdout, `${head}${JSON.stringify(letterJson(letter))}`);
    head = ',\n';
  };
  const { limit, signal } = options;
  let visit: Visit;
  if (limit === undefined) {
    visit = await visitDeadLetters(
      context,
      filter,
      async (letter): Promise<AfterLook> => {
        await print(letter);
        return 'continue';
      },
      { signal },
    );
  } else {
    const listing = await listDeadLetters(context, filter, { limit, signal });
    for (const letter of listing.letters) await print(letter);
    visit = listing;
  }
  const { matched, seen, partial } = visit;
  const rest = JSON.stringify({ matched, scanned: seen, partial: partial ?? null });
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
  return session.interruptible(async (signal) => {
    if (options.json === true) {
      writePartial(
        terminal,
        (await printJson(context, filter, terminal, { limit: options.limit, signal })).partial,
      );
      return EXIT.done;
    }
    const progress = startProgress(terminal.stderr, 'Looking');
    const onProgress = ({ seen, expected }: ScanProgress): void => progress.update(seen, expected);
    const listing = await listDeadLetters(context, filter, {
      limit: options.limit ?? TABLE_LIMIT,
      signal,
      onProgress,
    }).finally(progress.end);
    printTable(listing, terminal);
    return EXIT.done;
  });
}

/** Adds the command. */
export function addList(dlq: Command, session: Session, run: (code: ExitCode) => void): void {
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
JSON: letters (id, reason, detail, httpStatus, receiveCount, failedAt, receivedAt, requestId,
originalMessageId, service, dedupKey, event {kind, summary, occurredAt, environment {id, name},
view {id, name}, metric}, deduplicated {count, first, last}: older events that a replay deduplicated into it,
problem), matched, scanned, partial (a sentence, or null).`,
    )
    .action(async (options: FilterOptions & { json?: boolean }) => {
      run(await list(session, options));
    });
}
