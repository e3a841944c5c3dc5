import { CLOSED, type CircuitBreaker } from './circuit-breaker.ts';
import type { LastNotification } from './incident-update.ts';
import type { Failure } from './disposition.ts';
import { expiredCalls } from './pacing.ts';

/** Incidents that one instance remembers; the least recently told are forgotten first. */
const MAX_REMEMBERED = 20_000;

/** A time without calls, for an integration key or for one incident. Times: ms since 1970. */
export interface Cooldown {
  /** No calls before. */
  readonly until: number;
  /** Failures in a row that led to it. */
  readonly count: number;
  readonly last: Failure;
}

/**
 * What one function instance remembers between its batches. Losing it costs calls, never an event:
 * each part only ever saves or delays a call.
 */
export interface InstanceState {
  circuitBreaker: CircuitBreaker;
  /** By incident. */
  readonly notifications: Map<string, LastNotification>;
  /** By integration key: when each call of the last minute began, ascending, and some before it. */
  readonly calls: Map<string, number[]>;
  /** By integration key: after a 429. */
  readonly throttled: Map<string, Cooldown>;
  /** By incident: after its calls failed for another reason. */
  readonly failing: Map<string, Cooldown>;
}

/** The state of an instance that has just started. */
export function newInstanceState(): InstanceState {
  return {
    circuitBreaker: CLOSED,
    notifications: new Map(),
    calls: new Map(),
    throttled: new Map(),
    failing: new Map(),
  };
}

/** Remembers something of an incident, and forgets the incident that it learnt of longest ago. */
export function remember<T>(incidents: Map<string, T>, incident: string, what: T): void {
  // Deleting first moves the incident to the end: a Map keeps the order of insertion.
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
  // Not at each call, so that a call costs the same however many there were.
  const expired = expiredCalls(times, now);
  if (expired > times.length / 2) times.splice(0, expired);
  state.calls.set(key, times);
}
