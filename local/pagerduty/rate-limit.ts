/** PagerDuty's rate limit: a maximum of calls per integration key in a sliding window. */

/** A limit on the calls per key. */
export interface RateLimit {
  /** Calls in one window. */
  readonly calls: number;
  /** Length of the window, seconds. */
  readonly windowSeconds: number;
}

/** https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic */
export const PAGERDUTY_RATE_LIMIT: RateLimit = { calls: 120, windowSeconds: 60 };

/**
 * Makes the check of a limit. A refused call does not count.
 *
 * @param now milliseconds
 * @returns a function to call per call: true when the key may call
 */
export function slidingWindow(
  { calls, windowSeconds }: RateLimit,
  now: () => number,
): (key: string) => boolean {
  const taken = new Map<string, number[]>();
  return (key) => {
    const at = now();
    const recent = (taken.get(key) ?? []).filter((time) => time > at - windowSeconds * 1000);
    const allowed = recent.length < calls;
    if (allowed) recent.push(at);
    taken.set(key, recent);
    return allowed;
  };
}
