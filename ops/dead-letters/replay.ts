/** Replays dead letters: puts them back on the events queue. */

import type { MessageQueue } from '../aws/queue.ts';
import { pause, UNPACED, type Pace } from '../pace.ts';
import type { DeadLetterFilter } from './filter.ts';
import { makePlan, planItem, type PlanChoice, type PlanItem, type ReplayPlan } from './plan.ts';
import {
  type DeadLetterStore,
  type ReadOptions,
  visitDeadLetters,
  type VisitResult,
} from './read.ts';
import { type ReplayCounts, ReplaySettlement } from './replay-settlement.ts';
import { type SettleEnding, settleMessages, type SettleOptions } from './settle.ts';
import type { FailureCount } from './tally.ts';

/** The two queues of a replay. */
export interface ReplayQueues {
  readonly events: MessageQueue;
  readonly deadLetters: MessageQueue;
}

/** Result of a replay. */
export interface ReplayResult extends ReplayCounts {
  /** Dead letters of the plan that were not processed; `ending` says why. */
  readonly remaining: number;
  readonly ending: SettleEnding | 'failed';
  /** Why dead letters failed; the most frequent reason first. */
  readonly failures: readonly FailureCount[];
  /** What ended the replay early, when `ending` is `failed`. */
  readonly error?: unknown;
}

/** How a replay behaves. */
export interface ReplayOptions {
  /** @default no limit */
  readonly pace?: Pace | undefined;
  readonly onProgress?: ((counts: ReplayCounts) => void) | undefined;
  /** Called when it waits for dead letters that other receivers hold. */
  readonly onWaiting?: ((deadLetters: number) => void) | undefined;
  /** Ends the replay: what is being sent is finished, everything else stays where it is. */
  readonly signal?: AbortSignal | undefined;
  /** For tests. */
  readonly timing?:
    | Pick<SettleOptions, 'visibilityTimeout' | 'pauseBetweenWalks' | 'giveUpAfter'>
    | undefined;
}

/** A plan, and how much of the queue it is based on. */
export interface PlannedReplay {
  readonly plan: ReplayPlan;
  readonly visit: VisitResult;
}

/** Plans a replay. Changes nothing. */
export async function planReplay(
  store: DeadLetterStore,
  filter: DeadLetterFilter,
  choice: PlanChoice,
  options: ReadOptions = {},
): Promise<PlannedReplay> {
  const items: PlanItem[] = [];
  const visit = await visitDeadLetters(
    store,
    filter,
    (deadLetter) => {
      items.push(planItem(deadLetter));
      return undefined;
    },
    options,
  );
  return { plan: makePlan(items, choice), visit };
}

/** Plans a replay and carries it out at once. */
export async function replayDeadLetters(
  store: DeadLetterStore & ReplayQueues,
  filter: DeadLetterFilter,
  options: ReplayOptions & Partial<PlanChoice> = {},
): Promise<ReplayResult> {
  const { newestPerIncident = false, limit, signal } = options;
  const { plan } = await planReplay(store, filter, { newestPerIncident, limit }, { signal });
  return runReplay(store, plan, options);
}

/** Longest time that a received message waits for its turn, seconds: well within its visibility timeout. */
const LONGEST_WAIT = 25;

/** How long before its turn a message is received, milliseconds. */
const RECEIVE_AHEAD = 2_000;

/**
 * Carries out a plan. Whatever happens, and whenever the process ends, each dead letter of the plan
 * is in the dead-letter queue, on the events queue, or on both; all others are left alone.
 * Errors do not reject: they are in the result, with what was done before.
 */
export async function runReplay(
  queues: ReplayQueues,
  plan: Pick<ReplayPlan, 'groups'>,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const { pace = UNPACED, signal, onWaiting, timing } = options;
  const replay = new ReplaySettlement(queues.events, plan.groups, options);
  const perReceive = Math.min(10, Math.max(1, Math.floor(pace.perSecond * LONGEST_WAIT)));
  const workers = Math.max(1, Math.floor((LONGEST_WAIT * pace.perSecond) / perReceive));
  const settle = async (): Promise<SettleEnding> =>
    settleMessages(queues.deadLetters, replay, {
      signal,
      onWaiting,
      ...timing,
      perReceive,
      workers: Math.min(16, workers),
      ready: async (limit) => pause(Math.min(limit, pace.ahead() - RECEIVE_AHEAD), signal),
    });
  try {
    const ending = await settle();
    const remaining = replay.groups.untouched();
    if (ending === 'gone') {
      // Another command deleted duplicates; the ones that were sent for them can be deleted now.
      replay.groups.closeUntouched();
      await settle();
    }
    return { ...replay.counts(), remaining, ending, failures: replay.failures() };
  } catch (error) {
    const remaining = replay.groups.untouched();
    return { ...replay.counts(), remaining, ending: 'failed', failures: replay.failures(), error };
  }
}
