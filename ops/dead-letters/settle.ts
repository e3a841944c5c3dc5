/**
 * Goes through the dead-letter queue for the letters that a plan names, and hands them over as they
 * are met. SQS gives letters in no order and can look none up, so the others are met as well: they
 * are held until the sweep pauses, so that they are not met again and again, and then given back.
 */

import type { MessageQueue, Received } from '../aws/queue.ts';
import { pause } from '../pace.ts';
import type { RawLetter } from './dead-letter.ts';

/**
 * Seconds for which a sweep hides what it meets. A killed command hides them for no longer than
 * that from the one that finishes its job.
 */
const HIDE_SECONDS = 60;

/** Part of the hiding time after which a pass ends: what it holds must not be visible again before. */
const PASS_SHARE = 2 / 3;

/** Milliseconds without progress after which letters that others hold are given up. */
const PATIENCE = 2 * HIDE_SECONDS * 1_000;

/** Passes that see the whole queue and none in flight, without progress, until letters are gone. */
const PASSES_UNTIL_GONE = 2;

/** What a sweep does with the letters it meets. */
export interface SweepJob {
  /** Letters that it still has to meet. */
  readonly remaining: () => number;
  readonly wants: (letter: RawLetter) => boolean;
  /**
   * Works on wanted letters.
   *
   * @returns those to give back when the pass ends
   */
  readonly work: (letters: readonly RawLetter[]) => Promise<readonly RawLetter[]>;
  /** Told before what is held is given back: handles of this pass must not be used after it. */
  readonly endPass: () => void;
}

/** How a sweep behaves. */
export interface SweepOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told when letters are waited for that somebody else holds. */
  readonly onWaiting?: ((letters: number) => void) | undefined;
  /**
   * Waits until it makes sense to take more letters, `limit` milliseconds at most. @default at once
   */
  readonly ready?: ((limit: number) => Promise<void>) | undefined;
  /** Letters to take at once, 1 to 10. @default 10 */
  readonly perReceive?: number | undefined;
  /** Receives under way at once. @default 16 */
  readonly parallel?: number | undefined;
  /** Seconds for which letters are hidden while they are worked on. @default 60 */
  readonly hideFor?: number | undefined;
  /** Milliseconds between two passes without progress. @default 1 second */
  readonly pauseFor?: number | undefined;
  /** Milliseconds without progress until letters that others hold are given up. @default 2 minutes */
  readonly patience?: number | undefined;
}

/** Why a sweep ended. */
export type SweepEnding =
  /** Nothing remains. */
  | 'done'
  /** The signal. */
  | 'stopped'
  /** What remains is not in the queue any more. */
  | 'gone'
  /** What remains is held by somebody else. */
  | 'held';

/**
 * Goes through the queue until nothing remains, or what remains cannot be met.
 *
 * @throws what the queue and the job throw, after giving everything back
 */
export async function sweep(
  queue: MessageQueue,
  job: SweepJob,
  options: SweepOptions = {},
): Promise<SweepEnding> {
  const { signal, patience = PATIENCE, pauseFor = 1_000 } = options;
  let lastProgress = performance.now();
  let emptyPasses = 0;
  for (let left = job.remaining(); left > 0; left = job.remaining()) {
    if (signal?.aborted === true) return 'stopped';
    const sawAll = await onePass(queue, job, options);
    if (job.remaining() < left) {
      lastProgress = performance.now();
      emptyPasses = 0;
      continue;
    }
    if (sawAll) {
      const { inFlight } = await queue.depth();
      emptyPasses = inFlight === 0 ? emptyPasses + 1 : 0;
      if (emptyPasses >= PASSES_UNTIL_GONE) return 'gone';
      options.onWaiting?.(job.remaining());
    }
    if (performance.now() - lastProgress > patience) return 'held';
    await pause(pauseFor, signal);
  }
  return 'done';
}

/**
 * Receives until nothing more comes, or the pass has lasted long enough.
 *
 * @returns whether nothing more came
 */
async function onePass(
  queue: MessageQueue,
  job: SweepJob,
  options: SweepOptions,
): Promise<boolean> {
  const { signal, perReceive = 10, parallel = 16, hideFor = HIDE_SECONDS, ready } = options;
  const ends = performance.now() + hideFor * 1_000 * PASS_SHARE;
  const isOver = (): boolean =>
    over || signal?.aborted === true || job.remaining() === 0 || performance.now() > ends;
  const held = new Map<string, Received>();
  const isHeld = (letter: RawLetter): boolean => held.has(letter.messageId);
  let over = false;
  let exhausted = false;
  let metAgain = 0;
  let working = parallel;
  const hold = (letters: readonly RawLetter[]): void => {
    for (const letter of letters) {
      if (isHeld(letter)) metAgain += 1;
      // No more than it takes to give it back: there may be a hundred thousand.
      held.set(letter.messageId, { receiptHandle: letter.receiptHandle });
    }
  };
  const workOn = async (letters: readonly RawLetter[]): Promise<void> => {
    const { wanted = [], other = [] } = Object.groupBy(letters, (letter) =>
      job.wants(letter) ? 'wanted' : 'other',
    );
    hold(other);
    try {
      if (wanted.length > 0) hold(await job.work(wanted));
    } catch (error) {
      hold(wanted);
      throw error;
    }
    if (metAgain > 100 + held.size / 10) over = true;
  };
  const work = async (): Promise<void> => {
    for (;;) {
      if (ready !== undefined) await ready(Math.max(0, ends - performance.now()));
      if (isOver()) return;
      // Asking all of SQS's servers takes a second when they have nothing, so only the last one does.
      const isLast = working === 1;
      const waitFor = isLast && !queue.isExact ? 1 : 0;
      const letters = await queue.receive({ max: perReceive, hideFor, waitFor });
      if (letters === 'over-limit') {
        over = true;
        exhausted = true;
      } else if (letters.length > 0) await workOn(letters);
      else if (isLast) {
        over = true;
        exhausted = true;
      } else if (working > 1) {
        working -= 1;
        return;
      }
    }
  };
  try {
    const results = await Promise.allSettled(
      Array.from({ length: parallel }, async () => {
        try {
          await work();
        } catch (error) {
          over = true;
          throw error;
        }
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    job.endPass();
    await queue.hide([...held.values()], 0).catch(() => undefined);
  }
  return exhausted;
}
