import type { PagerDuty } from '../../pagerduty/client.ts';
import { keyCheckEvent } from '../../pagerduty/event.ts';
import type { Outcome } from '../../pagerduty/outcome.ts';

/** Shortest time between two checks of one key, milliseconds. */
export const CHECK_INTERVAL = 60_000;

/** A check of an integration key; see {@link startCheck}. */
export interface KeyCheck {
  /** When the call began, milliseconds since 1970. */
  readonly began: number;
  readonly outcome: Promise<Outcome>;
}

/** Cause of a refusal that mentions the key. */
export type RefusalCause =
  /** PagerDuty accepts the key: the refusal is about the event. */
  | { readonly kind: 'event' }
  /** PagerDuty refuses the key. */
  | { readonly kind: 'key' }
  /**
   * Not known: the check failed, or the last check is too recent for another one. `retryAt`, in
   * milliseconds since 1970, is the time of the next check.
   */
  | { readonly kind: 'unknown'; readonly retryAt: number };

/**
 * Decides how to find the cause of a refusal. A check that began after the refused call shows it.
 *
 * @param refusedCallBegan milliseconds since 1970
 * @param now milliseconds since 1970
 * @returns `use` the last check, `start` a new one, or start one `later`: the last is too recent
 */
export function checkAction(
  check: KeyCheck | undefined,
  refusedCallBegan: number,
  now: number,
): 'use' | 'start' | 'later' {
  if (check === undefined) return 'start';
  if (check.began >= refusedCallBegan) return 'use';
  return now - check.began >= CHECK_INTERVAL ? 'start' : 'later';
}

/**
 * Starts a check; see {@link keyCheckEvent}.
 *
 * @param now milliseconds since 1970
 */
export function startCheck(pagerDuty: PagerDuty, integrationKey: string, now: number): KeyCheck {
  return {
    began: now,
    outcome: pagerDuty(keyCheckEvent(integrationKey)),
  };
}

/** The cause of refusals of calls that began before a check, from the outcome of the check. */
export function refusalCause(outcome: Outcome, check: KeyCheck): RefusalCause {
  switch (outcome.kind) {
    case 'delivered':
      return { kind: 'event' };
    case 'rejected':
      return { kind: 'key' };
    case 'retry':
      return { kind: 'unknown', retryAt: check.began + CHECK_INTERVAL };
  }
}
