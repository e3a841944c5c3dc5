import type { Failure } from './disposition.ts';

/** Circuit breaker of one function instance for all calls to PagerDuty. */
export interface CircuitBreaker {
  /** Incidents (service and dedup key) whose calls failed since PagerDuty's last response. */
  readonly failing: ReadonlySet<string>;
  /** While open: when the next probe may be made, milliseconds since 1970. */
  readonly openUntil?: number;
  /** Probes that failed in a row. */
  readonly failedProbes: number;
  /** The last call that did not reach PagerDuty. */
  readonly last?: Failure;
}

/** Settings of the circuit breaker. Times in milliseconds. */
export interface CircuitSettings {
  /** Different incidents that fail in a row before the circuit opens. */
  readonly failures: number;
  /** Time to the first probe, doubled by each that fails. */
  readonly base: number;
  /** Longest time between probes. */
  readonly cap: number;
}

/** Initial state, and the state after each response of PagerDuty. */
export const CLOSED: CircuitBreaker = { failing: new Set(), failedProbes: 0 };

/** Closed: all calls. Half-open: one call at a time, to probe. Open: no calls. */
export type CircuitState = 'closed' | 'half-open' | 'open';

/** The state at `now`, milliseconds since 1970. */
export function circuitState(circuit: CircuitBreaker, now: number): CircuitState {
  if (circuit.openUntil === undefined) return 'closed';
  return now >= circuit.openUntil ? 'half-open' : 'open';
}

/**
 * Records a call that did not reach PagerDuty or got no valid response. The circuit opens when
 * calls for different incidents fail. A single incident that always fails may have an event that
 * PagerDuty cannot process (as on 23 April 2021), and must not delay others.
 *
 * @param at.random in [0, 1): spreads the probes of several instances over the last quarter
 */
export function recordCircuitFailure(
  circuit: CircuitBreaker,
  incident: string,
  last: Failure,
  settings: CircuitSettings,
  at: { readonly now: number; readonly random: number },
): CircuitBreaker {
  const failing = new Set([...circuit.failing, incident]);
  const wasOpen = circuit.openUntil !== undefined;
  // This call began before the circuit opened, so it is no probe.
  if (wasOpen && last.at < (circuit.openUntil ?? 0)) return { ...circuit, last };
  if (!wasOpen && failing.size < settings.failures) return { ...circuit, failing, last };
  const failedProbes = wasOpen ? circuit.failedProbes + 1 : 0;
  const step = Math.min(settings.cap, settings.base * 2 ** Math.min(failedProbes, 30));
  return { failing, last, failedProbes, openUntil: at.now + step * (0.75 + at.random / 4) };
}
