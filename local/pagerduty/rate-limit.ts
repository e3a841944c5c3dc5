/** PagerDuty's rate limit: so many calls of one integration key in a sliding window. */

/** A limit on the calls of each key. */
export interface RateLimit {
  /** Calls in one window. */
  readonly calls: number;
  /** Length of the window, seconds. */
  readonly windowSeconds: number;
}

/** https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic */
export const PAGERDUTY_RATE_LIMIT: RateLimit = { calls: 120, windowSeconds: 60 };

/**
 * Makes the check of a limit. A call that is refused takes no place in the window.
 *
 * @param now milliseconds
 * @returns whether a key may call now
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
