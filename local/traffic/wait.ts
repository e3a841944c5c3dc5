/** Waits for conditions and for empty queues. */

import { pause } from '../../ops/pace.ts';
import type { Bridge } from '../bridge.ts';
import type { QueueRole } from '../parts.ts';
import { inQueue, queueDepth } from '../sqs/queue-depth.ts';

/** A condition to wait for. */
export type Condition = () => boolean | Promise<boolean>;

/** Time between two checks of a condition, milliseconds. */
const CHECK_INTERVAL = 25;

/**
 * Waits until a condition holds.
 *
 * @returns whether it held in time
 * @throws the signal's reason when the signal is aborted
 */
export async function holdsWithin(
  seconds: number,
  condition: Condition,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await pause(CHECK_INTERVAL, signal);
    signal?.throwIfAborted();
  }
  return true;
}

/**
 * Waits until a condition holds.
 *
 * @throws Error with the result of `state` when the condition does not hold in time
 */
export async function until(
  condition: Condition,
  options: { readonly seconds: number; readonly state?: () => unknown },
): Promise<void> {
  if (await holdsWithin(options.seconds, condition)) return;
  const state = JSON.stringify(await options.state?.());
  throw new Error(`Not within ${options.seconds} s: ${condition.toString()} ${state ?? ''}`);
}

/** Number of events or dead letters in a queue, whatever their state. Ticks do not count. */
export async function depth(
  bridge: Pick<Bridge, 'aws' | 'queue'>,
  role: QueueRole,
): Promise<number> {
  return inQueue(await queueDepth(bridge, role));
}

/** Waits until no event is in the events queue. @throws Error when it is not empty in time */
export async function drained(bridge: Bridge, seconds: number): Promise<void> {
  await until(async () => (await depth(bridge, 'events')) === 0, {
    seconds,
    state: async () => ({ ...bridge.journal.counters(), events: await depth(bridge, 'events') }),
  });
}
