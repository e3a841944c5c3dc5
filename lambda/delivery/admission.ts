import { backoff } from './backoff.ts';
import { circuitState } from './circuit-breaker.ts';
import type { Disposition, Failure, WaitCause } from './disposition.ts';
import type { InstanceState } from './instance.ts';
import { nextCallAt, spreadDelay, shareOf, slotSpacing } from './pacing.ts';
import type { DeliverySettings } from './settings.ts';

/** Longest time reserved for settling a batch, milliseconds. */
const SETTLE_TIME = 3_000;

/**
 * When the last call must have ended, milliseconds since 1970. The batch is settled after it, in
 * the last three seconds before the deadline or the last quarter of the time, whichever is shorter.
 */
export function lastCallEnd(start: number, deadline: number): number {
  return deadline - Math.min(SETTLE_TIME, (deadline - start) / 4);
}

/** Input of {@link admit}. Times in milliseconds. */
export interface AdmissionInput {
  readonly state: Readonly<InstanceState>;
  readonly settings: DeliverySettings;
  /** Integration key. PagerDuty's rate limit is per key, even if services share it. */
  readonly key: string;
  /** Service and dedup key. */
  readonly incidentKey: string;
  /** How often the update's latest event has been received. */
  readonly attempt: number;
  /** Number of updates with this key that were turned away in this batch. */
  readonly turnedAway: number;
  /** True if this call may probe an open circuit. */
  readonly mayProbe: boolean;
  /** When the last call must have ended. */
  readonly callsEnd: number;
  readonly now: number;
  readonly random: number;
}

/** Disposition of an event that waits. */
export type Waiting = Extract<Disposition, { kind: 'waiting' }>;

/** Admits a call, or returns how long and why its events wait. */
export function admit(input: AdmissionInput): 'admitted' | Waiting {
  const { state, settings, key, now } = input;
  if (now + settings.callTimeoutSeconds * 1000 > input.callsEnd) {
    return waiting('out_of_time', 0, 'The function ran out of time before this call.');
  }
  const circuit = circuitState(state.circuitBreaker, now);
  if (circuit === 'open' || (circuit === 'half-open' && !input.mayProbe)) {
    const wait = backOffUntil(input, state.circuitBreaker.openUntil ?? now);
    return waiting(
      'circuit_open',
      wait,
      'No call while PagerDuty is down',
      state.circuitBreaker.last,
    );
  }
  const failing = state.failing.get(input.incidentKey);
  if (failing !== undefined && now < failing.until) {
    const wait = backOffUntil(input, failing.until);
    return waiting('incident_failing', wait, 'No call so soon after the last one', failing.last);
  }
  const share = shareOf(settings.callsPerMinute, settings.maxConcurrentBatches);
  const throttle = state.throttled.get(key);
  if (throttle !== undefined && now < throttle.until) {
    // Spread over the slots of the key. Otherwise all of them would be throttled together again.
    const wait = throttle.until - now + input.turnedAway * slotSpacing(settings.callsPerMinute);
    return waiting('key_throttled', wait, 'No call with this key after a 429', throttle.last);
  }
  const slot = nextCallAt(state.calls.get(key) ?? [], share, now);
  if (slot > now) {
    const spread = input.turnedAway * slotSpacing(settings.callsPerMinute);
    const wait = slot - now + spread + spreadDelay(input.attempt, input.random);
    return waiting('paced', wait, `Over ${settings.callsPerMinute} calls per minute for this key.`);
  }
  return 'admitted';
}

/** The event's own backoff, but at least until `time`. */
function backOffUntil(input: AdmissionInput, time: number): number {
  return backoff({
    base: input.settings.retryBaseSeconds * 1000,
    cap: input.settings.retryCapSeconds * 1000,
    attempt: input.attempt,
    random: input.random,
    retryAfter: time - input.now,
  });
}

/** A waiting disposition. `last` is the failed call that it waits for, if there is one. */
function waiting(cause: WaitCause, wait: number, what: string, last?: Failure): Waiting {
  return last === undefined
    ? { kind: 'waiting', cause, wait, detail: what }
    : {
        kind: 'waiting',
        cause,
        wait,
        detail: `${what}: ${last.detail}`,
        status: last.status,
        failedAt: last.at,
      };
}
