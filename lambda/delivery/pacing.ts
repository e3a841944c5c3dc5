/**
 * PagerDuty's window for counting calls, milliseconds: one minute, plus a second because a call may
 * take longer to arrive than the calls before it.
 */
export const PACING_WINDOW = 61_000;

/** Window in which calls after the first burst are paced evenly, milliseconds. */
const EVEN_WINDOW = 10_000;

/**
 * Start times of this instance's calls with one integration key, milliseconds since 1970,
 * ascending.
 */
export type CallTimes = readonly number[];

/**
 * This instance's share of the calls per minute. Concurrent batches run in instances that do not
 * know of each other. Each takes an equal share, so together they never exceed the limit.
 */
export function shareOf(callsPerMinute: number, concurrentBatches: number): number {
  return Math.max(1, Math.floor(callsPerMinute / concurrentBatches));
}

/** Number of calls that are older than the window, found by binary search. */
export function expiredCalls(times: CallTimes, now: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) > now - PACING_WINDOW) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The earliest time at which at most `limit` calls, including the next one, are within `window`.
 */
function freeAt(times: CallTimes, limit: number, window: number, now: number): number {
  const lastBlocking = times[times.length - limit];
  return lastBlocking === undefined ? now : Math.max(now, lastBlocking + window);
}

/**
 * The earliest time at which the next call may start. Half of the share may be used at once, so
 * that the incidents of a storm open together. The other half is spread evenly over the window. A
 * new page thus gets a slot within seconds during a backlog, instead of waiting for most of a
 * minute.
 *
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970; `now` when a call may start at once
 */
export function nextCallAt(times: CallTimes, share: number, now: number): number {
  const atMost = freeAt(times, share, PACING_WINDOW, now);
  if (times.length - expiredCalls(times, now) < share / 2) return atMost;
  const even = Math.ceil((share * EVEN_WINDOW) / PACING_WINDOW);
  return Math.max(atMost, freeAt(times, even, EVEN_WINDOW, now));
}

/** Number of receives from which an event that waits for a slot gets a {@link spreadDelay}. */
const EAGER_RECEIVES = 100;

/** Longest {@link spreadDelay}, milliseconds. */
const MAX_SPREAD_DELAY = 60_000;

/**
 * A random delay after the next slot for an event that has often waited for one: up to two seconds
 * more with each receive. It spreads waiting events, so that no slots stay unused. In a backlog of
 * hours an event would otherwise be received every few seconds, until it reaches the queue's
 * maximum number of receives and SQS moves it to the dead-letter queue.
 *
 * @param receives how often the event has been received
 * @param random in [0, 1)
 * @returns milliseconds; 0 for the first 100 receives, which an ordinary storm does not reach
 */
export function spreadDelay(receives: number, random: number): number {
  return random * Math.min(MAX_SPREAD_DELAY, Math.max(0, receives - EAGER_RECEIVES) * 2_000);
}

/**
 * Time between two slots of an integration key, over all instances, milliseconds. A waiting event
 * may be received by any instance, so waiting events are spread over the slots of all instances.
 */
export function slotSpacing(callsPerMinute: number): number {
  return PACING_WINDOW / callsPerMinute;
}
