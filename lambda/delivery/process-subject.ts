import { deduplicationWindowOf } from '../shared/delivery-settings.ts';
import { claimDuration } from '../shared/open-incident.ts';
import { failureWait, type NotAdmitted, outOfTime, throttledWait } from './admission/admit.ts';
import { type CallClass, markWaiting } from './admission/slots.ts';
import {
  admissionWait,
  type Attempt,
  attemptClass,
  type AttemptedCall,
  makeCall,
  recordNotification,
  type AttemptResult,
} from './attempt.ts';
import type { BatchRun, KeyRun } from './batch-run.ts';
import type { Candidate } from './candidate.ts';
import type { ProcessedMessage } from './disposition.ts';
import { type SubjectState, subjectStateOf } from './instance-state.ts';
import { countDeduplicated, keepWaiting } from './waiting/keep-waiting.ts';
import { isNotified, updateDueIn } from './notification.ts';
import { recordAcceptedCall } from './open-incidents/accepted-call.ts';
import {
  keepOpenWhileWaiting,
  type Postponed,
  postponeResolve,
} from './open-incidents/postpone.ts';
import { afterRefusal } from './refusal.ts';
import { reserveTestResolve, resolveTest, testWait } from './test-event.ts';
import { hasEvents, type Subject } from './subject.ts';
import type { WaitDecision } from './waiting/decide-waiting.ts';

/**
 * A class of calls counts as waiting for its slot until its first event is back, plus this margin,
 * milliseconds.
 */
const MARK_MARGIN = 1_000;

/**
 * Processes the events of one subject in a batch, and gives each event a disposition. Events for
 * which the last notification stands are deduplicated. One call, or several after a refusal, is
 * made for the others, or they wait.
 */
export async function processSubject(
  subject: Subject,
  keyRun: KeyRun,
  run: BatchRun,
): Promise<readonly ProcessedMessage[]> {
  const state = subjectStateOf(run.context.state, subject.key);
  const { processed, toSend } = deduplicateNotified(subject, state, keyRun, run);
  let attempt: Attempt | undefined = hasEvents(toSend)
    ? {
        subject,
        state,
        keyRun,
        events: toSend,
        mayUseNewestUnsent: true,
        hasNewKey: false,
        triedOlder: false,
      }
    : undefined;
  while (attempt !== undefined) {
    const result: AttemptResult = await tryCall(attempt, run);
    processed.push(...result.processed);
    attempt = result.next;
  }
  return processed;
}

/** Deduplicates the events for which the last accepted call with this key stands. */
function deduplicateNotified(
  subject: Subject,
  state: SubjectState,
  { integrationKey }: KeyRun,
  run: BatchRun,
): { readonly processed: ProcessedMessage[]; readonly toSend: readonly Candidate[] } {
  const { notification } = state;
  if (notification === undefined || notification.integrationKey !== integrationKey) {
    state.notification = undefined;
    return { processed: [], toSend: subject.events };
  }
  const processed: ProcessedMessage[] = [];
  const toSend: Candidate[] = [];
  for (const candidate of subject.events) {
    if (isNotified(candidate, notification, deduplicationWindowOf(run.context.settings))) {
      // The messages of that call are counted already.
      if (!notification.messages.has(candidate.message.messageId)) {
        state.deduplicatedIntoNotification = countDeduplicated(
          state.deduplicatedIntoNotification,
          candidate,
        );
      }
      processed.push({ message: candidate.message, disposition: { kind: 'deduplicated' } });
    } else toSend.push(candidate);
  }
  return { processed, toSend };
}

