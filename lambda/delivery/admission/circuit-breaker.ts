import type { RetryCause } from '../../pagerduty/outcome.ts';
import type { Failure } from '../disposition.ts';

/**
 * Failures that count for a circuit breaker: a call that may succeed later, or an integration key
 * that PagerDuty refuses. A 429 does not count: it starts a cooldown of the key.
 */
export type FailureKind = Exclude<RetryCause, 'throttled'> | 'key_refused';

/** Circuit breaker of one integration key. Times in milliseconds since 1970. */
export interface CircuitBreaker {
  /**
   * Incidents (service and dedup key) whose calls were `unavailable` since the last good answer.
   */
  readonly unavailable: ReadonlySet<string>;
  /** Incidents whose calls were `unanswered` since the last good answer. */
  readonly unanswered: ReadonlySet<string>;
  /** Number of calls that were `unreachable` since the last good answer. */
  readonly unreachable: number;
  /** When the next probe may be made; absent while the circuit breaker is closed. */
  readonly nextProbeAt?: number;
  /** Probes that failed in a row. */
  readonly failedProbes: number;
  /** Whether it is open because PagerDuty refused the key. */
  readonly isKeyRefused: boolean;
  /** The last call that failed. */
  readonly last?: Failure;
}

/** No failure since the last good answer. */
export const CLOSED: CircuitBreaker = {
  unavailable: new Set(),
  unanswered: new Set(),
  unreachable: 0,
  failedProbes: 0,
  isKeyRefused: false,
};

/** Closed: every call may be made. Half-open: one call may, as a probe. Open: none may. */
export type CircuitBreakerState = 'closed' | 'half-open' | 'open';

/** The state of a circuit breaker at the time `now`, milliseconds since 1970. */
export function circuitBreakerState(
  { nextProbeAt }: CircuitBreaker,
  now: number,
): CircuitBreakerState {
  if (nextProbeAt === undefined) return 'closed';
  return now >= nextProbeAt ? 'half-open' : 'open';
}

/** Settings of a circuit breaker. Times in milliseconds. */
export interface CircuitBreakerSettings {
  /** Different incidents that fail in a row before it opens. */
  readonly failures: number;
  /** Time until the first probe; doubles with each probe that fails. */
  readonly base: number;
  /** Longest time between two probes that fail quickly; see {@link probeInterval} for slow ones. */
  readonly cap: number;
}

/** A call that failed. Times in milliseconds. */
export interface FailedCall {
  /** Service and dedup key. */
  readonly incidentKey: string;
  readonly kind: FailureKind;
  /** When it began, since 1970, and what PagerDuty said. */
  readonly failure: Failure;
  /** Duration. */
  readonly took: number;
  /** Wait that PagerDuty asked for. */
  readonly retryAfter?: number | undefined;
}

/** Incidents without an answer that open it. Two are enough: each cost a whole timeout. */
const UNANSWERED_FAILURES = 2;

/**
 * Time between two probes, milliseconds. A probe that hangs occupies the function, so probes that
 * take long come less often: at least 2.5 times their duration, and up to 5/3 of the cap.
 *
 * @param took duration of the failed call, milliseconds
 */
export function probeInterval(
  settings: Pick<CircuitBreakerSettings, 'base' | 'cap'>,
  took: number,
  failedProbes: number,
): number {
  const { base, cap } = settings;
  const longest = Math.max(cap, Math.min(20 * took, (5 / 3) * cap));
  // 2^30 times any base is over any cap; a larger power would be Infinity.
  return Math.min(longest, Math.max(base, 2.5 * took) * 2 ** Math.min(failedProbes, 30));
}

/**
 * Records a call that failed, and opens the circuit breaker if enough different incidents failed. A
 * single incident may have an event that PagerDuty cannot process, as on 23 April 2021. It must not
 * delay the others. Every `unreachable` call counts, because the event cannot be the reason.
 *
 * @param at.now milliseconds since 1970
 * @param at.random in [0, 1): spreads the probes of several instances
 */
export function recordCircuitFailure(
  breaker: CircuitBreaker,
  call: FailedCall,
  settings: CircuitBreakerSettings,
  at: { readonly now: number; readonly random: number },
): CircuitBreaker {
  const { kind, incidentKey, failure } = call;
  const next: CircuitBreaker = {
    ...breaker,
    unavailable:
      kind === 'unavailable' ? new Set([...breaker.unavailable, incidentKey]) : breaker.unavailable,
    unanswered:
      kind === 'unanswered' ? new Set([...breaker.unanswered, incidentKey]) : breaker.unanswered,
    unreachable: breaker.unreachable + (kind === 'unreachable' ? 1 : 0),
    isKeyRefused: breaker.isKeyRefused || kind === 'key_refused',
    last: failure,
  };
  const wasOpen = breaker.nextProbeAt !== undefined;
  if (!wasOpen && !opens(next, settings)) return next;
  // A call that was under way when the circuit breaker opened is no probe.
  if (wasOpen && failure.at < (breaker.nextProbeAt ?? 0)) return { ...breaker, last: failure };
  const failedProbes = wasOpen ? breaker.failedProbes + 1 : 0;
  const interval = probeInterval(settings, call.took, failedProbes) * (0.875 + at.random / 4);
  return {
    ...CLOSED,
    isKeyRefused: kind === 'key_refused',
    last: failure,
    failedProbes,
    nextProbeAt: at.now + Math.max(interval, call.retryAfter ?? 0),
  };
}

function opens(breaker: CircuitBreaker, { failures }: CircuitBreakerSettings): boolean {
  const { unavailable, unanswered, unreachable, isKeyRefused } = breaker;
  return (
    isKeyRefused ||
    unanswered.size >= UNANSWERED_FAILURES ||
    new Set([...unavailable, ...unanswered]).size + unreachable >= failures
  );
}
