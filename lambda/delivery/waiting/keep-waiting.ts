import type { DeduplicatedEvents } from '../../shared/message.ts';
import { addDeduplicated } from '../../shared/message.ts';
import type { BatchRun, DeliveryContext } from '../batch-run.ts';
import { type Candidate, type QueuedMessage, readCandidate } from '../candidate.ts';
import type { Disposition, ProcessedMessage } from '../disposition.ts';
import {
  keyStateOf,
  rememberNewestUnsent,
  type SubjectState,
  subjectStateOf,
} from '../instance-state.ts';
import { deduplicationWindowOf } from '../../shared/delivery-settings.ts';
import { byTime, type Subject, subjectKeyOf } from '../subject.ts';
import { decideWaiting, type WaitDecision } from './decide-waiting.ts';

/** Adds an event, and those that it stands for, to a summary of deduplicated events. */
export function countDeduplicated(
  count: DeduplicatedEvents | undefined,
  { standsFor }: Candidate,
): DeduplicatedEvents {
  return count === undefined ? standsFor : addDeduplicated(count, standsFor);
}

/**
 * Decides about events of a subject that cannot be sent now ({@link decideWaiting}), and records in
 * the instance state which of them wait.
 */
export function keepWaiting(
  events: readonly Candidate[],
  decision: WaitDecision,
  subject: Subject,
  state: SubjectState,
  run: BatchRun,
): readonly ProcessedMessage[] {
  const { settings, now } = run.context;
  const { processed, waiting } = decideWaiting(events, {
    decision,
    alreadyWaiting: state.waiting,
    deduplicationWindow: deduplicationWindowOf(settings),
    giveUpAfter: settings.giveUpAfterSeconds * 1000,
    minInvisibleTime: run.minInvisibleTime,
    now: now(),
  });
  state.waiting = waiting;
  for (const { candidate, disposition } of processed) {
    if (disposition.kind === 'deduplicated') {
      state.deduplicatedIntoWaiting = countDeduplicated(state.deduplicatedIntoWaiting, candidate);
      if (state.notification !== undefined) {
        const { integrationKey } = state.notification;
        keyStateOf(run.context.state, integrationKey).finalUpdates.add(subject.key);
      }
    }
    if (disposition.kind !== 'deadLetter') rememberIfNewest(run, subject, candidate);
  }
  return processed.map(({ candidate: { message }, disposition }) => ({
    message,
    disposition: withStandsFor(disposition, state),
  }));
}

/** Remembers an event that was not sent, if it is the newest of its subject. */
function rememberIfNewest(run: BatchRun, subject: Subject, candidate: Candidate): void {
  const { state } = run.context;
  const known = state.newestUnsent.get(subject.key);
  if (known === undefined || byTime(candidate, known) > 0) {
    rememberNewestUnsent(state, subject.key, candidate);
  }
}

/**
 * Adds to a dead letter the summary of the events that were deduplicated into waiting ones. While
 * another event of the subject waits, nothing is added, because the next call counts them.
 */
export function withStandsFor(disposition: Disposition, state: SubjectState): Disposition {
  if (disposition.kind !== 'deadLetter' || state.waiting.length > 0) return disposition;
  const { deduplicatedIntoWaiting } = state;
  state.deduplicatedIntoWaiting = undefined;
  return deduplicatedIntoWaiting === undefined
    ? disposition
    : { ...disposition, standsFor: deduplicatedIntoWaiting };
}

/**
 * Takes back the summaries of dead letters that could not be sent: their messages stay in the queue,
 * and the next dead letter or call counts the events. Otherwise these would be counted nowhere.
 *
 * @param keep the messages that stay in the queue
 */
export function takeBackStandsFor(
  processed: readonly ProcessedMessage[],
  keep: readonly QueuedMessage[],
  { routes, state }: Pick<DeliveryContext, 'routes' | 'state'>,
): void {
  const kept = new Set(keep);
  for (const { message, disposition } of processed) {
    if (disposition.kind !== 'deadLetter' || !kept.has(message)) continue;
    const { standsFor } = disposition;
    const read = readCandidate(message, routes);
    if (standsFor === undefined || read.kind !== 'candidate') continue;
    const subject = subjectStateOf(state, subjectKeyOf(read.candidate));
    const { deduplicatedIntoWaiting: known } = subject;
    subject.deduplicatedIntoWaiting =
      known === undefined ? standsFor : addDeduplicated(known, standsFor);
  }
}
