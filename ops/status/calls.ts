/** What the newest calls to PagerDuty say. Pure. */

import { lastOf, type Point } from './counters.ts';

const MINUTE = 60_000;

/**
 * Minutes in which calls succeeded and calls failed, of the last ten, from which PagerDuty is said to
 * fail at times. An outage has two: its first and its last.
 */
const MIXED_MINUTES = 3;

/** Time that "fails at times" looks back, milliseconds. */
const MIXED_SPAN = 10 * MINUTE;

/** Time without a success after which failing at times is being down, milliseconds. */
const WITHOUT_SUCCESS = 2 * MINUTE;

/** Time after the last failure in which PagerDuty still fails at times, milliseconds. */
const STILL_MIXED = 5 * MINUTE;

/** Failed calls in a row from which PagerDuty is said to be down. The bridge retries one unnoticed. */
const FAILED_IN_A_ROW = 2;

/** Time without a success after a single failure from which the same is said, milliseconds. */
const LONG_FAILURE = 2 * MINUTE;

/**
 * Time for which the last failed call describes the present if no event waits, milliseconds. While
 * one waits, the bridge makes a call at least every five minutes: the highest `circuitCapSeconds`.
 */
const FAILURE_IS_NOW = 10 * MINUTE;

/** Calls to PagerDuty, as far as the figures go back. Times in milliseconds since 1970. */
export interface Calls {
  /** When the last call succeeded, that of a page or a resolve. */
  readonly lastOut: number | undefined;
  /** When the last page got out. */
  readonly lastPage: number | undefined;
  /** Calls that failed or were refused since. */
  readonly failed: number;
  /** Of these, the calls that PagerDuty refused. */
  readonly refused: number;
  /** When the first of them failed; it may be in the period of the last success. */
  readonly failingSince: number | undefined;
  /** When the newest call failed, before or after the last success. */
  readonly lastFailed: number | undefined;
  /** True if a call succeeded after one was refused, in the last hour: other services work. */
  readonly isOnlyOneKey: boolean;
  /** Highest HTTP status of the newest failed calls; 0 if there was no answer. */
  readonly status: number;
  /** Calls of the last ten minutes, and those of them that failed. */
  readonly recent: { readonly calls: number; readonly failed: number };
  /**
   * - `down`: none gets out.
   * - `failing`: the last call failed, which may pass.
   * - `mixed`: some succeed, some fail.
   * - `recovered`: calls failed in the last ten minutes, and succeed again.
   * - `good`: the last call succeeded, or there was none.
   */
  readonly state: 'down' | 'failing' | 'mixed' | 'recovered' | 'good';
}

function out(point: Point): number {
  return point.delivered + point.resolved;
}

function failedIn(point: Point): number {
  return point.unavailable + point.refused;
}

function sum(points: readonly Point[], of: (point: Point) => number): number {
  return points.reduce((total, point) => total + of(point), 0);
}

/** A refused key concerns one service, and has a finding of its own. */
function unavailable(point: Point): number {
  return point.unavailable;
}

function isMixed(points: readonly Point[]): boolean {
  const minutes = Map.groupBy(points, ({ at }) => Math.floor(at / MINUTE));
  const mixed = [...minutes.values()].filter(
    (all) => sum(all, out) > 0 && sum(all, unavailable) > 0,
  );
  return mixed.length >= MIXED_MINUTES;
}

/**
 * Reads the calls from the figures. The state depends on the order of successes and failures, not on
 * their number in a span, so that it stays while nothing changes.
 *
 * @param now milliseconds since 1970
 * @param isAnyWaiting an event waits for a call
 * @param delay longest delay of the figures, milliseconds
 */
export function callsOf(
  points: readonly Point[],
  now: number,
  isAnyWaiting: boolean,
  delay: number,
): Calls {
  const lastOut = points.findLast((point) => out(point) > 0);
  const since = lastOut?.at ?? -Infinity;
  const after = points.filter((point) => point.at > since && failedIn(point) > 0);
  const failed = sum(after, failedIn);
  const newest = points.findLast((point) => failedIn(point) > 0);
  // The period of the last success may have the first failures too.
  const first = lastOut !== undefined && failedIn(lastOut) > 0 ? lastOut : after[0];
  const recent = points.filter(({ at }) => at > now - MIXED_SPAN);
  const mixed = isMixed(recent) && newest !== undefined && now - newest.at <= STILL_MIXED + delay;
  // What happened later may not be in the figures yet.
  const asOf = Math.max(points.at(-1)?.at ?? 0, now - delay);

  const stateOf = (): Calls['state'] => {
    const isNow = isAnyWaiting || (newest !== undefined && now - newest.at <= FAILURE_IS_NOW);
    if (failed > 0 && first !== undefined && isNow) {
      const isLong = asOf - first.at >= LONG_FAILURE && sum(after, unavailable) > 0;
      if (mixed && asOf - since < WITHOUT_SUCCESS) return 'mixed';
      return failed >= FAILED_IN_A_ROW || isLong ? 'down' : 'failing';
    }
    if (mixed) return 'mixed';
    const lastUnavailable = points.findLast((point) => unavailable(point) > 0)?.at ?? -Infinity;
    if (lastUnavailable <= now - MIXED_SPAN) return 'good';
    // In the period of the last success, the order of successes and failures is not known.
    return lastUnavailable === lastOut?.at && isAnyWaiting ? 'failing' : 'recovered';
  };

  const state = stateOf();
  return {
    lastOut: lastOut?.at,
    lastPage: lastOf(points, 'delivered'),
    failed,
    refused: sum(after, (point) => point.refused),
    failingSince: failed > 0 || state === 'failing' ? first?.at : undefined,
    lastFailed: newest?.at,
    isOnlyOneKey: points.some(
      (point) => point.refused > 0 && point.at < since && point.at > now - 60 * MINUTE,
    ),
    status: newest?.failedStatus ?? 0,
    recent: {
      calls: sum(recent, (point) => out(point) + failedIn(point)),
      failed: sum(recent, failedIn),
    },
    state,
  };
}
