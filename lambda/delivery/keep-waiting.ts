import type { DeduplicatedEvents } from '../shared/message.ts';
import { addDeduplicated } from '../shared/message.ts';
import type { BatchRun } from './batch-run.ts';
import type { Candidate } from './candidate.ts';
import type { Disposition, ProcessedMessage } from './disposition.ts';
import { keyStateOf, rememberContent, type SubjectState } from './instance-state.ts';
import { spanOf } from '../shared/delivery-settings.ts';
import { byTime, type Subject } from './subject.ts';
import { placeWaiting, type WaitDecision } from './waiting.ts';

/** Adds an event to a count of deduplicated ones. */
export function countDeduplicated(
  count: DeduplicatedEvents | undefined,
  { standsFor }: Candidate,
): DeduplicatedEvents {
  return count === undefined ? standsFor : addDeduplicated(count, standsFor);
}

/** Remembers an event that is not sent now, if it is the newest of its subject. */
function rememberNewest(run: BatchRun, subject: Subject, candidate: Candidate): void {
  const { state } = run.context;
  const known = state.contents.get(subject.key);
  if (known === undefined || byTime(candidate, known) > 0) {
    rememberContent(state, subject.key, candidate);
  }
}

/** Keeps events of a subject in the queue, and remembers which of them wait. */
export function keepWaiting(
  events: readonly Candidate[],
  decision: WaitDecision,
  subject: Subject,
  state: SubjectState,
  run: BatchRun,
): readonly ProcessedMessage[] {
  const { settings, now } = run.context;
  const { processed, waiting } = placeWaiting(events, {
    decision,
    known: state.waiting,
    span: spanOf(settings),
    giveUpAfter: settings.giveUpAfterSeconds * 1000,
    sureFor: run.sureFor,
    now: now(),
  });
  state.waiting = waiting;
  for (const { candidate, disposition } of processed) {
    if (disposition.kind === 'deduplicated') {
      state.intoWaiting = countDeduplicated(state.intoWaiting, candidate);
      if (state.notification !== undefined) {
        const { integrationKey } = state.notification;
        keyStateOf(run.context.state, integrationKey).lastWords.add(subject.key);
      }
    }
    if (disposition.kind !== 'deadLetter') rememberNewest(run, subject, candidate);
  }
  return processed.map(({ candidate: { message }, disposition }) => ({
    message,
    disposition: withStandsFor(disposition, state),
  }));
}

/**
 * A dead letter says for how many events it stands. As long as another event of the subject waits,
 * that one may stand for them as well, and the next call counts them.
 */
export function withStandsFor(disposition: Disposition, state: SubjectState): Disposition {
  if (disposition.kind !== 'deadLetter' || state.waiting.length > 0) return disposition;
  const { intoWaiting } = state;
  state.intoWaiting = undefined;
  return intoWaiting === undefined ? disposition : { ...disposition, standsFor: intoWaiting };
}
