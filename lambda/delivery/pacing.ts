/**
 * PagerDuty's window for counting calls, plus a second for calls that take longer to arrive than
 * the ones before them. Milliseconds.
 */
export const PACING_WINDOW = 61_000;

/** When this instance called with one integration key, milliseconds since 1970, ascending. */
export type CallTimes = readonly number[];

/**
 * This instance's share of the calls per minute. Concurrent batches run in instances that cannot
 * see each other, so each takes an equal part: together they never exceed the limit, whatever
 * their interleaving.
 */
export function shareOf(callsPerMinute: number, concurrentBatches: number): number {
  return Math.max(1, Math.floor(callsPerMinute / concurrentBatches));
}

/** The calls that still count at `now`. */
export function withinWindow(times: CallTimes, now: number): CallTimes {
  return times.filter((time) => time > now - PACING_WINDOW);
}

/** How many calls may start at `now`. */
export function freeCalls(times: CallTimes, share: number, now: number): number {
  return Math.max(0, share - withinWindow(times, now).length);
}

/**
 * How long the n-th event (from 0) that does not fit has to wait for its slot: until the oldest
 * counted call leaves the window, and then evenly spread, so that slots keep coming up for pages
 * that arrive later.
 *
 * @returns milliseconds
 */
export function waitForSlot(times: CallTimes, share: number, now: number, n: number): number {
  const counted = withinWindow(times, now);
  const oldest = counted.length < share ? undefined : counted[counted.length - share];
  const first = oldest === undefined ? 0 : oldest + PACING_WINDOW - now;
  return first + (n * PACING_WINDOW) / share;
}
