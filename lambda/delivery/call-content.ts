import type { DeduplicatedEvents } from '../shared/message.ts';
import { addDeduplicated } from '../shared/message.ts';
import { SEVERITIES, type Severity } from '../shared/routes.ts';
import type { Candidate } from './candidate.ts';
import type { SeverityTimes, SubjectState } from './instance-state.ts';
import { rememberedFor } from './notification.ts';
import { byTime, highestSeverity, moreUrgent } from './subject.ts';

/** What one call about a subject says. */
export interface CallContent {
  /** The event whose content it says: the newest that is known. */
  readonly latest: Candidate;
  /** The severity that it says. */
  readonly severity: Severity;
  /** The highest severity that its events have themselves. */
  readonly ownSeverity: Severity;
  /** How many events it stands for. */
  readonly deduplicated: DeduplicatedEvents;
}

/** What the content of a call depends on. */
export interface ContentInput {
  /** The events that need the call, oldest first. */
  readonly events: readonly [Candidate, ...Candidate[]];
  /** Those that are not counted in the state of the subject. @default all */
  readonly notYetCounted?: readonly Candidate[] | undefined;
  /** The newest event of the subject that was seen and not sent, if its content may be sent. */
  readonly newestUnsent: Candidate | undefined;
  readonly subject: SubjectState;
  /** Of the incident. */
  readonly severities: SeverityTimes | undefined;
  /** Milliseconds. */
  readonly updateInterval: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * A call says the newest content that is known, the number of all events since the last call, and
 * never a lower severity than the incident had in the last 30 update intervals: a later `warning` could lower the urgency of
 * a critical incident that is not acknowledged yet.
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
  const floor = highestOf(severities, now - rememberedFor(updateInterval));
  return {
    latest,
    severity: floor === undefined ? ownSeverity : moreUrgent(ownSeverity, floor),
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

/** The highest severity that an event had after a time, milliseconds since 1970. */
function highestOf(severities: SeverityTimes | undefined, since: number): Severity | undefined {
  return SEVERITIES.findLast((severity) => (severities?.[severity] ?? -Infinity) > since);
}
