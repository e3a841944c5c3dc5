import type { Failure } from './disposition.ts';

/** Whether PagerDuty can be reached, as far as this instance knows. */
export interface CircuitBreaker {
  /** Incidents (service and dedup key) whose calls failed since the last answer. */
  readonly failing: ReadonlySet<string>;
  /** While open: when the next probe may be made, milliseconds since 1970. */
  readonly openUntil?: number;
  /** Probes that failed in a row. */
  readonly failedProbes: number;
  /** The last call that did not reach PagerDuty. */
  readonly last?: Failure;
}

/** What the circuit depends on. Times in milliseconds. */
export interface CircuitSettings {
  /** Different incidents that fail in a row before the circuit opens. */
  readonly failures: number;
  /** Time to the first probe, doubled by each that fails. */
  readonly base: number;
  /** Longest time between probes. */
  readonly cap: number;
}

/** PagerDuty answers. */
export const CLOSED: CircuitBreaker = { failing: new Set(), failedProbes: 0 };

/** What may be called now. */
export type CircuitState = 'closed' | 'half-open' | 'open';

/** Whether calls may be made: all of them, one to see if PagerDuty is back, or none. */
export function circuitState(circuit: CircuitBreaker, now: number): CircuitState {
  if (circuit.openUntil === undefined) return 'closed';
  return now >= circuit.openUntil ? 'half-open' : 'open';
}

/**
 * Takes note of a call that did not reach PagerDuty. The circuit opens when different incidents
 * fail: one that is answered 500 again and again may be an event that PagerDuty cannot digest
 * (as on 23 April 2021), and must not hold up the others.
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
  // A call that was under way when the circuit opened is no probe.
  if (wasOpen && last.at < (circuit.openUntil ?? 0)) return { ...circuit, last };
  if (!wasOpen && failing.size < settings.failures) return { ...circuit, failing, last };
  const failedProbes = wasOpen ? circuit.failedProbes + 1 : 0;
  const step = Math.min(settings.cap, settings.base * 2 ** Math.min(failedProbes, 30));
  return { failing, last, failedProbes, openUntil: at.now + step * (0.75 + at.random / 4) };
}
