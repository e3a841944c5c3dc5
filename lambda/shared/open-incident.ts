/**
 * The table of open incidents: one item per incident whose route says `resolveAfterMinutes`. The
 * delivery function writes the items, and the operator's commands read them.
 */

import { SEVERITIES, type Severity } from './routes.ts';

/** A value as DynamoDB writes it, of the types that the table has. */
export interface TableValue {
  readonly S?: string | undefined;
  readonly N?: string | undefined;
  readonly BOOL?: boolean | undefined;
}

/** An item as DynamoDB writes it. */
export type TableItem = Readonly<Record<string, TableValue>>;

/** Names of the attributes of an item. Times in milliseconds since 1970, but for `expires`. */
export const OPEN_INCIDENT = {
  /** Partition key: see {@link OpenIncident.incidentKey}. */
  incidentKey: 'incident',
  due: 'due',
  opened: 'opened',
  lastEvent: 'heard',
  summary: 'summary',
  keyId: 'keyId',
  severity: 'severity',
  severityAt: 'severityAt',
  claimed: 'closing',
  resolved: 'resolved',
  /** DynamoDB may delete the item after this time, seconds since 1970. */
  expires: 'expires',
} as const;

/** An incident that the bridge resolves after a quiet time. Times in milliseconds since 1970. */
export interface OpenIncident {
  /** PagerDuty service, a blank, and dedup key. */
  readonly incidentKey: string;
  /** When to resolve it, if no event comes before. */
  readonly due: number;
  /** When its first event was processed; absent once a resolve has begun. */
  readonly opened?: number | undefined;
  /** When its last event was processed. */
  readonly lastEvent: number;
  /** Summary line of its last event. */
  readonly summary: string;
  /** {@link keyIdOf} the integration key under which PagerDuty has it; absent if not known. */
  readonly keyId?: string | undefined;
  /** The highest severity that an accepted call had, and when. */
  readonly severity?: Severity | undefined;
  readonly severityAt?: number | undefined;
  /** When the last resolve began, or ended if `resolved`; absent if an event came since. */
  readonly claimed?: number | undefined;
  /** True if PagerDuty accepted the resolve, and no event came since. */
  readonly isResolved: boolean;
}

/**
 * How long a claim lasts, milliseconds: three call timeouts. A resolve ends within two of them, and
 * the third is for the difference between two clocks and for PagerDuty, which processes events
 * asynchronously. https://developer.pagerduty.com/docs/events-api-v2-overview
 */
export function claimDuration(settings: { readonly callTimeoutSeconds: number }): number {
  return 3_000 * settings.callTimeoutSeconds;
}

function numberOf(item: TableItem, name: string): number | undefined {
  const text = item[name]?.N;
  const number = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/**
 * Parses an item of the table.
 *
 * @returns `undefined` when the item is not an open incident: another program wrote it
 */
export function readOpenIncident(item: TableItem): OpenIncident | undefined {
  const incidentKey = item[OPEN_INCIDENT.incidentKey]?.S;
  const due = numberOf(item, OPEN_INCIDENT.due);
  if (incidentKey === undefined || due === undefined) return undefined;
  const severity = SEVERITIES.find((name) => name === item[OPEN_INCIDENT.severity]?.S);
  return {
    incidentKey,
    due,
    opened: numberOf(item, OPEN_INCIDENT.opened),
    lastEvent: numberOf(item, OPEN_INCIDENT.lastEvent) ?? due,
    summary: item[OPEN_INCIDENT.summary]?.S ?? '',
    keyId: item[OPEN_INCIDENT.keyId]?.S,
    severity,
    severityAt: numberOf(item, OPEN_INCIDENT.severityAt),
    claimed: numberOf(item, OPEN_INCIDENT.claimed),
    isResolved: item[OPEN_INCIDENT.resolved]?.BOOL === true,
  };
}

/** The PagerDuty service and the dedup key of an incident key. */
export function splitIncidentKey(incidentKey: string): {
  readonly service: string;
  readonly dedupKey: string;
} {
  // A service name has no blanks.
  const blank = incidentKey.indexOf(' ');
  return { service: incidentKey.slice(0, blank), dedupKey: incidentKey.slice(blank + 1) };
}
