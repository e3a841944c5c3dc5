/**
 * PagerDuty's window for counting calls, plus a second for calls that take longer to arrive than
 * the ones before them. Milliseconds.
 */
export const SLOT_WINDOW = 61_000;

/** The short window in which calls beyond the first burst keep an even pace, milliseconds. */
const EVEN_WINDOW = 3_000;

/**
 * Class of a call, by what it says. PagerDuty's limit is per integration key, so the classes share
 * its slots, and what matters most goes first.
 */
export type CallClass =
  /** Opens an incident, or raises its severity, at `error` or `critical`. */
  | 'high'
  /** Opens an incident, or raises its severity, below that. */
  | 'opener'
  /** Says a new value of an open incident. */
  | 'update';

/** Calls of one instance with one integration key. Times in milliseconds since 1970. */
export interface KeyCalls {
  /** Start times, ascending; those before the window may still be among them. */
  readonly times: number[];
  /** Start times of the updates among them, ascending. */
  readonly updates: number[];
  /** Until when a call of the class `high` waits for its slot. */
  highWaitsUntil: number;
  /** Until when a call of the class `opener` waits for its slot. */
  openerWaitsUntil: number;
}

/** No calls yet. */
export function newKeyCalls(): KeyCalls {
  return { times: [], updates: [], highWaitsUntil: -Infinity, openerWaitsUntil: -Infinity };
}

/**
 * This instance's share of the calls per minute. Concurrent batches run in instances that cannot
 * see each other, so each takes an equal part: together they never exceed the limit, whatever
 * their interleaving.
 */
export function shareOf(settings: {
  readonly callsPerMinute: number;
  readonly maxConcurrentBatches: number;
}): number {
  return Math.max(1, Math.floor(settings.callsPerMinute / settings.maxConcurrentBatches));
}

/** How many of the calls no longer count at `now`. Binary search, because there may be many. */
function expiredCalls(times: readonly number[], now: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) > now - SLOT_WINDOW) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Counts a call that starts now, and ends the wait of its class. A check of the key has none. */
export function countCall(calls: KeyCalls, callClass: CallClass | undefined, now: number): void {
  for (const times of callClass === 'update' ? [calls.times, calls.updates] : [calls.times]) {
    times.push(now);
    // Not with each call, so that a call costs the same however many there were.
    const expired = expiredCalls(times, now);
    if (expired > times.length / 2) times.splice(0, expired);
  }
  if (callClass === 'high') calls.highWaitsUntil = -Infinity;
  if (callClass === 'opener') calls.openerWaitsUntil = -Infinity;
}

/** Remembers that a call of a class waits for its slot, so that lower classes wait behind it. */
export function markWaiting(calls: KeyCalls, callClass: CallClass, until: number): void {
  if (callClass === 'high') calls.highWaitsUntil = Math.max(calls.highWaitsUntil, until);
  if (callClass === 'opener') calls.openerWaitsUntil = Math.max(calls.openerWaitsUntil, until);
}

/** When at most `limit` calls, this one included, lie within `window`. */
function freeAt(
  at: (position: number) => number | undefined,
  count: number,
  limit: number,
  window: number,
): number {
  const lastBlocking = at(count - Math.max(1, limit));
  return lastBlocking === undefined ? -Infinity : lastBlocking + window;
}

/** What the next slot depends on. */
export interface SlotInput {
  readonly calls: KeyCalls;
  readonly callClass: CallClass;
  /** Calls that this instance may make in a window: see {@link shareOf}. */
  readonly share: number;
  /** When the instance started, milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The earliest time at which a call may start.
 *
 * - `high` may use the whole share.
 * - `opener` leaves a twentieth of it free. The first half may be used at once, so that the
 *   incidents of a storm open together; beyond it, calls keep an even pace, so that a backlog leaves
 *   a slot every few seconds for a page that arrives meanwhile.
 * - `update` may use a third of the share.
 *
 * A lower class waits while a higher one does. A new instance may follow one that has just used its
 * share, so for `opener` and `update` half of the share counts as used, spread over the window
 * before the start.
 *
 * @returns milliseconds since 1970; not after `now` when the call may start at once
 */
export function nextSlotAt({ calls, callClass, share, startedAt, now }: SlotInput): number {
  const { times } = calls;
  if (callClass === 'high') {
    return freeAt((position) => times[position], times.length, share, SLOT_WINDOW);
  }
  const half = Math.floor(share / 2);
  const assumed = (position: number): number =>
    startedAt - SLOT_WINDOW + ((position + 1) * SLOT_WINDOW) / half;
  const withAssumed = (position: number): number | undefined =>
    position < 0 ? undefined : position < half ? assumed(position) : times[position - half];
  const limit = share - Math.floor(share / 20);
  let slot = freeAt(withAssumed, times.length + half, limit, SLOT_WINDOW);
  if (times.length - expiredCalls(times, now) >= share / 2) {
    const even = Math.ceil((share * EVEN_WINDOW) / SLOT_WINDOW);
    slot = Math.max(
      slot,
      freeAt((position) => times[position], times.length, even, EVEN_WINDOW),
    );
  }
  if (calls.highWaitsUntil > now) slot = Math.max(slot, calls.highWaitsUntil);
  if (callClass === 'opener') return slot;
  const { updates } = calls;
  const third = Math.ceil(share / 3);
  slot = Math.max(
    slot,
    freeAt((position) => updates[position], updates.length, third, SLOT_WINDOW),
  );
  return calls.openerWaitsUntil > now ? Math.max(slot, calls.openerWaitsUntil) : slot;
}

/**
 * Time between two slots of one key when all are in use, milliseconds. What waits comes back to
 * whichever instance is free, so it is spread over the slots of all of them.
 */
export function slotSpacing(callsPerMinute: number): number {
  return SLOT_WINDOW / callsPerMinute;
}
