import { admit, type NotAdmitted } from './admission/admit.ts';
import { circuitBreakerState } from './admission/circuit-breaker.ts';
import { type CallClass, countCall } from './admission/slots.ts';
import type { BatchRun, KeyRun } from './batch-run.ts';
import { alertOf, type CallContent, contentOf } from './call-content.ts';
import type { Candidate } from './candidate.ts';
import type { ProcessedMessage } from './disposition.ts';
import {
  forgetNewestUnsent,
  setNewest,
  type SubjectState,
  subjectStateOf,
} from './instance-state.ts';
import { callClassOf } from './notification.ts';
import { type EndedCall, recordOutcome } from './record-outcome.ts';
import { highestSeverity, incidentKeyOf, type Subject } from './subject.ts';

/** Messages that a notification remembers. An event source mapping passes ten by default. */
const MAX_NOTIFIED_MESSAGES = 10;

/** One attempt to notify PagerDuty of some events of a subject. */
export interface Attempt {
  readonly subject: Subject;
  readonly state: SubjectState;
  readonly keyRun: KeyRun;
  /** The events that need a call, oldest first. */
  readonly events: readonly [Candidate, ...Candidate[]];
  /** True if the call may have the content of {@link InstanceState.newestUnsent}. */
  readonly mayUseNewestUnsent: boolean;
  /** True if PagerDuty refused another key before, and this one was then read from the secret. */
  readonly hasNewKey: boolean;
  /** True if PagerDuty refused the newest event before, and this attempt sends an older one. */
  readonly triedOlder: boolean;
}

/** Result of an attempt: the messages that have a disposition now, and the next attempt, if any. */
export interface AttemptResult {
  readonly processed: readonly ProcessedMessage[];
  readonly next?: Attempt | undefined;
}

/** A call that an attempt made. */
export interface AttemptedCall extends EndedCall {
  readonly content: CallContent;
}

/** The class of the call that some events of a subject need. */
export function attemptClass(
  { state, events }: Pick<Attempt, 'state' | 'events'>,
  run: BatchRun,
): CallClass {
  const { settings, now } = run.context;
  const updateInterval = settings.updateIntervalSeconds * 1000;
  return callClassOf(highestSeverity(events), state.notification, updateInterval, now());
}

/**
 * An attempt that this instance makes by itself, without a message of the batch.
 *
 * @param latest the event to send
 */
export function ownAttempt(
  subjectKey: string,
  latest: Candidate,
  keyRun: KeyRun,
  { context }: BatchRun,
): Attempt {
  const incidentKey = incidentKeyOf(latest);
  return {
    subject: { key: subjectKey, incidentKey, service: latest.service, events: [latest] },
    state: subjectStateOf(context.state, subjectKey),
    keyRun,
    events: [latest],
    mayUseNewestUnsent: false,
    hasNewKey: false,
    triedOlder: false,
  };
}

/** Decides if the call of an attempt may start now ({@link admit}). */
export function admissionOf(
  { state, keyRun }: Pick<Attempt, 'state' | 'keyRun'>,
  callClass: CallClass,
  run: BatchRun,
): 'admitted' | NotAdmitted {
  const { context, callDeadline } = run;
  return admit({
    key: keyRun.state,
    subject: state,
    callClass,
    settings: context.settings,
    startedAt: context.state.startedAt,
    waitingForSlot: keyRun.waitingForSlot,
    mayProbe: !keyRun.hasProbed,
    callDeadline,
    now: context.now(),
    random: context.random,
  });
}

/**
 * The wait of an attempt whose call may not start now; `undefined` when the call is admitted. A call
 * that is admitted while the circuit breaker is half-open is its probe.
 */
export function admissionWait(
  attempt: Attempt,
  callClass: CallClass,
  run: BatchRun,
): NotAdmitted | undefined {
  const admission = admissionOf(attempt, callClass, run);
  if (admission !== 'admitted') return admission;
  const { keyRun } = attempt;
  if (circuitBreakerState(keyRun.state.circuitBreaker, run.context.now()) === 'half-open') {
    keyRun.hasProbed = true;
  }
  return undefined;
}

/**
 * Calls PagerDuty about the events of an attempt, and records the outcome.
 *
 * @param notYetCounted the events that {@link SubjectState} does not count as deduplicated
 */
export async function makeCall(
  attempt: Attempt,
  callClass: CallClass,
  run: BatchRun,
  notYetCounted: readonly Candidate[] = attempt.events,
): Promise<AttemptedCall> {
  const { context } = run;
  const { subject, state, keyRun, events, mayUseNewestUnsent } = attempt;
  const startedAt = context.now();
  const content = contentOf({
    events,
    notYetCounted,
    newestUnsent: mayUseNewestUnsent ? context.state.newestUnsent.get(subject.key) : undefined,
    subject: state,
    severities: context.state.severities.get(subject.incidentKey),
    updateInterval: context.settings.updateIntervalSeconds * 1000,
    now: startedAt,
  });
  countCall(keyRun.state.calls, callClass, startedAt);
  const outcome = await context.pagerDuty(
    alertOf(content, {
      integrationKey: keyRun.integrationKey,
      consoleUrl: context.consoleUrl,
      now: startedAt,
    }),
  );
  const now = context.now();
  const { incidentKey } = subject;
  const call = { key: keyRun.state, subject: state, incidentKey, outcome, startedAt, now, content };
  recordOutcome(call, context.settings, context.random);
  const { latest, severity } = content;
  const delay = now - Math.min(...events.map(({ acceptedAt }) => acceptedAt));
  run.calls.push({ events, latest, callClass, severity, outcome, delay });
  return call;
}

/**
 * Records an accepted call as the last notification of its subject. The newest event is delivered,
 * and the others are deduplicated.
 */
export function recordNotification(
  { subject, state, keyRun, events }: Attempt,
  { content, startedAt }: AttemptedCall,
  run: BatchRun,
): readonly ProcessedMessage[] {
  const { state: instance } = run.context;
  const { incidentKey } = subject;
  const newest = events.at(-1);
  state.notification = {
    began: startedAt,
    integrationKey: keyRun.integrationKey,
    severity: content.severity,
    messages: new Map(
      events
        .slice(-MAX_NOTIFIED_MESSAGES)
        .map(({ message }) => [message.messageId, message.receiveCount]),
    ),
  };
  state.deduplicatedIntoNotification = undefined;
  state.deduplicatedIntoWaiting = undefined;
  forgetNewestUnsent(instance, subject.key);
  setNewest(instance.severities, incidentKey, {
    ...instance.severities.get(incidentKey),
    [content.ownSeverity]: startedAt,
  });
  return events.map((candidate) => ({
    message: candidate.message,
    disposition: { kind: candidate === newest ? 'delivered' : 'deduplicated' },
  }));
}
