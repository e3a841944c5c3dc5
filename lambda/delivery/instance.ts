import { CLOSED, type CircuitBreaker } from './circuit-breaker.ts';
import type { LastNotification } from './incident-update.ts';
import type { Failure } from './disposition.ts';
import { expiredCalls } from './pacing.ts';

/**
 * Most incidents in each map of {@link InstanceState}. The least recently updated ones are removed.
 */
const MAX_REMEMBERED = 20_000;

/** A time without calls for an integration key or an incident. */
export interface Cooldown {
  /** End of the cooldown, milliseconds since 1970. */
  readonly until: number;
  /** Number of consecutive failures. */
  readonly count: number;
  readonly last: Failure;
}

/**
 * State of one function instance between its batches. Each part only saves or delays calls, so
 * losing it costs calls and never an event.
 */
export interface InstanceState {
  circuitBreaker: CircuitBreaker;
  /** By incident. */
  readonly notifications: Map<string, LastNotification>;
  /** By integration key: start of each call of the last minute and of some before it, ascending. */
  readonly calls: Map<string, number[]>;
  /** By integration key: after a 429. */
  readonly throttled: Map<string, Cooldown>;
  /** By incident: after its calls failed for another reason. */
  readonly failing: Map<string, Cooldown>;
}

/** State of a new instance. */
export function newInstanceState(): InstanceState {
  return {
    circuitBreaker: CLOSED,
    notifications: new Map(),
    calls: new Map(),
    throttled: new Map(),
    failing: new Map(),
  };
}

/** Sets the value of an incident, and removes the least recently set incidents over the limit. */
export function remember<T>(incidents: Map<string, T>, incident: string, what: T): void {
  // A Map keeps the order of insertion. To delete the incident first moves it to the end.
  incidents.delete(incident);
  incidents.set(incident, what);
  for (const oldest of incidents.keys()) {
    if (incidents.size <= MAX_REMEMBERED) break;
    incidents.delete(oldest);
  }
}

/** Counts a call with an integration key that starts now. */
export function countCall(state: InstanceState, key: string, now: number): void {
  const times = state.calls.get(key) ?? [];
  times.push(now);
  // Not at each call, so that the cost per call does not depend on the number of calls.
  const expired = expiredCalls(times, now);
  if (expired > times.length / 2) times.splice(0, expired);
  state.calls.set(key, times);
}
