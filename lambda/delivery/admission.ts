import { backoff } from './backoff.ts';
import { circuitState } from './circuit-breaker.ts';
import type { Disposition, Failure, WaitCause } from './disposition.ts';
import type { InstanceState } from './instance.ts';
import { nextCallAt, spreadDelay, shareOf, slotSpacing } from './pacing.ts';
import type { DeliverySettings } from './settings.ts';

/** Time that is kept for writing dead letters and deferring messages, milliseconds, at most. */
const SETTLE_TIME = 3_000;

/**
 * When the last call must have ended, so that the batch can be settled: three seconds before the
 * function is stopped, or a quarter of its time if that is less. Milliseconds since 1970.
 */
export function lastCallEnd(start: number, deadline: number): number {
  return deadline - Math.min(SETTLE_TIME, (deadline - start) / 4);
}

/** What decides whether a call may start. Times in milliseconds. */
export interface AdmissionInput {
  readonly state: Readonly<InstanceState>;
  readonly settings: DeliverySettings;
  /** Integration key: PagerDuty's limit is per key, whatever services share it. */
  readonly key: string;
  /** Service and dedup key. */
  readonly incidentKey: string;
  /** How often the event that would speak has been received. */
  readonly attempt: number;
  /** How many updates with this key the gate has turned away in this batch. */
  readonly turnedAway: number;
  /** Whether this call may be the one that probes an open circuit. */
  readonly mayProbe: boolean;
  /** When the last call must have ended. */
  readonly callsEnd: number;
  readonly now: number;
  readonly random: number;
}

/** The disposition of what must wait. */
export type Waiting = Extract<Disposition, { kind: 'waiting' }>;

/** Decides whether a call may start now; if not, for how long and why its events wait. */
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
    // Spread at the rate that PagerDuty takes, or they would all be throttled together again.
    const wait = throttle.until - now + input.turnedAway * slotSpacing(settings.callsPerMinute);
    return waiting('key_throttled', wait, 'No call with this key after a 429', throttle.last);
  }
  const slot = nextCallAt(state.calls.get(key) ?? [], share, now);
  if (slot > now) {
    const spread = input.turnedAway * slotSpacing(settings.callsPerMinute);
    const wait = slot - now + spread + spreadDelay(input.attempt, input.random);
    return waiting('paced', wait, `Over ${settings.callsPerMinute} calls a minute for this key.`);
  }
  return 'admitted';
}

/** The event's own back-off, and not before a time at which a call may be made again. */
function backOffUntil(input: AdmissionInput, time: number): number {
  return backoff({
    base: input.settings.retryBaseSeconds * 1000,
    cap: input.settings.retryCapSeconds * 1000,
    attempt: input.attempt,
    random: input.random,
    retryAfter: time - input.now,
  });
}

/** Waits because of a call that failed earlier, in whose words it says so. */
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
