/** `dlq list`: dead letters with reason, detail, age and event, without taking them away. */

import type { Command } from 'commander';

import type { DeadLetterFilter } from '../dead-letters/filter.ts';
import { type DeadLetterGroup, DeadLetterGroups, groupOfOne } from '../dead-letters/groups.ts';
import { deadLetterJson } from '../dead-letters/json.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import {
  listDeadLetters,
  type ReadOptions,
  visitDeadLetters,
  type VisitResult,
} from '../dead-letters/read.ts';
import { EXIT, type ExitCode, UsageError } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import type { StageContext } from '../stage/context.ts';
import { addHelp } from '../terminal/help.ts';
import { withProgress } from '../terminal/progress.ts';
import {
  count,
  formatNumber,
  paint,
  jsonOf,
  type Terminal,
  widthOf,
  write,
  writeLine,
  writeText,
} from '../terminal/terminal.ts';
import { listText } from './dlq-list-text.ts';
import {
  addFilterOptions,
  FILTER_NOTES,
  type FilterOptions,
  readFilter,
} from './filter-options.ts';
import { NONE_READ } from './plan-text.ts';

/** Entries that are shown without `--limit`. */
const SHOWN = 50;

interface ListOptions extends FilterOptions {
  readonly each?: boolean;
  readonly json?: boolean;
}

/** Entries to show, and what they are of. */
interface Listed extends VisitResult {
  readonly entries: readonly DeadLetterGroup[];
  /** Entries that there are, shown or not. */
  readonly total: number;
}

function writePartial({ stderr }: Terminal, partial: string | undefined): void {
  if (partial === undefined) return;
  writeText(stderr, paint(stderr, 'yellow', `This listing is partial. ${partial}`));
}

async function readEach(
  context: StageContext,
  filter: DeadLetterFilter,
  limit: number,
  options: ReadOptions,
): Promise<Listed> {
  const listing = await listDeadLetters(context, filter, { ...options, limit });
  return { ...listing, entries: listing.deadLetters.map(groupOfOne), total: listing.matched };
}

async function readGroups(
  context: StageContext,
  filter: DeadLetterFilter,
  limit: number,
  options: ReadOptions,
): Promise<Listed> {
  const groups = new DeadLetterGroups();
  const visit = await visitDeadLetters(
    context,
    filter,
    (deadLetter) => {
      groups.add(deadLetter);
      return undefined;
    },
    options,
  );
  const sorted = groups.sorted();
  return { ...visit, entries: sorted.slice(0, limit), total: sorted.length };
}

/** How many there are, and how many of them are shown. */
function totalText({ matched, seen, entries, total, partial }: Listed, each: boolean): string {
  if (matched === 0) {
    if (seen === 0) return partial === undefined ? 'No dead letters.' : NONE_READ;
    return `No dead letter matches, of ${formatNumber(seen)} in the queue.`;
  }
  const matching = matched === 1 ? ' matches' : ' match';
  const others = matched < seen ? `${matching}, of ${formatNumber(seen)} in the queue` : '';
  const inGroups = each || total === matched ? '' : `, in ${count(total, 'group')}`;
  const cut =
    entries.length === total
      ? ''
      : `; the newest ${formatNumber(entries.length)} ${entries.length === 1 ? 'is' : 'are'} shown (--limit)`;
  return `${count(matched, 'dead letter')}${others}${inGroups}${cut}.`;
}

function printList(listed: Listed, terminal: Terminal, each: boolean): void {
  const { stdout, now } = terminal;
  if (listed.entries.length > 0) {
    writeLine(stdout, listText(listed.entries, { width: widthOf(stdout), now: now(), each }));
    writeLine(stdout);
  }
  writeText(stdout, totalText(listed, each));
  writePartial(terminal, listed.partial);
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

async function list(session: Session, options: ListOptions): Promise<ExitCode> {
  const { terminal } = session;
  const { each = false, json = false, limit } = options;
  if (each && json) {
    throw new UsageError('--json has each dead letter anyway; leave out --each.');
  }
  const filter = readFilter(options, terminal.now());
  const context = await session.openStage();
  if (json) {
    const { partial } = await session.interruptible(async (signal) =>
      printJson(context, filter, terminal, { limit, signal }),
    );
    writePartial(terminal, partial);
    return EXIT.done;
  }
  const read = each ? readEach : readGroups;
  const listed = await withProgress(session, 'Reading', async (signal, progress) =>
    read(context, filter, limit ?? SHOWN, {
      signal,
      onProgress: ({ seen, expected }) => progress.update(seen, expected),
    }),
  );
  printList(listed, terminal, each);
  return EXIT.done;
}

/** Adds the command. */
export function addList(dlq: Command, session: Session, run: Run): void {
  const command = addFilterOptions(
    dlq
      .command('list')
      .description('list dead letters by incident and reason, without taking them away')
      .option('--each', 'list each dead letter on its own')
      .option('--json', 'print one JSON document, with each dead letter'),
    `show so many at most (default ${SHOWN}; with --json all, in no order)`,
  ).action(async (options: ListOptions) => run(list(session, options)));
  addHelp(command, {
    examples: [
      ['dlq list', 'what could not be delivered, the newest first'],
      ['dlq list --reason rejected --each', 'each one that PagerDuty refused'],
      ['dlq list --text checkout --severity critical', 'the critical ones about a view'],
      ['dlq list --metric latency --since 2h --json', 'as JSON, for a script'],
    ],
    notes: [
      `
An entry begins with the ID of its newest dead letter, for "dlq show". ×4 says that there are four
of them. A dead letter can stand for more events: those that were deduplicated into it. What all
entries have in common is said once, on top.`,
      FILTER_NOTES,
      `
JSON: deadLetters (id, reason, detail, httpStatus, receiveCount, failedAt, receivedAt, requestId,
originalMessageId, service, dedupKey, event {kind, summary, severity, occurredAt, environment {id,
name}, view {id, name}, metric}, deduplicated {count, first, last}: events that were deduplicated
into it, at least; problem), matched, scanned, partial (a sentence, or null).`,
    ],
  });
}
