import { describe, expect, test } from '@jest/globals';

import {
  circuitBreakerState,
  type CircuitBreakerState,
} from '../../../lambda/delivery/admission/circuit-breaker.ts';
import { newKeyState, type SubjectState } from '../../../lambda/delivery/instance-state.ts';
import { recordKeyRefusal, recordOutcome } from '../../../lambda/delivery/record-outcome.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import type { Outcome } from '../../../lambda/pagerduty/outcome.ts';
import { OUTCOMES } from '../../support/delivery-bench.ts';
import { NOW } from '../../support/delivery-fixtures.ts';

const { delivered, throttled, unavailable, unreachable, unanswered, refused, keyRefused } =
  OUTCOMES;

interface End {
  /** When it began and ended, milliseconds after NOW. */
  readonly startedAt?: number;
  readonly now?: number;
  readonly incident?: string;
  readonly random?: number;
}

/** The states of one key and its subjects, and calls that end. */
function setUp() {
  const key = newKeyState();
  const subjects = new Map<string, SubjectState>();
  const subjectOf = (incident: string): SubjectState => {
    const known = subjects.get(incident) ?? { waiting: [] };
    subjects.set(incident, known);
    return known;
  };
  return {
    key,
    subjectOf,
    state: (after = 0): CircuitBreakerState => circuitBreakerState(key.circuitBreaker, NOW + after),
    cooldown: (incident = 'i'): number => (subjectOf(incident).cooldown?.until ?? NaN) - NOW,
    throttled: (): number => (key.throttled?.until ?? NaN) - NOW,
    end: (outcome: Outcome, call: End = {}): void => {
      const { startedAt = 0, now = startedAt, incident = 'i', random = 0.5 } = call;
      recordOutcome(
        {
          key,
          subject: subjectOf(incident),
          incidentKey: incident,
          outcome,
          startedAt: NOW + startedAt,
          now: NOW + now,
        },
        DEFAULT_DELIVERY_SETTINGS,
        () => random,
      );
    },
  };
}

/** A bench whose circuit breaker is open. */
function opened() {
  const bench = setUp();
  for (const incident of ['1', '2', '3']) bench.end(unavailable, { incident });
  return bench;
}

describe('the circuit breaker of the key', () => {
  test.each([
    { outcome: delivered, state: 'closed' },
    { outcome: throttled, state: 'closed' },
    { outcome: refused, state: 'closed' },
    { outcome: keyRefused, state: 'half-open' },
    { outcome: unavailable, state: 'open' },
    { outcome: unreachable, state: 'open' },
    { outcome: unanswered, state: 'open' },
  ] as const)('is $state after a probe with $outcome.detail', ({ outcome, state }) => {
    const bench = opened();
    expect(bench.state()).toBe('open');
    bench.end(outcome, { startedAt: 5_000, incident: '4' });
    expect(bench.state(5_000)).toBe(state);
  });

  test.each([
    { outcome: unavailable, incidents: ['1', '2'], state: 'closed' },
    { outcome: unavailable, incidents: ['1', '2', '3'], state: 'open' },
    { outcome: unreachable, incidents: ['1', '1'], state: 'closed' },
    { outcome: unreachable, incidents: ['1', '1', '1'], state: 'open' },
    { outcome: unanswered, incidents: ['1', '1', '1'], state: 'closed' },
    { outcome: unanswered, incidents: ['1', '2'], state: 'open' },
  ] as const)(
    'is $state after $outcome.cause of the incidents $incidents',
    ({ outcome, incidents, state }) => {
      const bench = setUp();
      for (const incident of incidents) bench.end(outcome, { incident });
      expect(bench.state()).toBe(state);
    },
  );

  test('waits longer for a probe after a call that hung', () => {
    const bench = setUp();
    for (const incident of ['1', '2']) bench.end(unanswered, { now: 5_000, incident });
    expect(bench.state(17_499)).toBe('open');
    expect(bench.state(17_500)).toBe('half-open');
  });

  test('waits for as long as PagerDuty asks', () => {
    const bench = setUp();
    for (const incident of ['1', '2', '3']) {
      bench.end({ ...unavailable, retryAfter: 40_000 }, { incident });
    }
    expect(bench.state(39_999)).toBe('open');
    expect(bench.state(40_000)).toBe('half-open');
  });

  test('opens at once on a refusal of the key that a check confirmed', () => {
    const { key, subjectOf, state } = setUp();
    const call = {
      key,
      subject: subjectOf('i'),
      incidentKey: 'i',
      outcome: keyRefused,
      startedAt: NOW,
      now: NOW,
    };
    recordKeyRefusal(call, 'Invalid routing key', DEFAULT_DELIVERY_SETTINGS, () => 0.5);
    expect(state()).toBe('open');
    expect(key.circuitBreaker).toMatchObject({
      isKeyRefused: true,
      last: { detail: 'Invalid routing key', status: 400 },
    });
    // The incident is not at fault.
    expect(subjectOf('i').cooldown).toBeUndefined();
  });
});

