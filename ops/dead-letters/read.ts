/**
 * What can be done with dead letters, without a terminal: for the commands, and for programs such
 * as the local bridge's console page.
 */

import type { MessageQueue } from '../aws/queue.ts';
import { UsageError } from '../errors.ts';
import type { RouteTable } from '../../lambda/shared/routes.ts';
import { type LetterFilter, matches } from './filter.ts';
import { type Letter, type RawLetter, readLetter } from './dead-letter.ts';
import { makePlan, planItem, type PlanChoice, type PlanItem, type ReplayPlan } from './plan.ts';
import type { ReplayQueues } from './replay-job.ts';
import { runReplay, type ReplayOptions, type ReplayResult } from './replay.ts';
import { scan, type AfterLook, type ScanOptions, type ScanResult } from './scan.ts';

/** Where dead letters are, and what names the service of one that has no message group. */
export interface DeadLetterStore {
  readonly deadLetters: MessageQueue;
  readonly routes: RouteTable;
}

/** Which letters were met, in figures. */
export interface Visit extends ScanResult {
  /** Letters that the filter took. */
  readonly matched: number;
}

/**
 * Looks at every dead letter that a filter takes, in no order, without taking it away.
 *
 * @throws UsageError when the beginning of an ID fits several letters
 */
export async function visitDeadLetters(
  store: DeadLetterStore,
  filter: LetterFilter,
  look: (letter: Letter, raw: RawLetter) => AfterLook | Promise<AfterLook>,
  options: ScanOptions = {},
): Promise<Visit> {
  let matched = 0;
  const idsOf = new Map<string, string>();
  const result = await scan(
    store.deadLetters,
    async (raw) => {
      const letter = readLetter(raw, store.routes);
      if (!matches(filter, letter)) return 'continue';
      for (const start of filter.id ?? []) {
        if (!letter.id.startsWith(start)) continue;
        const other = idsOf.get(start);
        if (other !== undefined) {
          throw new UsageError(
            `${start} is the beginning of several IDs, such as ${other} and ${letter.id}; give more characters.`,
          );
        }
        idsOf.set(start, letter.id);
      }
      matched += 1;
      return look(letter, raw);
    },
    options,
  );
  return { ...result, matched };
}

/** What a listing holds. */
export interface Listing extends Visit {
  /** The newest first. */
  readonly letters: readonly Letter[];
}

/** Newest first; IDs decide between equals, so that a listing is the same twice. */
function byAge(a: Letter, b: Letter): number {
  return b.failedAt - a.failedAt || (a.id < b.id ? -1 : 1);
}

/**
 * Lists the newest dead letters that a filter takes.
 *
 * @param limit letters to keep; all others are counted
 */
export async function listDeadLetters(
  store: DeadLetterStore,
  filter: LetterFilter,
  options: ScanOptions & { readonly limit: number },
): Promise<Listing> {
  const { limit } = options;
  let kept: Letter[] = [];
  const visit = await visitDeadLetters(
    store,
    filter,
    (letter) => {
      kept.push(letter);
      // Sorted now and then: memory holds twice the limit, however many letters there are.
      if (kept.length >= 2 * limit) kept = kept.toSorted(byAge).slice(0, limit);
      return 'continue';
    },
    options,
  );
  return { ...visit, letters: kept.toSorted(byAge).slice(0, limit) };
}

/** A plan, and how much of the queue it is based on. */
export interface PlannedReplay {
  readonly plan: ReplayPlan;
  readonly visit: Visit;
}

/** Decides what a replay would do. Changes nothing. */
export async function planReplay(
  store: DeadLetterStore,
  filter: LetterFilter,
  choice: PlanChoice,
  options: ScanOptions = {},
): Promise<PlannedReplay> {
  const items: PlanItem[] = [];
  const visit = await visitDeadLetters(
    store,
    filter,
    (letter) => {
      items.push(planItem(letter));
      return 'continue';
    },
    options,
  );
  return { plan: makePlan(items, choice), visit };
}

/** Plans a replay and carries it out at once. */
export async function replayDeadLetters(
  store: DeadLetterStore & ReplayQueues,
  filter: LetterFilter,
  options: ReplayOptions & Partial<PlanChoice> = {},
): Promise<ReplayResult> {
  const { newestPerIncident = false, limit, signal } = options;
  const { plan } = await planReplay(store, filter, { newestPerIncident, limit }, { signal });
  return runReplay(store, plan, options);
}
