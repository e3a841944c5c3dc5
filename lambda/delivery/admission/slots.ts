import { RESOLVE_SHARES } from '../../shared/delivery-settings.ts';

/**
 * The window in which PagerDuty counts calls is a minute. One second is added, because a call can
 * take longer to arrive than the calls before it. Milliseconds.
 * https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
 */
export const SLOT_WINDOW = 61_000;

/**
 * Window for an even pace of the calls after the first burst, milliseconds; see {@link nextSlotAt}.
 */
const EVEN_WINDOW = 3_000;

/**
 * Class of a call by its importance. PagerDuty's rate limit is per integration key, so the classes
 * share the calls, and the most important class goes first.
 */
export type CallClass =
  /** Opens an incident, or raises its severity, at `error` or `critical`. */
  | 'high'
  /** Opens an incident, or raises its severity, below that. */
  | 'opener'
  /** Updates the value of an open incident. */
  | 'update';

/** Calls of one instance with one integration key. Times in milliseconds since 1970. */
export interface KeyCalls {
  /** Start times, ascending; those before the window may still be among them. */
  readonly times: number[];
  /** Start times of the updates among them, ascending. */
  readonly updates: number[];
  /** Start times of the resolves among them, ascending. */
  readonly resolves: number[];
  /** Calls of lower classes wait until then, because a `high` call waits for its slot. */
  highWaitsUntil: number;
  /** Calls of the class `update` wait until then, because an `opener` call waits for its slot. */
  openerWaitsUntil: number;
}

/** The calls of a key before the first one. */
export function newKeyCalls(): KeyCalls {
  return {
    times: [],
    updates: [],
    resolves: [],
    highWaitsUntil: -Infinity,
    openerWaitsUntil: -Infinity,
  };
}

/**
 * Number of calls that are older than the window at `now`. A binary search, because there are many.
 */
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

/**
 * Counts a call that starts now, and ends the wait of its class.
 *
 * @param callClass absent for a check of the key
 */
export function countCall(
  calls: KeyCalls,
  callClass: CallClass | 'resolve' | undefined,
  now: number,
): void {
  const ofClass =
    callClass === 'update' ? calls.updates : callClass === 'resolve' ? calls.resolves : undefined;
  for (const times of ofClass === undefined ? [calls.times] : [calls.times, ofClass]) {
    times.push(now);
    // Removing them with each call would take time in proportion to the number of calls.
    const expired = expiredCalls(times, now);
    if (expired > times.length / 2) times.splice(0, expired);
  }
  if (callClass === 'high') calls.highWaitsUntil = -Infinity;
  if (callClass === 'opener') calls.openerWaitsUntil = -Infinity;
}

/**
 * Remembers that a call waits for its slot, so that calls of lower classes wait behind it.
 *
 * @param until milliseconds since 1970
 */
export function markWaiting(calls: KeyCalls, callClass: CallClass, until: number): void {
  if (callClass === 'high') calls.highWaitsUntil = Math.max(calls.highWaitsUntil, until);
  if (callClass === 'opener') calls.openerWaitsUntil = Math.max(calls.openerWaitsUntil, until);
}

/**
 * The earliest start of a further call with which there are at most `limit` calls within `window`.
 *
 * @param startOf start time of the call at a position, in ascending order
 * @param count number of calls
 */
function freeAt(
  startOf: (position: number) => number | undefined,
  count: number,
  limit: number,
  window: number,
): number {
  const lastBlocking = startOf(count - Math.max(1, limit));
  return lastBlocking === undefined ? -Infinity : lastBlocking + window;
}

/**
 * The earliest start of a call that leaves a twentieth of the share free. Half of the share counts as
 * used before the instance started, evenly distributed over the window.
 */
function freeAfterAssumed({
  calls: { times },
  share,
  startedAt,
}: Pick<SlotInput, 'calls' | 'share' | 'startedAt'>): number {
  const half = Math.floor(share / 2);
  const assumed = (position: number): number =>
    startedAt - SLOT_WINDOW + ((position + 1) * SLOT_WINDOW) / half;
  const withAssumed = (position: number): number | undefined =>
    position < 0 ? undefined : position < half ? assumed(position) : times[position - half];
  const limit = share - Math.floor(share / 20);
  return freeAt(withAssumed, times.length + half, limit, SLOT_WINDOW);
}

/** Input of {@link nextSlotAt}. */
export interface SlotInput {
  readonly calls: KeyCalls;
  readonly callClass: CallClass;
  /** Calls that this instance may make in a window: see `shareOf`. */
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
 * - `opener` and `update` together leave a twentieth of the share free. They may use the first half
 *   at once, so that the incidents of a storm open together. After it, they keep an even pace, so
 *   that a backlog leaves a slot every few seconds for a page that arrives meanwhile.
 * - `update` may use a third of the share, within the same limits.
 *
 * A class waits while a higher one waits for its slot.
 *
 * A new instance may replace one that has just used its share. So for `opener` and `update`, half
 * of the share counts as used, evenly distributed over the window before the start.
 *
 * @returns milliseconds since 1970; not after `now` when the call may start at once
 */
export function nextSlotAt({ calls, callClass, share, startedAt, now }: SlotInput): number {
  const { times } = calls;
  if (callClass === 'high') {
    return freeAt((position) => times[position], times.length, share, SLOT_WINDOW);
  }
  let slot = freeAfterAssumed({ calls, share, startedAt });
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

/** Input of {@link nextResolveSlotAt}. Times in milliseconds since 1970. */
export interface ResolveSlotInput extends Omit<SlotInput, 'callClass'> {
  /** Until when an event of the key waits in the queue. */
  readonly eventsWaitUntil: number;
}

/**
 * The earliest time at which an incident may be resolved. Resolves may use a quarter of the share
 * while an event of the key waits or was sent within the window, and else three quarters. So a single
 * page always has a slot, but a burst of pages right after many resolves waits. Of a new instance, half
 * of the share counts as used, as in {@link nextSlotAt}.
 *
 * @returns milliseconds since 1970; not after `now` when the call may start at once
 */
export function nextResolveSlotAt({
  calls,
  share,
  startedAt,
  eventsWaitUntil,
  now,
}: ResolveSlotInput): number {
  const { times, resolves, highWaitsUntil, openerWaitsUntil } = calls;
  const eventCalls =
    times.length - expiredCalls(times, now) - (resolves.length - expiredCalls(resolves, now));
  const waitsUntil = Math.max(highWaitsUntil, openerWaitsUntil);
  const isBusy = eventCalls > 0 || Math.max(waitsUntil, eventsWaitUntil) > now;
  return Math.max(
    freeAfterAssumed({ calls, share, startedAt }),
    freeAt(
      (position) => resolves[position],
      resolves.length,
      Math.floor(share * (isBusy ? RESOLVE_SHARES.busy : RESOLVE_SHARES.quiet)),
      SLOT_WINDOW,
    ),
    waitsUntil > now ? waitsUntil : -Infinity,
  );
}

/**
 * Time between two calls with one key at the full rate, milliseconds. It is the rate of all
 * instances together, because a waiting event comes back to any of them.
 */
export function slotSpacing(callsPerMinute: number): number {
  return SLOT_WINDOW / callsPerMinute;
}