describe('a 429', () => {
  test.each([
    { random: 0, until: 5_000 },
    { random: 0.5, until: 5_625 },
    { random: 1, until: 6_250 },
  ])('cools the key down for $until ms', ({ random, until }) => {
    const bench = setUp();
    bench.end(throttled, { random });
    expect(bench.throttled()).toBe(until);
  });

  test('cools it down for as long as PagerDuty asks', () => {
    const bench = setUp();
    bench.end({ ...throttled, retryAfter: 90_000 });
    expect(bench.throttled()).toBe(90_000);
  });

  test('counts once, however many calls were under way', () => {
    const bench = setUp();
    for (let i = 0; i < 8; i++) bench.end(throttled, { startedAt: i, now: 100 + i });
    expect(bench.key.throttled?.count).toBe(1);
    bench.end(throttled, { startedAt: 10_000 });
    expect(bench.throttled()).toBe(10_000 + 2 * 5_625);
  });

  test('is forgotten when a call that began after it is accepted, and not by one from before', () => {
    const bench = setUp();
    bench.end(throttled, { startedAt: 0, now: 100 });
    bench.end(delivered, { startedAt: 50, now: 200 });
    expect(bench.throttled()).toBe(5_725);
    bench.end(delivered, { startedAt: 6_000 });
    expect(bench.key.throttled).toBeUndefined();
  });

  test('does not cool an incident down', () => {
    const bench = setUp();
    bench.end(throttled);
    expect(bench.subjectOf('i').cooldown).toBeUndefined();
  });
});

describe('the cooldown of an incident', () => {
  test.each([
    { outcome: unavailable, took: 0, seconds: [0, 5, 10, 20, 40, 60, 60] },
    { outcome: unreachable, took: 0, seconds: [0, 5, 10, 20, 40, 60, 60] },
    { outcome: unanswered, took: 5_000, seconds: [12.5, 25, 50, 100, 100] },
  ] as const)('after $outcome.cause is $seconds s', ({ outcome, took, seconds }) => {
    const bench = setUp();
    const cooldowns = seconds.map((_, index) => {
      const startedAt = index * 1_000_000;
      bench.end(outcome, { startedAt, now: startedAt + took, random: 0 });
      return (bench.cooldown() - startedAt - took) / 1000;
    });
    expect(cooldowns).toEqual(seconds);
  });

  test('is its own: the answer to another incident does not end it', () => {
    const bench = setUp();
    bench.end(unavailable);
    bench.end(unavailable);
    bench.end(delivered, { incident: 'other' });
    expect(bench.subjectOf('i').cooldown?.count).toBe(2);
    expect(bench.subjectOf('other').cooldown).toBeUndefined();
  });

  test.each([
    { outcome: delivered, isForgotten: true },
    { outcome: refused, isForgotten: true },
    { outcome: keyRefused, isForgotten: false },
    { outcome: throttled, isForgotten: false },
  ])('is forgotten after $outcome.detail: $isForgotten', ({ outcome, isForgotten }) => {
    const bench = setUp();
    bench.end(unavailable);
    bench.end(outcome);
    expect(bench.subjectOf('i').cooldown === undefined).toBe(isForgotten);
  });
});
