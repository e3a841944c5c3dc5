import { urgency } from '../pagerduty/severity.ts';
import type { Severity } from '../shared/routes.ts';
import type { EventKind } from '../glasnostic/event.ts';
import type { Candidate } from './candidate.ts';

/**
 * The events of one batch about one subject: same service, dedup key and kind. An accepted call
 * about one event of a subject can stand for the others.
 */
export interface Subject {
  /** Identity of the subject. */
  readonly key: string;
  /** Identity of its incident. */
  readonly incidentKey: string;
  readonly service: string;
  /** At least one, oldest first. */
  readonly events: readonly [Candidate, ...Candidate[]];
}

/**
 * Identity of an incident: the service and the dedup key, because PagerDuty deduplicates per
 * service.
 */
export function incidentKeyOf({
  service,
  dedupKey,
}: Pick<Candidate, 'service' | 'dedupKey'>): string {
  // A service name has no blanks.
  return `${service} ${dedupKey}`;
}

/**
 * Identity of a subject. A limit that was reached is not deduplicated into a threshold that was
 * exceeded, although both belong to one incident.
 */
export function subjectKeyOf(candidate: Candidate): string {
  return `${incidentKeyOf(candidate)} ${candidate.event.kind}`;
}

const KINDS: Readonly<Record<EventKind, true>> = {
  'threshold-exceeded': true,
  'limit-reached': true,
  'segmentation-denied': true,
  event: true,
};

/** The subjects that an incident can have: one for each kind of event. */
export function subjectKeysOf(incidentKey: string): readonly string[] {
  return Object.keys(KINDS).map((kind) => `${incidentKey} ${kind}`);
}

/** Sorts the oldest event first, by the event's own time, then by when it was accepted. */
export function byTime(a: Candidate, b: Candidate): number {
  return (
    a.occurredAt - b.occurredAt ||
    a.acceptedAt - b.acceptedAt ||
    (a.message.messageId < b.message.messageId ? -1 : 1)
  );
}

/** The more urgent of two severities. */
export function moreUrgent(a: Severity, b: Severity): Severity {
  return urgency(a) >= urgency(b) ? a : b;
}

/** The highest severity of some events. */
export function highestSeverity(events: readonly [Candidate, ...Candidate[]]): Severity {
  return events.map(({ severity }) => severity).reduce(moreUrgent);
}

/** True if there is at least one event. */
export function hasEvents(
  events: readonly Candidate[],
): events is readonly [Candidate, ...Candidate[]] {
  return events.length > 0;
}

/** Groups the events of a batch by subject. */
export function groupBySubject(candidates: readonly Candidate[]): readonly Subject[] {
  return [...Map.groupBy(candidates, subjectKeyOf)].flatMap(([key, group]) => {
    const events = group.toSorted(byTime);
    if (!hasEvents(events)) return [];
    const [{ service, dedupKey }] = events;
    return { key, incidentKey: incidentKeyOf({ service, dedupKey }), service, events };
  });
}
