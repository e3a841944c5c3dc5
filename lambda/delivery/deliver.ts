import { describeError } from '../shared/log.ts';
import { isTick } from '../shared/message.ts';
import type { RouteTable } from '../shared/routes.ts';
import { callDeadlineOf } from './admission/admit.ts';
import { limitConcurrency } from './admission/concurrency.ts';
import {
  type BatchRun,
  type CallReport,
  type DeliveryContext,
  keyRunOf,
  type ResolveReport,
  type TestReport,
} from './batch-run.ts';
import {
  type Candidate,
  type QueuedMessage,
  readCandidate,
  type ReadMessage,
} from './candidate.ts';
import type { ProcessedMessage } from './disposition.ts';
import { sendFinalUpdates } from './final-update.ts';
import { subjectStateOf } from './instance-state.ts';
import { findKey, findKeys } from './keys/find-keys.ts';
import { recordMissedCalls } from './open-incidents/record-missed.ts';
import { type Sweep, sweep } from './open-incidents/sweep.ts';
import { processKey } from './process-key.ts';
import { groupBySubject, type Subject } from './subject.ts';

/**
 * A deferred message stays invisible for at least this many timeouts of the function. If deferring
 * fails, the queue's own visibility timeout applies, which is longer: see `lib/events-queue.ts`.
 */
const MIN_INVISIBLE_TIMEOUTS = 5;

/** Result of a batch. */
export interface BatchReport {
  /** Every event of the batch exactly once, even if SQS delivered it twice. */
  readonly processed: readonly ProcessedMessage[];
  readonly calls: readonly CallReport[];
  /** Reasons why older integration keys are in use; see {@link BatchRun.keyProblems}. */
  readonly keyProblems: ReadonlySet<string>;
  /** Ticks of the batch: messages that are no events. They have no disposition. */
  readonly ticks: number;
  readonly resolves: readonly ResolveReport[];
  readonly tests: readonly TestReport[];
  /** Absent without a tick, and when this instance may not resolve. */
  readonly sweep?: Sweep | undefined;
  /** See {@link BatchRun.openUnderFormerKey}. */
  readonly openUnderFormerKey: readonly string[];
  /** See {@link BatchRun.tableErrors}. */
  readonly tableErrors: readonly string[];
  /** Errors in this bridge itself: one per subject, final update or sweep that failed. */
  readonly internalErrors: readonly string[];
}

/**
 * Delivers the events of one batch:
 *
 * 1. Parse and route each message ({@link readCandidate}).
 * 2. Group the events by subject ({@link groupBySubject}).
 * 3. Find the integration key of each service.
 * 4. Process the subjects of each key ({@link processKey}); different keys in parallel.
 * 5. After a tick: send what is due without a message ({@link afterTick}).
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
  const ticks = messages.filter(({ body }) => isTick(body));
  const events = messages.filter(({ body }) => !isTick(body));
  const { candidates, undeliverable } = readMessages(events, context.routes);
  const subjects = groupBySubject(candidates);
  const run: BatchRun = {
    context,
    callDeadline: callDeadlineOf(start, deadline),
    minInvisibleTime: MIN_INVISIBLE_TIMEOUTS * (deadline - start),
    keyRuns: new Map(),
    calls: [],
    resolves: [],
    tests: [],
    openUnderFormerKey: [],
    tableErrors: [],
    keyProblems: new Set(),
    internalErrors: [],
  };
  for (const subject of subjects) forgetWaiting(subject, context);
  const { byKey, withoutKey } = await findKeys(subjects, run);
  const concurrency = limitConcurrency(context.settings.concurrentCalls, byKey.keys());
  const processed = await Promise.all(
    [...byKey].map(async ([key, ofKey]) => processKey(keyRunOf(run, key), ofKey, concurrency, run)),
  );
  const swept = ticks.length === 0 ? undefined : await afterTick(ticks, run);
  return {
    processed: [...undeliverable, ...withoutKey, ...processed.flat()],
    calls: run.calls,
    ticks: ticks.length,
    resolves: run.resolves,
    tests: run.tests,
    sweep: swept,
    openUnderFormerKey: run.openUnderFormerKey,
    tableErrors: run.tableErrors,
    keyProblems: run.keyProblems,
    internalErrors: run.internalErrors,
  };
}

/**
 * Does what is due without a message: final updates of keys that had no event in this batch, calls
 * that the table of open incidents does not know, and resolves. Never rejects: the events of the
 * batch have their dispositions.
 */
async function afterTick(
  ticks: readonly QueuedMessage[],
  run: BatchRun,
): Promise<Sweep | undefined> {
  const { state, settings } = run.context;
  const tickSentAt = Math.max(...ticks.map(({ sentAt }) => sentAt));
  try {
    // Without events of these services, nothing else would find that their keys are repaired.
    await Promise.all([...state.keyProblems].map(async (service) => findKey(service, run)));
    const keys = [...state.keys].flatMap(([key, { finalUpdates }]) =>
      finalUpdates.size > 0 && !run.keyRuns.has(key) ? [key] : [],
    );
    const concurrency = limitConcurrency(settings.concurrentCalls, keys);
    await Promise.all(
      keys.map(async (key) => {
        await sendFinalUpdates(keyRunOf(run, key), concurrency, run);
        concurrency.finish(key);
      }),
    );
    await recordMissedCalls(run);
    return await sweep(run, tickSentAt);
  } catch (error) {
    run.internalErrors.push(describeError(error));
    return undefined;
  }
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
