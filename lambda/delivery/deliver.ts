import { forEachLimited } from '../shared/batches.ts';
import { circuitState } from './circuit-breaker.ts';
import type { ProcessedMessage } from './disposition.ts';
import {
  groupByIncident,
  deduplicatedOf,
  type IncidentUpdate,
  isAlreadyNotified,
} from './incident-update.ts';
import { lastCallEnd } from './admission.ts';
import { remember } from './instance.ts';
import { type Intake, type QueuedMessage, takeIn } from './intake.ts';
import type { RouteTable } from '../shared/routes.ts';
import { urgency } from '../pagerduty/severity.ts';
import {
  type BatchRun,
  type CallReport,
  type DeliveryContext,
  describeError,
  processUpdateSafely,
} from './attempt.ts';

/** Result of a batch. */
export interface BatchReport {
  /** Each message of the batch once, even if SQS delivered it twice. */
  readonly processed: readonly ProcessedMessage[];
  readonly calls: readonly CallReport[];
}

/**
 * Delivers the events of one batch: parses and routes them, deduplicates them, and makes one paced
 * call per incident. An event, an integration key or PagerDuty never make it reject. After an
 * internal error an event waits, and the rest of the batch is delivered.
 *
 * @param deadline when the function is stopped, milliseconds since 1970
 */
export async function deliverBatch(
  messages: readonly QueuedMessage[],
  deadline: number,
  context: DeliveryContext,
): Promise<BatchReport> {
  const processed: ProcessedMessage[] = [];
  const candidates = [];
  for (const message of distinct(messages)) {
    const intake = takeInSafely(message, context.routes);
    if (intake.kind === 'candidate') candidates.push(intake.candidate);
    else {
      const { reason, detail } = intake.undeliverable;
      processed.push({ message, disposition: { kind: 'dead', reason, detail } });
    }
  }
  const toSend: IncidentUpdate[] = [];
  for (const update of groupByIncident(candidates)) {
    if (deduplicateIntoNotified(update, context)) {
      const disposition = { kind: 'deduplicated' } as const;
      processed.push(...update.events.map(({ message }) => ({ message, disposition })));
    } else toSend.push(update);
  }
  const callsEnd = lastCallEnd(context.now(), deadline);
  const run: BatchRun = { context, callsEnd, turnedAway: new Map(), calls: [] };
  processed.push(...(await callAll(toSend, run)));
  return { processed, calls: run.calls };
}

/**
 * A standard queue may deliver a message twice, even in one batch. Two copies would count as two
 * events, and could get different dispositions. The last copy has the newest receipt handle.
 */
function distinct(messages: readonly QueuedMessage[]): Iterable<QueuedMessage> {
  return new Map(messages.map((message) => [message.messageId, message])).values();
}

/** After an internal error the message becomes a dead letter, which can be replayed after a fix. */
function takeInSafely(message: QueuedMessage, routes: RouteTable): Intake {
  try {
    return takeIn(message, routes);
  } catch (error) {
    const detail = `The bridge failed to read the event: ${describeError(error)}`;
    return { kind: 'undeliverable', undeliverable: { message, reason: 'malformed', detail } };
  }
}

/** Deduplicates an update into the last notification; see {@link isAlreadyNotified}. */
function deduplicateIntoNotified(update: IncidentUpdate, context: DeliveryContext): boolean {
  const { state, settings } = context;
  const last = state.notifications.get(update.incidentKey);
  if (!isAlreadyNotified(update, last, context.now(), settings.updateIntervalSeconds * 1000))
    return false;
  remember(state.notifications, update.incidentKey, {
    ...last,
    deduplicatedSince: deduplicatedOf(update, last.deduplicatedSince),
  });
  return true;
}

/** Order of calls: the most urgent first, then the longest on the queue. */
function byUrgency(a: IncidentUpdate, b: IncidentUpdate): number {
  return (
    urgency(b.severity) - urgency(a.severity) ||
    (a.events[0]?.message.sentAt ?? 0) - (b.events[0]?.message.sentAt ?? 0)
  );
}

/**
 * Order of probes: the fewest receives first. An event that makes PagerDuty fail is a bad probe.
 */
function byAttempts(a: IncidentUpdate, b: IncidentUpdate): number {
  return a.latest.message.receiveCount - b.latest.message.receiveCount;
}

async function callAll(
  updates: readonly IncidentUpdate[],
  run: BatchRun,
): Promise<ProcessedMessage[]> {
  const { state, settings, now } = run.context;
  const processed: ProcessedMessage[] = [];
  let queue = updates.toSorted(byUrgency);
  // One at a time until a probe succeeds or the circuit opens again.
  while (circuitState(state.circuitBreaker, now()) === 'half-open') {
    const probe = queue.toSorted(byAttempts)[0];
    if (probe === undefined) return processed;
    processed.push(...(await processUpdateSafely(probe, run, { mayProbe: true })));
    queue = queue.filter((update) => update !== probe);
  }
  await forEachLimited(queue, settings.concurrentCalls, async (update) => {
    processed.push(...(await processUpdateSafely(update, run, { mayProbe: false })));
  });
  return processed;
}
