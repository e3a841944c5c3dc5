import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  type CircuitBreaker,
  circuitBreakerState,
  CLOSED,
  type FailureKind,
  probeInterval,
  recordCircuitFailure,
} from '../../../../lambda/delivery/admission/circuit-breaker.ts';
import { RUNS } from '../../../support/runs.ts';

const SETTINGS = { failures: 3, base: 5_000, cap: 60_000 };

interface Fail {
  readonly kind?: FailureKind;
  readonly incident?: string;
  /** When the call began. @default 0 */
  readonly at?: number;
  /** Duration. @default 0 */
  readonly took?: number;
  readonly retryAfter?: number;
  readonly random?: number;
}

/** Records a failed call. A `random` of one half leaves the interval as it is. */
function fail(breaker: CircuitBreaker, call: Fail = {}): CircuitBreaker {
  const { kind = 'unavailable', incident = 'a', at = 0, took = 0, random = 0.5, retryAfter } = call;
  const failure = { at, detail: '503', status: 503 };
  return recordCircuitFailure(
    breaker,
    { incidentKey: incident, kind, failure, took, retryAfter },
    SETTINGS,
    { now: at + took, random },
  );
}

const failAll = (calls: readonly Fail[]): CircuitBreaker => calls.reduce(fail, CLOSED);
const OPENING: readonly Fail[] = ['a', 'b', 'c'].map((incident) => ({ incident }));
const OPEN = failAll(OPENING);

const unreachable = (incident: string): Fail => ({ kind: 'unreachable', incident });

const unanswered = (incident: string): Fail => ({ kind: 'unanswered', incident });

const unavailable = (incident: string): Fail => ({ kind: 'unavailable', incident });

describe('a circuit breaker', () => {
  test('is closed while PagerDuty answers', () => {
    expect(circuitBreakerState(CLOSED, 0)).toBe('closed');
  });

  test.each<[string, readonly Fail[], 'open' | 'closed']>([
    ['two different incidents answered "unavailable"', ['a', 'b'].map(unavailable), 'closed'],
    ['three different incidents answered "unavailable"', ['a', 'b', 'c'].map(unavailable), 'open'],
    [
      'the same two incidents, again and again',
      ['a', 'b', 'a', 'b', 'a'].map(unavailable),
      'closed',
    ],
    ['one incident without an answer, again and again', ['a', 'a', 'a'].map(unanswered), 'closed'],
    ['two different incidents without an answer', ['a', 'b'].map(unanswered), 'open'],
    ['an answer and a timeout of one incident', [unavailable('a'), unanswered('a')], 'closed'],
    [
      'two answers and a timeout of others',
      [...['a', 'b'].map(unavailable), unanswered('c')],
      'open',
    ],
    ['two calls of one incident that were not sent', ['a', 'a'].map(unreachable), 'closed'],
    ['three calls of one incident that were not sent', ['a', 'a', 'a'].map(unreachable), 'open'],
    [
      'one answer and two calls not sent',
      [unavailable('a'), ...['a', 'a'].map(unreachable)],
      'open',
    ],
    ['a refused key', [{ kind: 'key_refused' }], 'open'],
  ])('after %s is %s', (_, calls, state) => {
    const breaker = failAll(calls);
    expect(circuitBreakerState(breaker, 0)).toBe(state === 'open' ? 'open' : 'closed');
  });

  test('stays closed when two incidents fail for ever: the events may be the reason', () => {
    let breaker = CLOSED;
    for (let i = 0; i < 1000; i++) {
      breaker = fail(breaker, { incident: i % 2 === 0 ? 'a' : 'b', at: i * 1000 });
    }
    expect(circuitBreakerState(breaker, 1e6)).toBe('closed');
  });

  test('is half-open when the next probe is due, and not before', () => {
    expect(circuitBreakerState(OPEN, 4_999)).toBe('open');
    expect(circuitBreakerState(OPEN, 5_000)).toBe('half-open');
  });

  test('remembers the last call that failed, and whether the key was refused', () => {
    expect(OPEN).toMatchObject({ last: { detail: '503', status: 503 }, isKeyRefused: false });
    expect(failAll([{ kind: 'key_refused' }]).isKeyRefused).toBe(true);
    // PagerDuty is down now: that says nothing about the key.
    const later = fail(failAll([{ kind: 'key_refused' }]), { at: 5_000 });
    expect(later.isKeyRefused).toBe(false);
  });

  test('a call that was under way when it opened is no probe', () => {
    // It hung for ten seconds, and failed when a probe was already allowed.
    const later = fail(OPEN, { incident: 'd', kind: 'unanswered', at: 0, took: 10_000 });
    expect(later).toMatchObject({ nextProbeAt: OPEN.nextProbeAt, failedProbes: 0 });
  });
});

/** The intervals between probes that all fail, from the opening on. */
function intervals(probe: Fail, count: number): number[] {
  let breaker = ['0', '1', '2'].reduce(
    (before, incident) => fail(before, { ...probe, incident }),
    CLOSED,
  );
  let since = probe.took ?? 0;
  return Array.from({ length: count }, () => {
    const probeAt = breaker.nextProbeAt ?? NaN;
    const interval = probeAt - since;
    breaker = fail(breaker, { ...probe, at: probeAt });
    since = probeAt + (probe.took ?? 0);
    return interval;
  });
}

describe('the interval between probes', () => {
  test.each<[string, Fail, readonly number[]]>([
    ['fail at once', {}, [5, 10, 20, 40, 60, 60, 60]],
    ['take 200 ms', { took: 200 }, [5, 10, 20, 40, 60, 60]],
    ['hang for 5 s', { took: 5_000, kind: 'unanswered' }, [12.5, 25, 50, 100, 100, 100]],
    ['take 4 s', { took: 4_000 }, [10, 20, 40, 80, 80]],
    ['take 2 s', { took: 2_000 }, [5, 10, 20, 40, 60, 60]],
  ])('when they %s', (_, probe, seconds) => {
    expect(intervals(probe, seconds.length)).toEqual(seconds.map((each) => each * 1000));
  });

  test('is spread by an eighth in both directions', () => {
    const at = [0, 0.5, 1].map((random) => fail(OPEN, { at: 5_000, random }).nextProbeAt);
    expect(at).toEqual([13_750, 15_000, 16_250]);
  });

  test('is never shorter than Retry-After, and only ever longer because of it', () => {
    const probes = [0, 10_000, 45_000].map((retryAfter) => fail(OPEN, { at: 5_000, retryAfter }));
    expect(probes.map(({ nextProbeAt }) => nextProbeAt)).toEqual([15_000, 15_000, 50_000]);
  });

  test('is bounded by 5/3 of the cap, whatever the settings and the duration', () => {
    const input = fc.record({
      base: fc.integer({ min: 1, max: 60_000 }),
      cap: fc.integer({ min: 60_000, max: 600_000 }),
      took: fc.integer({ min: 0, max: 60_000 }),
      probes: fc.nat(2_000),
    });
    fc.assert(
      fc.property(input, ({ base, cap, took, probes }) => {
        const interval = probeInterval({ base, cap }, took, probes);
        expect(interval).toBeGreaterThan(0);
        expect(interval).toBeLessThanOrEqual((5 / 3) * cap);
        expect(interval).toBeGreaterThanOrEqual(Math.min(base, cap));
        // A function that only probes spends at most two fifths of its time on it.
        expect(interval).toBeGreaterThanOrEqual(Math.min(2.5 * took, cap));
        expect(probeInterval({ base, cap }, took, probes + 1)).toBeGreaterThanOrEqual(interval);
      }),
      RUNS,
    );
  });
});
