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
  /**
   * Longest body in bytes. The limit is 512 KB; like other senders we read that as decimal.
   */
  bodyBytes: 512_000,
  /** Longest other text. PagerDuty documents none; this keeps every list readable. */
  text: 255,
  /** Longest link. Browsers and proxies stop reading somewhere above it. */
  url: 2048,
} as const;

/** An event of PagerDuty's Events API v2 that opens or updates an incident. */
export interface TriggerEvent {
  readonly routing_key: string;
  readonly event_action: 'trigger';
  readonly dedup_key: string;
  readonly payload: {
    readonly summary: string;
    readonly source: string;
    readonly severity: Severity;
    /** ISO 8601; left out when the event's own time cannot be read. */
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
