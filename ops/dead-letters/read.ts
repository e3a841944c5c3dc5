/** Reads the dead letters of a stage, without taking them away. */

import type { RouteTable } from '../../lambda/shared/routes.ts';
import type { MessageQueue, ReceivedMessage } from '../aws/queue.ts';
import { UsageError } from '../errors.ts';
import { type DeadLetter, readDeadLetter } from './dead-letter.ts';
import { type DeadLetterFilter, matches } from './filter.ts';
import { type AfterRead, scan, type ScanOptions, type ScanResult } from './scan.ts';

/** Where dead letters are, and the routes, which name the service of one without a message group. */
export interface DeadLetterStore {
  readonly deadLetters: MessageQueue;
  readonly routes: RouteTable;
}

/** Result of a visit, in figures. */
export interface VisitResult extends ScanResult {
  /** Dead letters that the filter took. */
  readonly matched: number;
}

/**
 * Reads every dead letter that a filter takes, in no order.
 *
 * @throws UsageError when the first characters of an ID fit several dead letters
 */
export async function visitDeadLetters(
  store: DeadLetterStore,
  filter: DeadLetterFilter,
  read: (deadLetter: DeadLetter, message: ReceivedMessage) => AfterRead | Promise<AfterRead>,
  options: ScanOptions = {},
): Promise<VisitResult> {
  let matched = 0;
  const idsByStart = new Map<string, string>();
  const result = await scan(
    store.deadLetters,
    async (message) => {
      const deadLetter = readDeadLetter(message, store.routes);
      if (!matches(filter, deadLetter)) return undefined;
      for (const start of filter.id ?? []) {
        if (!deadLetter.id.startsWith(start)) continue;
        const other = idsByStart.get(start);
        if (other !== undefined) {
          throw new UsageError(
            `Several IDs begin with ${start}, such as ${other} and ${deadLetter.id}; give more characters.`,
          );
        }
        idsByStart.set(start, deadLetter.id);
      }
      matched += 1;
      return read(deadLetter, message);
    },
    options,
  );
  return { ...result, matched };
}

/** Result of a listing. */
export interface Listing extends VisitResult {
  /** The newest first. */
  readonly deadLetters: readonly DeadLetter[];
}

/** Newest first; IDs decide between equals, so that two listings have the same order. */
function newestFirst(a: DeadLetter, b: DeadLetter): number {
  return b.failedAt - a.failedAt || (a.id < b.id ? -1 : 1);
}

/**
 * Lists the newest dead letters that a filter takes.
 *
 * @param options `limit`: dead letters to keep; all others are counted
 */
export async function listDeadLetters(
  store: DeadLetterStore,
  filter: DeadLetterFilter,
  options: ScanOptions & { readonly limit: number },
): Promise<Listing> {
  const { limit } = options;
  let kept: DeadLetter[] = [];
  const visit = await visitDeadLetters(
    store,
    filter,
    (deadLetter) => {
      kept.push(deadLetter);
      // Sorted now and then, so that no more than twice the limit is kept.
      if (kept.length >= 2 * limit) kept = kept.toSorted(newestFirst).slice(0, limit);
      return undefined;
    },
    options,
  );
  return { ...visit, deadLetters: kept.toSorted(newestFirst).slice(0, limit) };
}
