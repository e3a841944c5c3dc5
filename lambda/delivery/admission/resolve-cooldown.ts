/** When the bridge may not resolve incidents, because its last calls to PagerDuty failed. */

/** Cooldown of the resolves of one integration key. Times in milliseconds since 1970. */
export interface ResolveCooldown {
  /** No resolve before this time. */
  readonly until: number;
  /** The incident whose call failed last, and when. */
  readonly lastFailed?: { readonly incidentKey: string; readonly at: number } | undefined;
}

/** No call has failed. */
export const NO_RESOLVE_COOLDOWN: ResolveCooldown = { until: -Infinity };

/**
 * The cooldown after a call that failed. Failures of two different incidents start it. Failures of
 * one incident do not: PagerDuty may be unable to process its event, and that must
 * not keep all other incidents of the service open.
 *
 * @param failed.wasSent false if PagerDuty did not receive the call, so that no event is the reason
 * @param failed.now milliseconds since 1970
 * @param duration how long the cooldown lasts, milliseconds
 */
export function resolveCooldownAfterFailure(
  cooldown: ResolveCooldown,
  failed: { readonly incidentKey: string; readonly wasSent: boolean; readonly now: number },
  duration: number,
): ResolveCooldown {
  const { incidentKey, wasSent, now } = failed;
  const { lastFailed } = cooldown;
  const isSecond =
    lastFailed !== undefined &&
    now - lastFailed.at < duration &&
    (!wasSent || lastFailed.incidentKey !== incidentKey);
  return {
    until: isSecond ? now + duration : cooldown.until,
    lastFailed: { incidentKey, at: now },
  };
}

/**
 * The cooldown after an answer that closed the circuit breaker: events that wait come back first.
 *
 * @param now milliseconds since 1970
 * @param duration milliseconds
 */
export function resolveCooldownAfterClosing(
  cooldown: ResolveCooldown,
  now: number,
  duration: number,
): ResolveCooldown {
  return { ...cooldown, until: Math.max(cooldown.until, now + duration) };
}
