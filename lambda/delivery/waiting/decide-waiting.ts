import { formatDuration } from '../../shared/duration.ts';
import { urgency } from '../../pagerduty/severity.ts';
import { cutBytes } from '../../shared/text.ts';
import { MAX_FAILURE_DETAIL_BYTES } from '../../shared/message.ts';
import type { Severity } from '../../shared/routes.ts';
import type { Candidate } from '../candidate.ts';
import type { Disposition, WaitCause } from '../disposition.ts';
import { MAX_RECEIVES, slowedByReceives } from './wait-times.ts';

/** An event that this instance put back to wait in the queue. */
export interface WaitingEvent {
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  readonly severity: Severity;
  /** Until then, no instance can receive it, milliseconds since 1970. */
  readonly invisibleUntil: number;
}

/** Why events have to wait, and for how long. */
export interface WaitDecision {
  readonly cause: WaitCause;
  readonly detail: string;
  readonly status?: number | undefined;
  /**
   * When the failed call began because of which they wait, milliseconds since 1970. Events are
   * given up by their age at that time, because no call was tried since then.
   * @default now
   */
  readonly failedAt?: number | undefined;
  /** True for an update of an open incident that waits for a slot of the rate limit. */
  readonly isPacedUpdate?: boolean | undefined;
  /** Wait of one event, milliseconds. */
  readonly waitOf: (candidate: Candidate) => number;
}

/** Causes that never lead to giving up, because they do not show that delivery fails. */
const NEVER_GIVE_UP: readonly WaitCause[] = [
  'paced',
  'out_of_time',
  'update_due',
  'throttled',
  'key_throttled',
  'incident_resolving',
];

/** Input of {@link decideWaiting}. Times in milliseconds. */
export interface WaitingInput {
  readonly decision: WaitDecision;
  /** Events of the subject that this instance put back before. */
  readonly alreadyWaiting: readonly WaitingEvent[];
  /** See {@link deduplicationWindowOf}. */
  readonly deduplicationWindow: number;
  readonly giveUpAfter: number;
  /** How long a message stays invisible at least, even if deferring it fails. */
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
 * When the newest event was accepted for which a candidate may stand, milliseconds since 1970. A
 * call that began later stands for the candidate.
 *
 * Another instance may have deduplicated newer events into a message that was received before, and
 * into a replayed one: up to the deduplication window later. This instance has not seen them.
 */
export function newestAcceptedAt(candidate: Candidate, deduplicationWindow: number): number {
  const mayStandForOthers = candidate.message.receiveCount > 1 || candidate.isReplay;
  return candidate.acceptedAt + (mayStandForOthers ? deduplicationWindow : 0);
}

/**
 * True if a waiting event may stand for a candidate: its severity is the same or higher, and the
 * candidate was accepted at most the deduplication window later.
 */
export function mayStandFor(
  waiting: Pick<WaitingEvent, 'acceptedAt' | 'severity'>,
  candidate: Candidate,
  deduplicationWindow: number,
): boolean {
  return (
    urgency(waiting.severity) >= urgency(candidate.severity) &&
    newestAcceptedAt(candidate, deduplicationWindow) <= waiting.acceptedAt + deduplicationWindow
  );
}

/** Sorts the highest severity first, then the newest event. */
function byImportance(a: Candidate, b: Candidate): number {
  return urgency(b.severity) - urgency(a.severity) || b.acceptedAt - a.acceptedAt;
}

/**
 * Decides about events of one subject that cannot be sent now. The first rule that applies decides:
 *
 * 1. A waiting event may stand for it: it is deduplicated.
 * 2. It is too old, or was received too often: it is a dead letter.
 * 3. Otherwise it waits, and may then stand for the next ones.
 *
 * So the number of waiting events depends on the number of subjects, not on the number of events.
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

/** Adds a waiting event, and removes those that cannot stand for more events than it. */
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
 * Gives up an event by its age since it was put on the queue. So a replayed event has the full time
 * again.
 */
function keepOrGiveUp(candidate: Candidate, input: WaitingInput): Disposition {
  const { decision, now, giveUpAfter } = input;
  const { cause, status, isPacedUpdate } = decision;
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
  return { kind: 'waiting', cause, wait, detail: decision.detail, status, isPacedUpdate };
}
