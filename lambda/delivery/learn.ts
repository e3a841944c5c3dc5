import type { Outcome } from '../pagerduty/outcome.ts';
import { backoff } from './backoff.ts';
import { CLOSED, failed } from './circuit.ts';
import { type IncidentUpdate, receivedOf } from './fold.ts';
import { type InstanceMemory, remember } from './instance.ts';
import type { DeliverySettings } from './settings.ts';

/** A call that has ended. Times in milliseconds since 1970. */
export interface EndedCall {
  readonly update: IncidentUpdate;
  readonly key: string;
  readonly outcome: Outcome;
  readonly startedAt: number;
  readonly now: number;
}

type Retry = Extract<Outcome, { kind: 'retry' }>;

/** Takes from a call what concerns the calls after it. */
export function learn(
  call: EndedCall,
  memory: InstanceMemory,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { update, outcome } = call;
  if (outcome.kind === 'retry' && outcome.cause !== 'throttled') {
    learnFailure(call, outcome, memory, settings, random);
    return;
  }
  // Whatever it says, PagerDuty has answered.
  memory.circuit = CLOSED;
  if (outcome.kind === 'retry') {
    learnThrottling(call, outcome, memory, settings, random);
    return;
  }
  memory.failing.delete(update.incident);
  if (outcome.kind === 'rejected') return;
  remember(memory.told, update.incident, {
    at: call.now,
    severity: update.severity,
    received: Math.min(receivedOf(update), call.startedAt),
  });
  if (!wasUnderWay(call, memory)) memory.throttled.delete(call.key);
}

/**
 * A call that did not reach PagerDuty, or that it failed to answer. From the second in a row on, the
 * incident is left alone for a while: new events of it would otherwise call at every batch, which
 * uses up the calls of its key when PagerDuty cannot digest the event, and never ends in an outage
 * that too few incidents notice to open the circuit.
 */
function learnFailure(
  call: EndedCall,
  outcome: Retry,
  memory: InstanceMemory,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { update, startedAt, now } = call;
  const { detail, status } = outcome;
  const last = { at: startedAt, detail, status };
  const base = settings.retryBaseSeconds * 1000;
  const cap = settings.circuitCapSeconds * 1000;
  const limits = { failures: settings.circuitFailures, base, cap };
  memory.circuit = failed(memory.circuit, update.incident, last, limits, { now, random: random() });
  const count = (memory.failing.get(update.incident)?.count ?? 0) + 1;
  const hold =
    count === 1 ? 0 : backoff({ base, cap, attempt: count - 1, random: 0.75 + random() / 4 });
  remember(memory.failing, update.incident, { until: now + hold, count, last });
}

/** Whether a call was under way when its key was put on hold: it says nothing about the time after. */
function wasUnderWay(call: EndedCall, memory: InstanceMemory): boolean {
  return call.startedAt < (memory.throttled.get(call.key)?.until ?? -Infinity);
}

function learnThrottling(
  call: EndedCall,
  outcome: Retry,
  memory: InstanceMemory,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { key, startedAt, now } = call;
  const { detail, status, retryAfter } = outcome;
  const hold = memory.throttled.get(key);
  const last = { at: startedAt, detail, status };
  if (hold !== undefined && wasUnderWay(call, memory)) {
    // One burst is one 429, however many of its calls were under way.
    const until = Math.max(hold.until, now + (retryAfter ?? 0));
    memory.throttled.set(key, { ...hold, until, last });
    return;
  }
  const count = (hold?.count ?? 0) + 1;
  const wait = backoff({
    base: settings.retryBaseSeconds * 1000,
    cap: settings.retryCapSeconds * 1000,
    attempt: count,
    // At least half the step: a wait of nearly nothing would only collect the next 429.
    random: 0.5 + random() / 2,
    retryAfter,
  });
  memory.throttled.set(key, { until: now + wait, count, last });
}
