import type { Severity } from '../shared/routes.ts';

/**
 * PagerDuty's limits on an event.
 * https://developer.pagerduty.com/docs/send-alert-event
 */
export const LIMITS = {
  /** Longest `payload.summary`, in characters. */
  summary: 1024,
  /** Longest `dedup_key`, in characters. */
  dedupKey: 255,
  /** Longest body in bytes. PagerDuty documents 512 KB; this takes 1 KB as 1,000 bytes. */
  bodyBytes: 512_000,
  /** Longest other text, in characters. PagerDuty documents no limit; this keeps lists readable. */
  text: 255,
  /** Longest link, in characters. Some browsers and proxies refuse longer ones. */
  url: 2048,
} as const;

/**
 * A `trigger` event of PagerDuty's Events API v2, which opens or updates an incident.
 * https://developer.pagerduty.com/docs/send-alert-event
 */
export interface TriggerEvent {
  readonly routing_key: string;
  readonly event_action: 'trigger';
  readonly dedup_key: string;
  readonly payload: {
    readonly summary: string;
    readonly source: string;
    readonly severity: Severity;
    /** ISO 8601; absent when the event's own time cannot be read. */
    readonly timestamp?: string;
    readonly component?: string;
    readonly group?: string;
    readonly class: string;
    readonly custom_details: Readonly<Record<string, unknown>>;
  };
  readonly links: readonly { readonly href: string; readonly text: string }[];
  readonly client: 'Glasnostic';
  readonly client_url: string;
}

/**
 * A `resolve` event, which closes an alert. PagerDuty drops it when no alert with the dedup key is
 * open.
 */
export interface ResolveEvent {
  readonly routing_key: string;
  readonly event_action: 'resolve';
  readonly dedup_key: string;
}

/** An event of PagerDuty's Events API v2. */
export type PagerDutyEvent = TriggerEvent | ResolveEvent;

/**
 * The event that checks an integration key: a `resolve` with a dedup key that no alert has. PagerDuty
 * answers 202 and drops it if the key is valid, and answers 400 otherwise.
 * https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
 */
export function keyCheckEvent(integrationKey: string): ResolveEvent {
  return {
    routing_key: integrationKey,
    event_action: 'resolve',
    dedup_key: 'glasnostic-bridge:key-check',
  };
}
