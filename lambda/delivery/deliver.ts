import { urgency } from '../pagerduty/severity.ts';
import { describeError } from '../shared/log.ts';
import type { RouteTable } from '../shared/routes.ts';
import { admit, failureWait, callDeadlineOf } from './admission/admit.ts';
import { type CallConcurrency, limitConcurrency } from './admission/concurrency.ts';
import { circuitBreakerState } from './admission/circuit-breaker.ts';
import type { CallClass } from './admission/slots.ts';
import {
  type BatchRun,
  type CallReport,
  type DeliveryContext,
  type KeyRun,
  keyRunOf,
} from './batch-run.ts';
import {
  type Candidate,
  type QueuedMessage,
  readCandidate,
  type ReadMessage,
} from './candidate.ts';
import type { ProcessedMessage } from './disposition.ts';
import { subjectStateOf } from './instance-state.ts';
import type { IntegrationKeyResult } from './keys/integration-keys.ts';
import { keepWaiting } from './waiting/keep-waiting.ts';
import { sendFinalUpdates } from './final-update.ts';
import { attemptClass } from './attempt.ts';
import { processSubject } from './process-subject.ts';
import { groupBySubject, highestSeverity, type Subject } from './subject.ts';

/** Shortest time between two reads of the secret because PagerDuty refuses a key, milliseconds. */
const REFUSED_KEY_READ_INTERVAL = 60_000;

/**
 * A deferred message stays invisible for at least this many timeouts of the function. If deferring
 * fails, the queue's own visibility timeout applies, which is longer: see `lib/events-queue.ts`.
 */
const MIN_INVISIBLE_TIMEOUTS = 5;

/** Result of a batch. */
export interface BatchReport {
  /** Every message of the batch exactly once, even if SQS delivered it twice. */
  readonly processed: readonly ProcessedMessage[];
  readonly calls: readonly CallReport[];
  /** Reasons why older integration keys are in use; see {@link BatchRun.keyProblems}. */
  readonly keyProblems: ReadonlySet<string>;
  /** Errors in this bridge that concern no message of the batch. */
  readonly internalErrors: readonly string[];
}

/**
 * Delivers the events of one batch:
 *
 * 1. Parse and route each message ({@link readCandidate}).
 * 2. Group the events by subject ({@link groupBySubject}).
 * 3. Find the integration key of each service.
 * 4. Process the subjects of each key ({@link processSubject}); different keys in parallel.
 *
 * It never throws because of an event, a key or PagerDuty. If the bridge has an internal error with
 * an event, that event waits until it is given up, and the rest of the batch is delivered.
 *
 * @param deadline when the function is stopped, milliseconds since 1970
 */
export async function deliverBatch(
  messages: readonly QueuedMessage[],
  deadline: number,
  context: DeliveryContext,
): Promise<BatchReport> {
  const start = context.now();
  const { candidates, undeliverable } = readMessages(messages, context.routes);
  const subjects = groupBySubject(candidates);
  const run: BatchRun = {
    context,
    callDeadline: callDeadlineOf(start, deadline),
    minInvisibleTime: MIN_INVISIBLE_TIMEOUTS * (deadline - start),
    keyRuns: new Map(),
    calls: [],
    keyProblems: new Set(),
    internalErrors: [],
  };
  for (const subject of subjects) forgetWaiting(subject, context);
  const { byKey, withoutKey } = await findKeys(subjects, run);
  const concurrency = limitConcurrency(context.settings.concurrentCalls, byKey.keys());
  const processed = await Promise.all(
    [...byKey].map(async ([key, ofKey]) => processKey(keyRunOf(run, key), ofKey, concurrency, run)),
  );
  return {
    processed: [...undeliverable, ...withoutKey, ...processed.flat()],
    calls: run.calls,
    keyProblems: run.keyProblems,
    internalErrors: run.internalErrors,
  };
}

