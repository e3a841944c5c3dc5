import type { PagerDuty } from '../../pagerduty/client.ts';
import type { Outcome } from '../../pagerduty/outcome.ts';

/**
 * Dedup key of the check. No incident ever has it, so PagerDuty drops the resolve and answers 202.
 */
const CHECK_DEDUP_KEY = 'glasnostic-bridge:key-check';

/** Shortest time between two checks of one key, milliseconds. */
export const CHECK_INTERVAL = 60_000;

/** One check whether PagerDuty accepts an integration key. */
export interface KeyCheck {
  /** When the call began, milliseconds since 1970. */
  readonly began: number;
  readonly outcome: Promise<Outcome>;
}

/** Result of a check, for a refusal that mentions the key. */
export type RefusalCause =
  /** PagerDuty accepts the key: the refusal is about the event. */
  | { readonly kind: 'event' }
  /** PagerDuty refuses the key in the same way. */
  | { readonly kind: 'key' }
  /** Not known yet: a check said nothing, or the next one may be made later. */
  | { readonly kind: 'unknown'; readonly retryAt: number; readonly outcome?: Outcome };

/**
 * Whether a check says something about a refusal: it began after the refused call. Otherwise a new
 * check is due, unless the last one is too recent.
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
 * Starts a check: a `resolve` for a dedup key of the bridge's own, which PagerDuty drops because no
 * alert with it is open, but refuses when the routing key is not valid.
 */
export function startCheck(pagerDuty: PagerDuty, integrationKey: string, now: number): KeyCheck {
  return {
    began: now,
    outcome: pagerDuty({
      routing_key: integrationKey,
      event_action: 'resolve',
      dedup_key: CHECK_DEDUP_KEY,
    }),
  };
}

/** What the outcome of a check means for refusals of calls that began before it. */
export function refusalCause(outcome: Outcome, check: KeyCheck): RefusalCause {
  switch (outcome.kind) {
    case 'delivered':
      return { kind: 'event' };
    case 'rejected':
      return { kind: 'key' };
    case 'retry':
      return { kind: 'unknown', retryAt: check.began + CHECK_INTERVAL, outcome };
  }
}
