/** What waits for delivery. Pure. */

import type { QueueDepth } from '../aws/queue.ts';
import type { StageMetrics } from './facts.ts';
import { oldestSecondsOf, oldestWaitOf } from './levels.ts';
import { withoutTicks } from './ticks.ts';

/** Messages of a queue, visible or not. */
export function messagesIn({ visible, inFlight, delayed }: QueueDepth): number {
  return visible + inFlight + delayed;
}

/**
 * What waits, from the depth of the events queue and the figures. Every answer about delivery begins
 * with these facts.
 *
 * @param now milliseconds since 1970
 * @param delayMinutes longest delay of the figures; 0 for the local bridge
 */
export function waitingFacts(
  depth: QueueDepth,
  metrics: Partial<StageMetrics>,
  now: number,
  delayMinutes: number,
) {
  const queue = withoutTicks(depth, metrics.ticks ?? 0);
  const all = messagesIn(queue);
  const wait = oldestWaitOf(metrics.points ?? [], now, delayMinutes);
  return {
    /** Without ticks. */
    queue,
    // The oldest message of a deployed stage may be a tick.
    oldestSeconds: all === 0 ? undefined : oldestSecondsOf(metrics.oldestSeconds, wait),
    // The two numbers are not read at the same moment.
    waiting: Math.max(0, all - (metrics.updatesNotDue ?? 0)),
  };
}
