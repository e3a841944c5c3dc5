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

/** Records the outcome of a call in the instance state, for the calls after it. */
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
  // Any response shows that PagerDuty can be reached.
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
 * Records a call that did not reach PagerDuty or got no valid response. From the second failure in
 * a row on, the incident gets a cooldown. Otherwise each batch with new events of it would call
 * again. This would use up the key's rate limit when PagerDuty cannot process the event, and it
 * would never end in an outage with too few incidents to open the circuit.
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
 * True if a call began before the cooldown of its key ended: it says nothing about the time after.
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
    // Concurrent calls that are all answered 429 count as one failure.
    const until = Math.max(cooldown.until, now + (retryAfter ?? 0));
    state.throttled.set(key, { ...cooldown, until, last });
    return;
  }
  const count = (cooldown?.count ?? 0) + 1;
  const wait = backoff({
    base: settings.retryBaseSeconds * 1000,
    cap: settings.retryCapSeconds * 1000,
    attempt: count,
    // At least half the step, because a very short wait would lead to the next 429.
    random: 0.5 + random() / 2,
    retryAfter,
  });
  state.throttled.set(key, { until: now + wait, count, last });
}