/** Parses and routes the messages. A message that cannot be parsed or routed is a dead letter. */
function readMessages(
  messages: readonly QueuedMessage[],
  routes: RouteTable,
): { readonly candidates: readonly Candidate[]; readonly undeliverable: ProcessedMessage[] } {
  const candidates: Candidate[] = [];
  const undeliverable: ProcessedMessage[] = [];
  for (const message of withoutCopies(messages)) {
    const read = readSafely(message, routes);
    if (read.kind === 'candidate') candidates.push(read.candidate);
    else {
      const { reason, detail } = read.undeliverable;
      undeliverable.push({ message, disposition: { kind: 'deadLetter', reason, detail } });
    }
  }
  return { candidates, undeliverable };
}

/**
 * Keeps the last copy of each message. A standard queue may deliver a message twice, even in one
 * batch. Two copies would count as two events and could get different dispositions. Only the last
 * receipt handle is sure to work.
 */
function withoutCopies(messages: readonly QueuedMessage[]): Iterable<QueuedMessage> {
  return new Map(messages.map((message) => [message.messageId, message])).values();
}

/**
 * Reads a message. If an internal error occurs, the message is a dead letter, which you can replay
 * after the repair.
 */
function readSafely(message: QueuedMessage, routes: RouteTable): ReadMessage {
  try {
    return readCandidate(message, routes);
  } catch (error) {
    const detail = `The bridge failed to read the event: ${describeError(error)}`;
    return { kind: 'undeliverable', undeliverable: { message, reason: 'malformed', detail } };
  }
}

/** Removes the messages of this batch from those that wait in the queue. */
function forgetWaiting(subject: Subject, { state }: DeliveryContext): void {
  const received = new Set(subject.events.map(({ message }) => message.messageId));
  const subjectState = subjectStateOf(state, subject.key);
  subjectState.waiting = subjectState.waiting.filter(({ messageId }) => !received.has(messageId));
}

/** Finds the key of each service, once per batch. Events of a service without a key wait. */
async function findKeys(
  subjects: readonly Subject[],
  run: BatchRun,
): Promise<{
  readonly byKey: ReadonlyMap<string, readonly Subject[]>;
  readonly withoutKey: readonly ProcessedMessage[];
}> {
  const byKey = new Map<string, Subject[]>();
  const withoutKey: ProcessedMessage[] = [];
  const byService = Map.groupBy(subjects, ({ service }) => service);
  await Promise.all(
    [...byService].map(async ([service, ofService]) => {
      const result = await findKey(service, run);
      if (result.kind === 'key') {
        byKey.set(result.key, [...(byKey.get(result.key) ?? []), ...ofService]);
        return;
      }
      for (const subject of ofService) withoutKey.push(...waitForKey(subject, result.detail, run));
    }),
  );
  return { byKey, withoutKey };
}

/**
 * The key of a service. While PagerDuty refuses the key, the secret is read again every minute,
 * because you may have replaced the key.
 */
async function findKey(service: string, run: BatchRun): Promise<IntegrationKeyResult> {
  const { keys, now, state } = run.context;
  const current = await keys.keyOf(service);
  if (current.kind === 'missing') return current;
  if (current.problem !== undefined) run.keyProblems.add(current.problem);
  const isRefused = state.keys.get(current.key)?.circuitBreaker.isKeyRefused === true;
  if (!isRefused) return current;
  const newest = await keys.reread(service, now() - REFUSED_KEY_READ_INTERVAL);
  return newest.kind === 'key' ? newest : current;
}

function waitForKey(subject: Subject, detail: string, run: BatchRun): readonly ProcessedMessage[] {
  const { settings, now, random, state } = run.context;
  const wait = failureWait({ settings, now: now(), random }, 'key_missing', 0);
  const subjectState = subjectStateOf(state, subject.key);
  return keepWaiting(subject.events, { ...wait, detail }, subject, subjectState, run);
}

/** The classes of calls, the most important first. */
const CLASSES: readonly CallClass[] = ['high', 'opener', 'update'];

/**
 * Processes the subjects of one key by class of call, and within a class those first that have
 * waited longest. While the circuit breaker is half-open, one of them is the probe, and the others
 * are processed after it.
 */
