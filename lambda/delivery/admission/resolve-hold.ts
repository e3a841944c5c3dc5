/** When the bridge may not resolve incidents, because its calls to PagerDuty failed lately. */

/** Hold on the resolves of one integration key. Times in milliseconds since 1970. */
export interface ResolveHold {
  /** No resolve before this time. */
  readonly until: number;
  /** The incident whose call failed last, and when. */
  readonly lastFailed?: { readonly incidentKey: string; readonly at: number } | undefined;
}

/** No call has failed. */
export const NO_HOLD: ResolveHold = { until: -Infinity };

/**
 * The hold after a call that failed. Failures of two different incidents hold the resolves of the
 * key. Failures of one incident do not: PagerDuty may be unable to process its event, and that must
 * not keep all other incidents of the service open.
 *
 * @param failed.wasSent false if PagerDuty did not receive the call, so that no event is the reason
 * @param failed.now milliseconds since 1970
 * @param duration how long a hold lasts, milliseconds
 */
export function holdAfterFailure(
  hold: ResolveHold,
  failed: { readonly incidentKey: string; readonly wasSent: boolean; readonly now: number },
  duration: number,
): ResolveHold {
  const { incidentKey, wasSent, now } = failed;
  const { lastFailed } = hold;
  const isSecond =
    lastFailed !== undefined &&
    now - lastFailed.at < duration &&
    (!wasSent || lastFailed.incidentKey !== incidentKey);
  return {
    until: isSecond ? now + duration : hold.until,
    lastFailed: { incidentKey, at: now },
  };
}

/**
 * The hold after an answer that closed the circuit breaker: events that wait come back first.
 *
 * @param now milliseconds since 1970
 * @param duration milliseconds
 */
export function holdAfterClosing(hold: ResolveHold, now: number, duration: number): ResolveHold {
  return { ...hold, until: Math.max(hold.until, now + duration) };
}
