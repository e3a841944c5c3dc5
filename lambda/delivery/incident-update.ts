import { urgency } from '../pagerduty/severity.ts';
import { addDeduplicated, type DeduplicatedEvents } from '../shared/message.ts';
import type { Severity } from '../shared/routes.ts';
import type { Candidate } from './intake.ts';

/** The events of one batch that are about one incident. */
export interface IncidentUpdate {
  /** Service and dedup key: what makes an incident in PagerDuty. */
  readonly incidentKey: string;
  readonly service: string;
  readonly dedupKey: string;
  /** The newest event: what the call says. */
  readonly latest: Candidate;
  /** All events, oldest first; the latest event is the last. */
  readonly events: readonly Candidate[];
  /** The highest severity among the events. */
  readonly severity: Severity;
}

/** What this instance last told PagerDuty about an incident. */
export interface LastNotification {
  /** When, milliseconds since 1970. */
  readonly at: number;
  readonly severity: Severity;
  /** When the newest event it knows of was accepted, milliseconds since 1970. */
  readonly latestAcceptedAt: number;
  /** Events deduplicated into it since, which the next call will count. */
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

/** The update that some events of one incident make together; `undefined` for none. */
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

/** Deduplicates the events of a batch into one update per incident. */
export function groupByIncident(candidates: readonly Candidate[]): readonly IncidentUpdate[] {
  const groups = Map.groupBy(candidates, incidentKeyOf);
  return [...groups.values()].flatMap((events) => updateOf(events) ?? []);
}

/** How many events an update and those deduplicated before it stand for. */
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
 * Whether an update needs no call: PagerDuty was told of the incident at the same or a higher
 * severity, and that was less than `interval` milliseconds ago, or it was told of a newer event.
 * After an outage the events of an incident come back one by one; old news would overwrite newer
 * values, and open the incident again for a responder who has just resolved it. What is older goes
 * by when events were accepted: the sender's clock may stand still.
 */
export function isAlreadyNotified(
  update: IncidentUpdate,
  told: LastNotification | undefined,
  now: number,
  interval: number,
): told is LastNotification {
  return (
    told !== undefined &&
    urgency(told.severity) >= urgency(update.severity) &&
    (now - told.at < interval || latestAcceptedAt(update) <= told.latestAcceptedAt)
  );
}