async function processKey(
  keyRun: KeyRun,
  subjects: readonly Subject[],
  concurrency: CallConcurrency,
  run: BatchRun,
): Promise<readonly ProcessedMessage[]> {
  const { state: instance, now } = run.context;
  const ordered = subjects
    .map((subject) => {
      const state = subjectStateOf(instance, subject.key);
      const callClass = CLASSES.indexOf(attemptClass({ state, events: subject.events }, run));
      const since = Math.min(...subject.events.map(({ message }) => message.sentAt));
      return { subject, callClass, since };
    })
    .toSorted((a, b) => a.callClass - b.callClass || a.since - b.since)
    .map(({ subject }) => subject);
  const processed: ProcessedMessage[] = [];
  const process = async (subject: Subject): Promise<void> => {
    const release = await concurrency.acquire(keyRun.integrationKey);
    try {
      processed.push(...(await processSafely(subject, keyRun, run)));
    } finally {
      release();
    }
  };
  const isHalfOpen = (): boolean =>
    circuitBreakerState(keyRun.state.circuitBreaker, now()) === 'half-open' && !keyRun.hasProbed;
  const probes = new Set<Subject>();
  // The others start after the probe, because its outcome decides if they may call. A subject that
  // turns out to need no call is no probe, so the next one is.
  for (const subject of isHalfOpen() ? inProbeOrder(ordered, run) : []) {
    if (!isHalfOpen()) break;
    if (!mayProbe(subject, keyRun, run)) continue;
    probes.add(subject);
    await process(subject);
  }
  const rest = ordered.filter((subject) => !probes.has(subject));
  await Promise.all(
    // The subjects of one incident follow each other, so that no call lowers the severity of the
    // call before it.
    [...Map.groupBy(rest, ({ incidentKey }) => incidentKey).values()].map(async (ofIncident) => {
      for (const subject of ofIncident) await process(subject);
    }),
  );
  await sendFinalUpdates(keyRun, concurrency, run);
  concurrency.finish(keyRun.integrationKey);
  return processed;
}

/**
 * Subjects in the order in which they may probe: first those with the fewest failures, because
 * PagerDuty may be unable to process the event of a subject that failed often. With equal failures,
 * the most urgent ones.
 */
function inProbeOrder(subjects: readonly Subject[], { context }: BatchRun): readonly Subject[] {
  const failures = ({ key }: Subject): number =>
    subjectStateOf(context.state, key).cooldown?.count ?? 0;
  return subjects.toSorted(
    (a, b) =>
      failures(a) - failures(b) ||
      urgency(highestSeverity(b.events)) - urgency(highestSeverity(a.events)),
  );
}

/** True if a call about a subject may be the probe now. */
function mayProbe(subject: Subject, keyRun: KeyRun, run: BatchRun): boolean {
  const { context, callDeadline } = run;
  const state = subjectStateOf(context.state, subject.key);
  const admission = admit({
    key: keyRun.state,
    subject: state,
    callClass: attemptClass({ state, events: subject.events }, run),
    settings: context.settings,
    startedAt: context.state.startedAt,
    waitingForSlot: 0,
    mayProbe: true,
    callDeadline,
    now: context.now(),
    random: context.random,
  });
  return admission === 'admitted';
}

/** Processes a subject. After an internal error, its events wait, as after any other failure. */
async function processSafely(
  subject: Subject,
  keyRun: KeyRun,
  run: BatchRun,
): Promise<readonly ProcessedMessage[]> {
  try {
    return await processSubject(subject, keyRun, run);
  } catch (error) {
    const { settings, now, random, state } = run.context;
    const detail = `The bridge failed: ${describeError(error)}`;
    const wait = failureWait({ settings, now: now(), random }, 'internal_error', 0);
    const subjectState = subjectStateOf(state, subject.key);
    return keepWaiting(subject.events, { ...wait, detail }, subject, subjectState, run);
  }
}
