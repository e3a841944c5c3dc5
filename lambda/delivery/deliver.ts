import { urgency } from '../pagerduty/severity.ts';
import { describeError } from '../shared/log.ts';
import type { RouteTable } from '../shared/routes.ts';
import { admit, failureWait, lastCallEnd } from './admission/admit.ts';
import { type CallPlaces, callPlaces } from './admission/call-places.ts';
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
import type { IntegrationKeyResult } from './integration-keys.ts';
import { keepWaiting } from './keep-waiting.ts';
import { sendLastWords } from './last-word.ts';
import { attemptClass } from './attempt.ts';
import { processSubject } from './process-subject.ts';
import { groupBySubject, highestSeverity, type Subject } from './subject.ts';

/** Shortest time between two reads of a key that PagerDuty refuses, milliseconds. */
const REFUSED_KEY_READ_INTERVAL = 60_000;

/** A deferred message stays invisible for this many of the function's timeouts, whatever happens. */
const SURE_TIMEOUTS = 5;

/** Result of a batch. */
export interface BatchReport {
  /** Every message of the batch, once, even if the queue handed it over twice. */
  readonly processed: readonly ProcessedMessage[];
  readonly calls: readonly CallReport[];
  /** Why older integration keys are in use. */
  readonly keyProblems: ReadonlySet<string>;
  /** Errors in this bridge that concern no message of the batch. */
  readonly internalErrors: readonly string[];
}

/**
 * Delivers the events of one batch: parse and route, group by subject, and then process the subjects
 * of each integration key beside those of the others. Never throws for a reason that lies in an
 * event, in a key or in PagerDuty. An event on which the bridge itself fails waits, is given up in
 * the end, and does not hold up the rest of its batch.
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
    callsEnd: lastCallEnd(start, deadline),
    sureFor: SURE_TIMEOUTS * (deadline - start),
    keyRuns: new Map(),
    calls: [],
    keyProblems: new Set(),
    internalErrors: [],
  };
  for (const subject of subjects) forgetWaiting(subject, context);
  const { byKey, withoutKey } = await findKeys(subjects, run);
  const places = callPlaces(context.settings.concurrentCalls, byKey.keys());
  const processed = await Promise.all(
    [...byKey].map(async ([key, own]) => processKey(keyRunOf(run, key), own, places, run)),
  );
  return {
    processed: [...undeliverable, ...withoutKey, ...processed.flat()],
    calls: run.calls,
    keyProblems: run.keyProblems,
    internalErrors: run.internalErrors,
  };
}

/** Parses and routes the messages. What cannot be read or routed is a dead letter. */
function readMessages(
  messages: readonly QueuedMessage[],
  routes: RouteTable,
): { readonly candidates: readonly Candidate[]; readonly undeliverable: ProcessedMessage[] } {
  const candidates: Candidate[] = [];
  const undeliverable: ProcessedMessage[] = [];
  for (const message of distinct(messages)) {
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
 * A standard queue may hand over a message twice, even in one batch. The last copy has the receipt
 * that is sure to work; two copies would count as two events, and could end differently.
 */
function distinct(messages: readonly QueuedMessage[]): Iterable<QueuedMessage> {
  return new Map(messages.map((message) => [message.messageId, message])).values();
}

/** An event that this bridge fails to read becomes a dead letter, to be replayed after the repair. */
function readSafely(message: QueuedMessage, routes: RouteTable): ReadMessage {
  try {
    return readCandidate(message, routes);
  } catch (error) {
    const detail = `The bridge failed to read the event: ${describeError(error)}`;
    return { kind: 'undeliverable', undeliverable: { message, reason: 'malformed', detail } };
  }
}

/** A message of this batch does not wait in the queue. */
function forgetWaiting(subject: Subject, { state }: DeliveryContext): void {
  const own = new Set(subject.events.map(({ message }) => message.messageId));
  const known = subjectStateOf(state, subject.key);
  known.waiting = known.waiting.filter(({ messageId }) => !own.has(messageId));
}

/** Looks up the key of each service once. Events without a key wait. */
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
    [...byService].map(async ([service, own]) => {
      const result = await findKey(service, run);
      if (result.kind === 'key') {
        byKey.set(result.key, [...(byKey.get(result.key) ?? []), ...own]);
        return;
      }
      for (const subject of own) withoutKey.push(...waitForKey(subject, result.detail, run));
    }),
  );
  return { byKey, withoutKey };
}

