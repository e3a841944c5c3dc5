/** Carries out a replay: send, confirm, and only then delete. */

import { pause, UNPACED, type Pace } from '../pace.ts';
import type { FailureCount } from './failures.ts';
import type { ReplayPlan } from './plan.ts';
import { ReplayJob, type ReplayCounts, type ReplayQueues } from './replay-job.ts';
import { sweep, type SweepEnding, type SweepOptions } from './settle.ts';

/** What a replay came to. */
export interface ReplayResult extends ReplayCounts {
  /** Letters of the plan that it did not come to; why, says `ending`. */
  readonly remaining: number;
  readonly ending: SweepEnding | 'failed';
  /** Why letters failed; the most frequent reason first. */
  readonly failures: readonly FailureCount[];
  /** What ended the replay early, when `ending` is `failed`. */
  readonly error?: unknown;
}

/** How a replay behaves. */
export interface ReplayOptions {
  /** @default as fast as it goes */
  readonly pace?: Pace | undefined;
  readonly onProgress?: ((counts: ReplayCounts) => void) | undefined;
  /** Told when letters are waited for that somebody else holds. */
  readonly onWaiting?: ((letters: number) => void) | undefined;
  /** Ends the replay: what is being sent is finished, everything else stays where it is. */
  readonly signal?: AbortSignal | undefined;
  /** Timing of the sweep, for tests: see `SweepOptions`. */
  readonly timing?: Pick<SweepOptions, 'patience' | 'pauseFor' | 'hideFor'> | undefined;
}

/** Seconds that a letter may wait for its leave after it was received: well within its hiding. */
const LONGEST_WAIT = 25;

/** Milliseconds before its leave from which on a letter is fetched. */
const FETCH_AHEAD = 2_000;

/**
 * Carries out a plan. Whatever happens, and whenever the process ends, each letter of it is in the
 * dead-letter queue, on the events queue, or on both; letters outside of it are left alone.
 * Errors do not reject: they are in the result, with what was done before.
 */
export async function runReplay(
  queues: ReplayQueues,
  plan: Pick<ReplayPlan, 'send' | 'deduplicate' | 'standsFor'>,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const { pace = UNPACED, signal, onProgress, onWaiting, timing = {} } = options;
  const job = new ReplayJob(queues, plan, { pace, signal, onProgress });
  const perReceive = Math.min(10, Math.max(1, Math.floor(pace.perSecond * LONGEST_WAIT)));
  const parallel = Math.min(
    16,
    Math.max(1, Math.floor((LONGEST_WAIT * pace.perSecond) / perReceive)),
  );
  const sweepOptions = {
    signal,
    onWaiting,
    ...timing,
    perReceive,
    parallel,
    ready: async (limit: number) => pause(Math.min(limit, pace.ahead() - FETCH_AHEAD), signal),
  };
  const result = (ending: ReplayResult['ending'], error?: unknown): ReplayResult => ({
    ...job.counts(),
    remaining: job.untouched(),
    ending,
    failures: job.failures(),
    ...(error === undefined ? {} : { error }),
  });
  try {
    const ending = await sweep(queues.deadLetters, job, sweepOptions);
    if (ending !== 'gone') return result(ending);
    // Somebody else removed letters that were to be deduplicated; the ones sent for them can go now.
    const { remaining } = result(ending);
    job.forgetUntouched();
    await sweep(queues.deadLetters, job, sweepOptions);
    return { ...result(ending), remaining };
  } catch (error) {
    return result('failed', error);
  }
}