/** Makes the call of an attempt, or keeps its events waiting when the call may not start now. */
async function tryCall(attempt: Attempt, run: BatchRun): Promise<AttemptResult> {
  const { integrationKey } = attempt.keyRun;
  const mayWait = updateWait(attempt, run) !== undefined;
  const postponed = await postponeResolve(attempt, integrationKey, mayWait, run);
  // The table may have said that the incident is not open any more, so this may be no update.
  const callClass = attemptClass(attempt, run);
  const decision =
    waitAfter(postponed, run) ??
    updateWait(attempt, run) ??
    testWait(attempt, run) ??
    admissionWait(attempt, callClass, run);
  if (decision !== undefined) {
    return { processed: await keepAttempt(attempt, callClass, decision, run) };
  }

  reserveTestResolve(attempt, run);
  const call = await makeCall(attempt, callClass, run);
  const { outcome } = call;
  switch (outcome.kind) {
    case 'delivered': {
      const processed = recordNotification(attempt, call, run);
      await recordAcceptedCall(attempt, call, postponed, run);
      await resolveTest(attempt, run);
      return { processed };
    }
    case 'retry':
      return {
        processed: await keepAttempt(attempt, callClass, retryDecision(attempt, call, run), run),
      };
    case 'rejected':
      return afterRefusal(attempt, call, outcome, run);
  }
}

/**
 * The wait of events that could not be recorded in the table of open incidents. While their incident
 * is being resolved, they wait, and open a new one after it.
 */
function waitAfter(postponed: Postponed, { context }: BatchRun): WaitDecision | undefined {
  if (postponed === 'out_of_time') return outOfTime();
  if (postponed !== 'resolving') return undefined;
  return {
    cause: 'incident_resolving',
    detail: 'Its incident is being resolved.',
    waitOf: () => claimDuration(context.settings) / 2,
  };
}

/** The wait of an update that is not due yet. */
function updateWait(attempt: Attempt, run: BatchRun): WaitDecision | undefined {
  const { state } = attempt;
  if (attemptClass(attempt, run) !== 'update' || state.notification === undefined) return undefined;
  const { settings, now } = run.context;
  const updateInterval = settings.updateIntervalSeconds * 1000;
  // An event that is visible again may have gone to another instance.
  const waiting = state.waiting.filter(({ invisibleUntil }) => invisibleUntil > now()).length;
  const wait = updateDueIn(state.notification, updateInterval, waiting, now());
  if (wait === 0) return undefined;
  const detail = `One update per ${settings.updateIntervalSeconds} s.`;
  return { cause: 'update_due', detail, waitOf: () => wait };
}

/**
 * Keeps the events of an attempt in the queue. If they wait for a slot, calls of lower classes wait
 * behind them.
 */
async function keepAttempt(
  attempt: Attempt,
  callClass: CallClass,
  decision: NotAdmitted,
  run: BatchRun,
): Promise<readonly ProcessedMessage[]> {
  const { subject, state, keyRun, events } = attempt;
  const processed = keepWaiting(events, decision, subject, state, run);
  const waits = processed.flatMap(({ disposition }) =>
    disposition.kind === 'waiting' ? [disposition.wait] : [],
  );
  if (waits.length === 0) return processed;
  const until = run.context.now() + Math.min(...waits) + MARK_MARGIN;
  keyRun.state.eventsWaitUntil = Math.max(keyRun.state.eventsWaitUntil, until);
  if (decision.slotAt !== undefined) {
    keyRun.waitingForSlot += 1;
    markWaiting(keyRun.state.calls, callClass, until);
  }
  await keepOpenWhileWaiting(attempt, Math.max(...waits), run);
  return processed;
}

/** The wait of events whose call failed and may succeed later. */
function retryDecision(
  { state, keyRun }: Attempt,
  { outcome, startedAt, now }: AttemptedCall,
  run: BatchRun,
): NotAdmitted {
  const { settings, random } = run.context;
  if (outcome.kind !== 'retry') throw new Error('The call is not to be retried.');
  const { detail, status, cause } = outcome;
  if (cause === 'throttled') {
    const until = keyRun.state.throttled?.until ?? now;
    const input = { settings, waitingForSlot: keyRun.waitingForSlot, now, random };
    const wait = throttledWait(input, until, { at: startedAt, detail, status });
    return { ...wait, cause, detail, status };
  }
  const until = Math.max(
    now + (outcome.retryAfter ?? 0),
    state.cooldown?.until ?? 0,
    keyRun.state.circuitBreaker.nextProbeAt ?? 0,
  );
  return {
    ...failureWait({ settings, now, random }, cause, until),
    detail,
    status,
    failedAt: startedAt,
  };
}
