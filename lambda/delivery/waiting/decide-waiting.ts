import { formatDuration } from '../../shared/duration.ts';
import { urgency } from '../../pagerduty/severity.ts';
import { cutBytes } from '../../shared/text.ts';
import { MAX_FAILURE_DETAIL_BYTES } from '../../shared/message.ts';
import type { Severity } from '../../shared/routes.ts';
import type { Candidate } from '../candidate.ts';
import type { Disposition, WaitCause } from '../disposition.ts';
import { MAX_RECEIVES, slowedByReceives } from './wait-times.ts';

/** An event that waits in the queue, as far as this instance knows. */
export interface WaitingEvent {
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  readonly severity: Severity;
  /** Until when it is sure to be in the queue and invisible, milliseconds since 1970. */
  readonly invisibleUntil: number;
}

/** Why events have to wait, and for how long. */
export interface WaitDecision {
  readonly cause: WaitCause;
  readonly detail: string;
  readonly status?: number | undefined;
  /**
   * When the call began whose failure they wait for, milliseconds since 1970. An event that waits
   * for an earlier failure has not been tried since, so its age then is what decides.
   * @default now: the reason holds at this moment
   */
  readonly failedAt?: number | undefined;
  /** Wait of one event, milliseconds. */
  readonly waitOf: (candidate: Candidate) => number;
}

/** Causes that say nothing about whether the event can be delivered: they never lead to giving up. */
const NEVER_GIVE_UP: readonly WaitCause[] = [
  'paced',
  'out_of_time',
  'update_due',
  'throttled',
  'key_throttled',
];

/** What placing events in the queue depends on. Times in milliseconds. */
export interface WaitingInput {
  readonly decision: WaitDecision;
  /** Other events of the subject that wait, as far as this instance knows. */
  readonly alreadyWaiting: readonly WaitingEvent[];
  /** See `spanOf`. */
  readonly deduplicationWindow: number;
  readonly giveUpAfter: number;
  /** How long a deferred message is sure to stay invisible, even when deferring it fails. */
  readonly minInvisibleTime: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A candidate and its disposition. */
export interface ProcessedCandidate {
  readonly candidate: Candidate;
  readonly disposition: Disposition;
}

/**
 * Until when an accepted call has to begin to stand for this event, milliseconds since 1970: after it
 * was accepted. An event that was received before, or that was replayed, may stand for others that
 * were accepted up to `span` later, which this instance has not seen.
 */
export function newestAcceptedAt(candidate: Candidate, span: number): number {
  const mayStandForOthers = candidate.message.receiveCount > 1 || candidate.isReplay;
  return candidate.acceptedAt + (mayStandForOthers ? span : 0);
}

/**
 * Whether a waiting event may stand for a candidate: it will say no lower severity, and was accepted
 * so late that a call about it counts for the candidate as well.
 */
export function mayStandFor(
  waiting: Pick<WaitingEvent, 'acceptedAt' | 'severity'>,
  candidate: Candidate,
  span: number,
): boolean {
  return (
    urgency(waiting.severity) >= urgency(candidate.severity) &&
    newestAcceptedAt(candidate, span) <= waiting.acceptedAt + span
  );
}

/** The highest severity first, then the newest. */
function byImportance(a: Candidate, b: Candidate): number {
  return urgency(b.severity) - urgency(a.severity) || b.acceptedAt - a.acceptedAt;
}

/**
 * Decides about events of one subject that cannot be sent now: an event that a waiting one covers is
 * deduplicated, one that is too old is given up, and what is left is kept. So what waits is
 * bounded by the number of subjects, not of events.
 */
export function decideWaiting(
  candidates: readonly Candidate[],
  input: WaitingInput,
): {
  readonly processed: readonly ProcessedCandidate[];
  /** All events of the subject that now wait. */
  readonly waiting: readonly WaitingEvent[];
} {
  const { alreadyWaiting, deduplicationWindow, now, minInvisibleTime } = input;
  const processed: ProcessedCandidate[] = [];
  let waiting: readonly WaitingEvent[] = alreadyWaiting.filter(
    ({ invisibleUntil }) => invisibleUntil > now,
  );
  for (const candidate of candidates.toSorted(byImportance)) {
    if (waiting.some((event) => mayStandFor(event, candidate, deduplicationWindow))) {
      processed.push({ candidate, disposition: { kind: 'deduplicated' } });
      continue;
    }
    const disposition = keepOrGiveUp(candidate, input);
    processed.push({ candidate, disposition });
    if (disposition.kind !== 'waiting') continue;
    const { acceptedAt, severity, message } = candidate;
    waiting = withWaiting(waiting, {
      messageId: message.messageId,
      acceptedAt,
      severity,
      invisibleUntil: now + Math.min(disposition.wait, minInvisibleTime),
    });
  }
  return { processed, waiting };
}

/** Adds a waiting event, and drops what it makes superfluous. */
function withWaiting(
  waiting: readonly WaitingEvent[],
  added: WaitingEvent,
): readonly WaitingEvent[] {
  const isSuperfluous = (event: WaitingEvent): boolean =>
    urgency(added.severity) >= urgency(event.severity) &&
    added.acceptedAt >= event.acceptedAt &&
    added.invisibleUntil >= event.invisibleUntil;
  return [...waiting.filter((event) => !isSuperfluous(event)), added];
}

/**
 * The age that counts is that since the event was put on the queue, so an outage costs no event
 * before its time, and a replayed event has its full time again.
 */
function keepOrGiveUp(candidate: Candidate, input: WaitingInput): Disposition {
  const { decision, now, giveUpAfter } = input;
  const { cause, status } = decision;
  const { message } = candidate;
  const isTooOld =
    !NEVER_GIVE_UP.includes(cause) && (decision.failedAt ?? now) - message.sentAt >= giveUpAfter;
  if (isTooOld || message.receiveCount >= MAX_RECEIVES) {
    const tries = isTooOld ? '' : ` and ${message.receiveCount} receives`;
    const waited = formatDuration(now - message.sentAt);
    return {
      kind: 'deadLetter',
      reason: 'retries_exhausted',
      status,
      detail: cutBytes(
        `Not delivered in ${waited}${tries}. ${decision.detail}`,
        MAX_FAILURE_DETAIL_BYTES,
      ),
    };
  }
  const wait = slowedByReceives(decision.waitOf(candidate), message.receiveCount);
  return { kind: 'waiting', cause, wait, detail: decision.detail, status };
}
