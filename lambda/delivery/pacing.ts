/**
 * PagerDuty's window for counting calls, plus a second for calls that take longer to arrive than
 * the ones before them. Milliseconds.
 */
export const PACING_WINDOW = 61_000;

/** The short window in which calls beyond the first burst keep an even pace, milliseconds. */
const EVEN_WINDOW = 10_000;

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

/** How many of the calls no longer count at `now`: by halves, because there may be many. */
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

/** When at most `limit` calls, this one included, lie within `window`. */
function freeAt(times: CallTimes, limit: number, window: number, now: number): number {
  const lastBlocking = times[times.length - limit];
  return lastBlocking === undefined ? now : Math.max(now, lastBlocking + window);
}

/**
 * The earliest time at which the next call may start. Half of the share may be used at once, so
 * that the incidents of a storm open together. The other half is used evenly: a backlog then leaves
 * a slot every few seconds for a page that arrives meanwhile, instead of none for most of a minute.
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

/** Receives from which an event that waits for its slot becomes patient. */
const EAGER_RECEIVES = 100;

/** Longest that it then stays away beyond the next slot, milliseconds. */
const MAX_SPREAD_DELAY = 60_000;

/**
 * How long an event that was turned away often stays away beyond the next slot: up to two seconds
 * more each time, by chance, so that what waits does not come back together and leave slots unused.
 * In a backlog of hours it would otherwise come back every few seconds, and in the end so often
 * that SQS, which counts, moved it away as if the function had crashed on it.
 *
 * @param receives how often the event has been received
 * @param random in [0, 1)
 * @returns milliseconds; 0 for the ten minutes that an ordinary storm takes
 */
export function spreadDelay(receives: number, random: number): number {
  return random * Math.min(MAX_SPREAD_DELAY, Math.max(0, receives - EAGER_RECEIVES) * 2_000);
}

/**
 * Time between two slots of one key when all are in use, milliseconds. What waits comes back to
 * whichever instance is free, so it is spread over the slots of all of them: too many at a time
 * wait once more, too few would leave slots unused.
 */
export function slotSpacing(callsPerMinute: number): number {
  return PACING_WINDOW / callsPerMinute;
}
