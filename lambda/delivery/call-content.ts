import type { TriggerEvent } from '../pagerduty/event.ts';
import { translate, type TranslationContext } from '../pagerduty/translate.ts';
import type { DeduplicatedEvents } from '../shared/message.ts';
import { addDeduplicated } from '../shared/message.ts';
import { SEVERITIES, type Severity } from '../shared/routes.ts';
import type { Candidate } from './candidate.ts';
import type { SeverityTimes, SubjectState } from './instance-state.ts';
import { rememberedFor } from './notification.ts';
import { byTime, highestSeverity, moreUrgent } from './subject.ts';

/** Content of one call about a subject. */
export interface CallContent {
  /** The event that is translated: the newest that is known. */
  readonly latest: Candidate;
  /** Severity of the call. */
  readonly severity: Severity;
  /** The highest severity of its events. The call's severity is the same or higher. */
  readonly ownSeverity: Severity;
  /** All events for which it stands, including `latest`. */
  readonly deduplicated: DeduplicatedEvents;
}

/** Input of {@link contentOf}. */
export interface ContentInput {
  /** The events that need the call, oldest first. */
  readonly events: readonly [Candidate, ...Candidate[]];
  /** Those that the state of the subject does not count as deduplicated. @default all */
  readonly notYetCounted?: readonly Candidate[] | undefined;
  /** The newest event of the subject that was seen and not sent, if its content may be sent. */
  readonly newestUnsent: Candidate | undefined;
  readonly subject: SubjectState;
  /** Severities of the incident in earlier calls. */
  readonly severities: SeverityTimes | undefined;
  /** Milliseconds. */
  readonly updateInterval: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Decides the content of a call: the newest event that is known, and the number of all events since
 * the last call. The severity is never lower than the incident had within {@link rememberedFor},
 * because a later `warning` could lower the urgency of a critical incident that is not
 * acknowledged.
 */
export function contentOf(input: ContentInput): CallContent {
  const {
    events,
    notYetCounted = events,
    newestUnsent,
    subject,
    severities,
    updateInterval,
    now,
  } = input;
  const newest = events.at(-1) ?? events[0];
  const isNewer = newestUnsent !== undefined && byTime(newestUnsent, newest) > 0;
  const latest = isNewer ? newestUnsent : newest;
  const ownSeverity = moreUrgent(highestSeverity(events), latest.severity);
  const lowestSeverity = highestOf(severities, now - rememberedFor(updateInterval));
  return {
    latest,
    severity: lowestSeverity === undefined ? ownSeverity : moreUrgent(ownSeverity, lowestSeverity),
    ownSeverity,
    deduplicated: [
      subject.deduplicatedIntoNotification,
      subject.deduplicatedIntoWaiting,
      ...notYetCounted.map(({ standsFor }) => standsFor),
    ]
      .filter((count) => count !== undefined)
      .reduce(addDeduplicated),
  };
}

/** Writes the PagerDuty event of a call. */
export function alertOf(
  { latest, severity, deduplicated }: CallContent,
  context: Pick<TranslationContext, 'integrationKey' | 'consoleUrl' | 'now'>,
): TriggerEvent {
  const { event, dedupKey, route, receivedAt, severity: ownSeverity } = latest;
  return translate(event, {
    ...context,
    dedupKey,
    severity,
    ownSeverity,
    runbook: route.runbook,
    fixed: route.details,
    receivedAt,
    deduplicated,
  });
}

/** The highest severity of an event after the time `since`, milliseconds since 1970. */
function highestOf(severities: SeverityTimes | undefined, since: number): Severity | undefined {
  return SEVERITIES.findLast((severity) => (severities?.[severity] ?? -Infinity) > since);
}
