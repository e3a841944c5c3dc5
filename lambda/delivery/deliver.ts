import { forEachLimited } from '../shared/batches.ts';
import { permission } from './circuit.ts';
import type { Settled } from './disposition.ts';
import { fold, foldedOf, type IncidentUpdate, isKnown } from './fold.ts';
import { lastCallEnd } from './gate.ts';
import { remember } from './instance.ts';
import { type Intake, type QueuedMessage, takeIn } from './intake.ts';
import type { RouteTable } from '../shared/routes.ts';
import { urgency } from '../pagerduty/severity.ts';
import {
  type BatchRun,
  type CallReport,
  type DeliveryContext,
  mistakeOf,
  settleSafely,
} from './attempt.ts';

/** What became of a batch. */
export interface BatchReport {
  /** Every message of the batch, once, even if the queue handed it over twice. */
  readonly settled: readonly Settled[];
  readonly calls: readonly CallReport[];
}

/**
 * Delivers the events of one batch: parse and route, fold, and then one paced call per incident.
 * Never throws for a reason that lies in an event, in a key or in PagerDuty: what the bridge itself
 * fails at waits, is given up in the end, and does not hold up the rest of its batch.
 *
 * @param deadline when the function is stopped, milliseconds since 1970
 */
export async function deliverBatch(
  messages: readonly QueuedMessage[],
  deadline: number,
  context: DeliveryContext,
): Promise<BatchReport> {
  const settled: Settled[] = [];
  const candidates = [];
  for (const message of distinct(messages)) {
    const intake = takeInSafely(message, context.routes);
    if (intake.kind === 'candidate') candidates.push(intake.candidate);
    else {
      const { reason, detail } = intake.undeliverable;
      settled.push({ message, disposition: { kind: 'dead', reason, detail } });
    }
  }
  const news: IncidentUpdate[] = [];
  for (const update of fold(candidates)) {
    if (foldIntoKnown(update, context)) {
      const disposition = { kind: 'folded' } as const;
      settled.push(...update.events.map(({ message }) => ({ message, disposition })));
    } else news.push(update);
  }
  const callsEnd = lastCallEnd(context.now(), deadline);
  const run: BatchRun = { context, callsEnd, turnedAway: new Map(), calls: [] };
  settled.push(...(await callAll(news, run)));
  return { settled, calls: run.calls };
}

/**
 * A standard queue may hand over a message twice, even in one batch. The last copy has the receipt
 * that is sure to work; two copies would count as two events, and could end differently.
 */
function distinct(messages: readonly QueuedMessage[]): Iterable<QueuedMessage> {
  return new Map(messages.map((message) => [message.messageId, message])).values();
}

/** An event that this bridge fails to read becomes a dead letter, to be replayed after the repair. */
function takeInSafely(message: QueuedMessage, routes: RouteTable): Intake {
  try {
    return takeIn(message, routes);
  } catch (error) {
    const detail = `The bridge failed to read the event: ${mistakeOf(error)}`;
    return { kind: 'undeliverable', undeliverable: { message, reason: 'malformed', detail } };
  }
}

/** Folds an update into what PagerDuty was told a moment ago, if it says nothing more urgent. */
function foldIntoKnown(update: IncidentUpdate, context: DeliveryContext): boolean {
  const { memory, settings } = context;
  const told = memory.told.get(update.incident);
  if (!isKnown(update, told, context.now(), settings.updateIntervalSeconds * 1000)) return false;
  remember(memory.told, update.incident, { ...told, since: foldedOf(update, told.since) });
  return true;
}

/** The most urgent first, and among equals the one that has waited longest. */
function byUrgency(a: IncidentUpdate, b: IncidentUpdate): number {
  return (
    urgency(b.severity) - urgency(a.severity) ||
    (a.events[0]?.message.sentAt ?? 0) - (b.events[0]?.message.sentAt ?? 0)
  );
}

/** The one that failed least: an event that PagerDuty cannot digest would be a bad probe. */
function byAttempts(a: IncidentUpdate, b: IncidentUpdate): number {
  return a.speaker.message.receiveCount - b.speaker.message.receiveCount;
}

async function callAll(updates: readonly IncidentUpdate[], run: BatchRun): Promise<Settled[]> {
  const { memory, settings, now } = run.context;
  const settled: Settled[] = [];
  let queue = updates.toSorted(byUrgency);
  // One at a time until it is known whether PagerDuty is back.
  while (permission(memory.circuit, now()) === 'probe') {
    const probe = queue.toSorted(byAttempts)[0];
    if (probe === undefined) return settled;
    settled.push(...(await settleSafely(probe, run, { mayProbe: true })));
    queue = queue.filter((update) => update !== probe);
  }
  await forEachLimited(queue, settings.concurrentCalls, async (update) => {
    settled.push(...(await settleSafely(update, run, { mayProbe: false })));
  });
  return settled;
}