/** A key that PagerDuty refuses is read again each minute: it may have been replaced. */
async function findKey(service: string, run: BatchRun): Promise<IntegrationKeyResult> {
  const { keys, now, state } = run.context;
  const known = await keys.keyOf(service);
  if (known.kind === 'missing') return known;
  if (known.problem !== undefined) run.keyProblems.add(known.problem);
  const isRefused = state.keys.get(known.key)?.circuitBreaker.isKeyRefused === true;
  if (!isRefused) return known;
  const newest = await keys.reread(service, now() - REFUSED_KEY_READ_INTERVAL);
  return newest.kind === 'key' ? newest : known;
}

function waitForKey(subject: Subject, detail: string, run: BatchRun): readonly ProcessedMessage[] {
  const { settings, now, random, state } = run.context;
  const wait = failureWait({ settings, now: now(), random }, 'key_missing', 0);
  const known = subjectStateOf(state, subject.key);
  return keepWaiting(subject.events, { ...wait, detail }, subject, known, run);
}

const CLASSES: readonly CallClass[] = ['high', 'opener', 'update'];

/** Processes the subjects of one key: what is new first, and then what has waited longest. */
async function processKey(
  keyRun: KeyRun,
  subjects: readonly Subject[],
  places: CallPlaces,
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
    const end = await places.take(keyRun.integrationKey);
    try {
      processed.push(...(await processSafely(subject, keyRun, run)));
    } finally {
      end();
    }
  };
  const probed = new Set<Subject>();
  const isHalfOpen = (): boolean =>
    circuitBreakerState(keyRun.state.circuitBreaker, now()) === 'half-open' && !keyRun.hasProbed;
  // Alone: whether PagerDuty is back decides about the others. A subject that turns out to need no
  // call says nothing about that, so the next one is the probe.
  for (const subject of isHalfOpen() ? probesOf(ordered, run) : []) {
    if (!isHalfOpen()) break;
    if (!mayProbe(subject, keyRun, run)) continue;
    probed.add(subject);
    await process(subject);
  }
  const rest = ordered.filter((subject) => !probed.has(subject));
  await Promise.all(
    // The subjects of one incident, one after the other: no call may say less than the one before it.
    [...Map.groupBy(rest, ({ incidentKey }) => incidentKey).values()].map(async (own) => {
      for (const subject of own) await process(subject);
    }),
  );
  await sendLastWords(keyRun, places, run);
  places.leave(keyRun.integrationKey);
  return processed;
}

/**
 * The order in which subjects may probe whether PagerDuty is back: the one that failed least comes
 * first, because an event that PagerDuty cannot process would be a bad probe, and then the most urgent.
 */
function probesOf(subjects: readonly Subject[], { context }: BatchRun): readonly Subject[] {
  const failures = ({ key }: Subject): number =>
    subjectStateOf(context.state, key).cooldown?.count ?? 0;
  return subjects.toSorted(
    (a, b) =>
      failures(a) - failures(b) ||
      urgency(highestSeverity(b.events)) - urgency(highestSeverity(a.events)),
  );
}

/** Whether a call about a subject may probe now. */
function mayProbe(subject: Subject, keyRun: KeyRun, run: BatchRun): boolean {
  const { context, callsEnd } = run;
  const state = subjectStateOf(context.state, subject.key);
  const admission = admit({
    key: keyRun.state,
    subject: state,
    callClass: attemptClass({ state, events: subject.events }, run),
    settings: context.settings,
    startedAt: context.state.startedAt,
    turnedAway: 0,
    mayProbe: true,
    callsEnd,
    now: context.now(),
    random: context.random,
  });
  return admission === 'admitted';
}

/** An error in this bridge makes the events wait like any other failure. */
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
    const known = subjectStateOf(state, subject.key);
    return keepWaiting(subject.events, { ...wait, detail }, subject, known, run);
  }
}
