import type { Outcome } from '../pagerduty/outcome.ts';
import { backoff } from './backoff.ts';
import { CLOSED, recordCircuitFailure } from './circuit-breaker.ts';
import { type IncidentUpdate, latestAcceptedAt } from './incident-update.ts';
import { type InstanceState, remember } from './instance.ts';
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
export function recordOutcome(
  call: EndedCall,
  state: InstanceState,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { update, outcome } = call;
  if (outcome.kind === 'retry' && outcome.cause !== 'throttled') {
    recordFailure(call, outcome, state, settings, random);
    return;
  }
  // Whatever it says, PagerDuty has answered.
  state.circuitBreaker = CLOSED;
  if (outcome.kind === 'retry') {
    recordThrottling(call, outcome, state, settings, random);
    return;
  }
  state.failing.delete(update.incidentKey);
  if (outcome.kind === 'rejected') return;
  remember(state.notifications, update.incidentKey, {
    at: call.now,
    severity: update.severity,
    latestAcceptedAt: Math.min(latestAcceptedAt(update), call.startedAt),
  });
  if (!wasUnderWay(call, state)) state.throttled.delete(call.key);
}

/**
 * A call that did not reach PagerDuty, or that it failed to answer. From the second in a row on,
 * the incident is left alone for a while: new events of it would otherwise call at every batch,
 * which uses up the calls of its key when PagerDuty cannot digest the event, and never ends in an
 * outage that too few incidents notice to open the circuit.
 */
function recordFailure(
  call: EndedCall,
  outcome: Retry,
  state: InstanceState,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { update, startedAt, now } = call;
  const { detail, status } = outcome;
  const last = { at: startedAt, detail, status };
  const base = settings.retryBaseSeconds * 1000;
  const cap = settings.circuitCapSeconds * 1000;
  const limits = { failures: settings.circuitFailures, base, cap };
  state.circuitBreaker = recordCircuitFailure(
    state.circuitBreaker,
    update.incidentKey,
    last,
    limits,
    { now, random: random() },
  );
  const count = (state.failing.get(update.incidentKey)?.count ?? 0) + 1;
  const cooldown =
    count === 1 ? 0 : backoff({ base, cap, attempt: count - 1, random: 0.75 + random() / 4 });
  remember(state.failing, update.incidentKey, { until: now + cooldown, count, last });
}

/**
 * Whether a call was under way when its key was put on cooldown: it says nothing about the time
 * after.
 */
function wasUnderWay(call: EndedCall, state: InstanceState): boolean {
  return call.startedAt < (state.throttled.get(call.key)?.until ?? -Infinity);
}

function recordThrottling(
  call: EndedCall,
  outcome: Retry,
  state: InstanceState,
  settings: DeliverySettings,
  random: () => number,
): void {
  const { key, startedAt, now } = call;
  const { detail, status, retryAfter } = outcome;
  const cooldown = state.throttled.get(key);
  const last = { at: startedAt, detail, status };
  if (cooldown !== undefined && wasUnderWay(call, state)) {
    // One burst is one 429, however many of its calls were under way.
    const until = Math.max(cooldown.until, now + (retryAfter ?? 0));
    state.throttled.set(key, { ...cooldown, until, last });
    return;
  }
  const count = (cooldown?.count ?? 0) + 1;
  const wait = backoff({
    base: settings.retryBaseSeconds * 1000,
    cap: settings.retryCapSeconds * 1000,
    attempt: count,
    // At least half the step: a wait of nearly nothing would only collect the next 429.
    random: 0.5 + random() / 2,
    retryAfter,
  });
  state.throttled.set(key, { until: now + wait, count, last });
}
