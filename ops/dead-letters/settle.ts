/**
 * Finds chosen messages in a queue and has them settled. SQS cannot look a message up, so this walks
 * through the queue, again and again, until every chosen message was met or cannot be met.
 */

import type { MessageQueue, ReceivedMessage } from '../aws/queue.ts';
import { pause } from '../pace.ts';
import { type Visit, walkQueue, type WalkOptions } from './walk.ts';

/**
 * Seconds for which received messages are hidden. After a kill, the command that finishes the job
 * waits no longer than that.
 */
const VISIBILITY_TIMEOUT = 60;

/** Part of the visibility timeout after which a walk ends, so that nothing it holds is visible again. */
const WALK_SHARE = 2 / 3;

/** Walks without progress, through all of a queue with none in flight, until messages are gone. */
const WALKS_UNTIL_GONE = 2;

/** What is to be done with chosen messages. */
export interface Settlement {
  /** Number of messages that it still has to meet. */
  readonly remaining: () => number;
  readonly wants: (message: ReceivedMessage) => boolean;
  /** Works on wanted messages. Those that it does not delete stay in the queue. */
  readonly settle: Visit;
}

/** How messages are settled. */
export interface SettleOptions extends Pick<WalkOptions, 'signal' | 'perReceive' | 'workers'> {
  /** Called when it waits for messages that other receivers hold. */
  readonly onWaiting?: ((messages: number) => void) | undefined;
  /** Waits until there is use for more messages, at most `limit` milliseconds. @default no wait */
  readonly ready?: ((limit: number) => Promise<void>) | undefined;
  /** Seconds for which messages are hidden while they are worked on. @default 60 */
  readonly visibilityTimeout?: number | undefined;
  /** Milliseconds between two walks without progress. @default 1,000 */
  readonly pauseBetweenWalks?: number | undefined;
  /** Milliseconds without progress until it ends with `held`. @default 120,000 */
  readonly giveUpAfter?: number | undefined;
}

/** Why settling ended. */
export type SettleEnding =
  /** Nothing remains. */
  | 'done'
  /** The signal. */
  | 'stopped'
  /** What remains is not in the queue any more. */
  | 'gone'
  /** Another receiver holds what remains. */
  | 'held';

/**
 * Walks through the queue until nothing remains, or what remains cannot be met.
 *
 * @throws what the queue and the settlement throw, after everything was given back
 */
export async function settleMessages(
  queue: MessageQueue,
  settlement: Settlement,
  options: SettleOptions = {},
): Promise<SettleEnding> {
  const { visibilityTimeout = VISIBILITY_TIMEOUT, pauseBetweenWalks = 1_000 } = options;
  const { signal, onWaiting, ready, perReceive, workers } = options;
  const giveUpAfter = options.giveUpAfter ?? 2 * VISIBILITY_TIMEOUT * 1_000;
  let lastProgress = performance.now();
  let walksWithNoneInFlight = 0;
  for (let left = settlement.remaining(); left > 0; left = settlement.remaining()) {
    if (signal?.aborted === true) return 'stopped';
    const walkEnds = performance.now() + visibilityTimeout * 1_000 * WALK_SHARE;
    const ending = await walkQueue(
      queue,
      async (messages, held) => {
        const wanted = messages.filter(settlement.wants);
        if (wanted.length > 0) await settlement.settle(wanted, held);
      },
      {
        visibilityTimeout,
        signal,
        isDone: () => settlement.remaining() === 0 || performance.now() > walkEnds,
        beforeReceive: async () => ready?.(Math.max(0, walkEnds - performance.now())),
        perReceive,
        workers,
      },
    );
    if (settlement.remaining() < left) {
      lastProgress = performance.now();
      walksWithNoneInFlight = 0;
      continue;
    }
    if (ending === 'end' || ending === 'over-limit') {
      const { inFlight } = await queue.depth();
      walksWithNoneInFlight = inFlight === 0 ? walksWithNoneInFlight + 1 : 0;
      if (walksWithNoneInFlight >= WALKS_UNTIL_GONE) return 'gone';
      onWaiting?.(settlement.remaining());
    }
    if (performance.now() - lastProgress > giveUpAfter) return 'held';
    await pause(pauseBetweenWalks, signal);
  }
  return 'done';
}
