import { urgency } from '../pagerduty/severity.ts';
import { addDeduplicated, type DeduplicatedEvents } from '../shared/message.ts';
import type { Severity } from '../shared/routes.ts';
import type { Candidate } from './intake.ts';

/** The events of one batch that are about one incident. */
export interface IncidentUpdate {
  /** Service and dedup key, which identify an incident in PagerDuty. */
  readonly incidentKey: string;
  readonly service: string;
  readonly dedupKey: string;
  /** The newest event, which the call reports. */
  readonly latest: Candidate;
  /** All events, oldest first; the latest event is the last. */
  readonly events: readonly Candidate[];
  /** The highest severity among the events. */
  readonly severity: Severity;
}

/** The last notification of PagerDuty about an incident, by this instance. */
export interface LastNotification {
  /** When, milliseconds since 1970. */
  readonly at: number;
  readonly severity: Severity;
  /** When the newest event that it covers was accepted, milliseconds since 1970. */
  readonly latestAcceptedAt: number;
  /** Events that were deduplicated since; the next call reports them. */
  readonly deduplicatedSince?: DeduplicatedEvents | undefined;
}

/** Identity of an incident across services: PagerDuty deduplicates per routing key. */
export function incidentKeyOf(candidate: Pick<Candidate, 'service' | 'dedupKey'>): string {
  // A service name has no blanks.
  return `${candidate.service} ${candidate.dedupKey}`;
}

/** Oldest first. Ties in the event's own time go by the time it was received. */
function byTime(a: Candidate, b: Candidate): number {
  return (
    a.occurredAt - b.occurredAt ||
    Date.parse(a.receivedAt) - Date.parse(b.receivedAt) ||
    (a.message.messageId < b.message.messageId ? -1 : 1)
  );
}

/** The more urgent of two severities. */
export function moreUrgent(a: Severity, b: Severity): Severity {
  return urgency(a) >= urgency(b) ? a : b;
}

/** The update of an incident from its events; `undefined` without events. */
export function updateOf(candidates: readonly Candidate[]): IncidentUpdate | undefined {
  const events = candidates.toSorted(byTime);
  const latest = events.at(-1);
  if (latest === undefined) return undefined;
  return {
    incidentKey: incidentKeyOf(latest),
    service: latest.service,
    dedupKey: latest.dedupKey,
    latest,
    events,
    severity: events.map(({ severity }) => severity).reduce(moreUrgent),
  };
}

/** Groups the events of a batch into one update per incident. */
export function groupByIncident(candidates: readonly Candidate[]): readonly IncidentUpdate[] {
  const groups = Map.groupBy(candidates, incidentKeyOf);
  return [...groups.values()].flatMap((events) => updateOf(events) ?? []);
}

/** Summary of the events of an update and of those that were deduplicated `since`. */
export function deduplicatedOf(
  update: IncidentUpdate,
  since?: DeduplicatedEvents,
): DeduplicatedEvents {
  const own = update.events.map(({ standsFor }) => standsFor).reduce(addDeduplicated);
  return since === undefined ? own : addDeduplicated(own, since);
}

/** When the newest event of an update was accepted, milliseconds since 1970. */
export function latestAcceptedAt(update: IncidentUpdate): number {
  return Math.max(...update.events.map(({ receivedAt }) => Date.parse(receivedAt)));
}

/**
 * True if an update needs no call. PagerDuty was notified of the incident at the same or a higher
 * severity, and either less than `interval` milliseconds ago, or of a newer event.
 *
 * After an outage the events of an incident return one by one. An older event would overwrite newer
 * values, and open an incident again that a responder has just resolved. The time of acceptance
 * decides which event is newer, because the sender's clock may be wrong.
 */
export function isAlreadyNotified(
  update: IncidentUpdate,
  last: LastNotification | undefined,
  now: number,
  interval: number,
): last is LastNotification {
  return (
    last !== undefined &&
    urgency(last.severity) >= urgency(update.severity) &&
    (now - last.at < interval || latestAcceptedAt(update) <= last.latestAcceptedAt)
  );
}
