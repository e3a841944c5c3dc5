import { describe, expect, test } from '@jest/globals';

import {
  CLOSED,
  type CircuitBreaker,
  recordCircuitFailure,
  circuitState,
} from '../../../lambda/delivery/circuit-breaker.ts';

const SETTINGS = { failures: 3, base: 5_000, cap: 60_000 };

/** A call about an incident that began and failed at a time, the longest that chance allows. */
function fail(
  circuit: CircuitBreaker,
  incident: string,
  now: number,
  startedAt = now,
): CircuitBreaker {
  const last = { at: startedAt, detail: '503', status: 503 };
  return recordCircuitFailure(circuit, incident, last, SETTINGS, { now, random: 1 });
}

function open(now: number): CircuitBreaker {
  return ['a', 'b', 'c'].reduce((circuit, incident) => fail(circuit, incident, now), CLOSED);
}

describe('the circuit', () => {
  test('lets everything through while PagerDuty answers', () => {
    expect(circuitState(CLOSED, 0)).toBe('closed');
  });

  test('opens when so many different incidents have failed', () => {
    const two = fail(fail(CLOSED, 'a', 0), 'b', 0);
    expect(circuitState(two, 0)).toBe('closed');
    const three = fail(two, 'c', 0);
    expect(circuitState(three, 0)).toBe('open');
    expect(circuitState(three, 4_999)).toBe('open');
    expect(circuitState(three, 5_000)).toBe('half-open');
  });

  test('stays closed when one incident fails for ever: the event may be what is wrong', () => {
    let circuit = CLOSED;
    for (let i = 0; i < 1000; i++) circuit = fail(circuit, i % 2 === 0 ? 'a' : 'b', i * 1000);
    expect(circuitState(circuit, 1e6)).toBe('closed');
  });

  test('waits twice as long after each probe that failed, up to the cap', () => {
    const waits: number[] = [];
    let circuit = open(0);
    for (let i = 0; i < 7; i++) {
      const probeAt = circuit.openUntil ?? NaN;
      circuit = fail(circuit, 'x', probeAt);
      waits.push((circuit.openUntil ?? NaN) - probeAt);
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000]);
  });

  test('spreads the probes of several instances over the last quarter', () => {
    const soon = recordCircuitFailure(open(0), 'x', { at: 5_000, detail: '' }, SETTINGS, {
      now: 5_000,
      random: 0,
    });
    expect(soon.openUntil).toBe(5_000 + 7_500);
  });

  test('takes a call that was under way when it opened for no probe', () => {
    const circuit = open(0);
    // It hung for ten seconds, and failed when a probe was already allowed.
    const later = fail(circuit, 'd', 10_000, 0);
    expect(later.openUntil).toBe(circuit.openUntil);
    expect(later.failedProbes).toBe(0);
  });

  test('remembers the last call that failed', () => {
    expect(open(7).last).toEqual({ at: 7, detail: '503', status: 503 });
    expect(CLOSED.last).toBeUndefined();
  });
});
