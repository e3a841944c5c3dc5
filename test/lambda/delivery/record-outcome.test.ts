import { describe, expect, test } from '@jest/globals';

import { circuitState } from '../../../lambda/delivery/circuit-breaker.ts';
import { updateOf } from '../../../lambda/delivery/incident-update.ts';
import {
  newInstanceState,
  type InstanceState,
  remember,
} from '../../../lambda/delivery/instance.ts';
import { recordOutcome } from '../../../lambda/delivery/record-outcome.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/delivery/settings.ts';
import type { Outcome } from '../../../lambda/pagerduty/outcome.ts';
import { candidate, KEYS, NOW, OUTCOMES } from '../../support/delivery-fixtures.ts';

const KEY = KEYS['shop'] ?? '';
const { delivered, throttled, unavailable, unreachable, refused } = OUTCOMES;

/** Ends a call about a view, `view` 4 if none is named. Times are from NOW, milliseconds. */
function end(
  memory: InstanceState,
  outcome: Outcome,
  call: { startedAt?: number; now?: number; view?: string; random?: number } = {},
): void {
  const { startedAt = 0, now = startedAt, view = '4', random = 0.5 } = call;
  const update = updateOf([candidate({ view })]);
  if (update === undefined) throw new Error('No update.');
  recordOutcome(
    { update, key: KEY, outcome, startedAt: NOW + startedAt, now: NOW + now },
    memory,
    DEFAULT_DELIVERY_SETTINGS,
    () => random,
  );
}

const throttledUntil = (memory: InstanceState): number =>
  (memory.throttled.get(KEY)?.until ?? NaN) - NOW;
const failingUntil = (memory: InstanceState): number =>
  ([...memory.failing.values()][0]?.until ?? NaN) - NOW;

describe('a 429', () => {
  test('puts the key in a cooldown for at least half a step of the back-off', () => {
    for (const [random, until] of [
      [0, 2_500],
      [0.5, 3_750],
      [0.999_999, 5_000],
    ] as const) {
      const memory = newInstanceState();
      end(memory, throttled, { random });
      expect(throttledUntil(memory)).toBeCloseTo(until, -1);
    }
  });

  test('holds for as long as PagerDuty asks', () => {
    const memory = newInstanceState();
    end(memory, { ...throttled, retryAfter: 90_000 });
    expect(throttledUntil(memory)).toBe(90_000);
  });

  test('is one 429, however many calls were under way: it does not raise the next step', () => {
    const memory = newInstanceState();
    for (let i = 0; i < 8; i++) end(memory, throttled, { startedAt: i, now: 100 + i });
    expect(memory.throttled.get(KEY)?.count).toBe(1);
    expect(throttledUntil(memory)).toBe(3_850);
  });

  test('of a call that was under way can only lengthen the cooldown', () => {
    const memory = newInstanceState();
    end(memory, throttled, { startedAt: 0, now: 100 });
    end(memory, { ...throttled, retryAfter: 60_000 }, { startedAt: 1, now: 200 });
    end(memory, { ...throttled, retryAfter: 1_000 }, { startedAt: 2, now: 300 });
    expect(throttledUntil(memory)).toBe(60_200);
  });

  test('after the cooldown doubles the next one', () => {
    const memory = newInstanceState();
    end(memory, throttled, { startedAt: 0 });
    end(memory, throttled, { startedAt: 10_000 });
    expect(throttledUntil(memory)).toBe(10_000 + 7_500);
  });

  test('is forgotten when a call after the cooldown is delivered, but not by one from before', () => {
    const memory = newInstanceState();
    end(memory, throttled, { startedAt: 0, now: 100 });
    end(memory, delivered, { startedAt: 50, now: 200 });
    expect(throttledUntil(memory)).toBe(3_850);
    end(memory, delivered, { startedAt: 4_000 });
    expect(memory.throttled.size).toBe(0);
  });

  test('is an answer: the circuit closes', () => {
    const memory = newInstanceState();
    for (const view of ['1', '2', '3']) end(memory, unreachable, { view });
    expect(circuitState(memory.circuitBreaker, NOW)).toBe('open');
    end(memory, throttled);
    expect(circuitState(memory.circuitBreaker, NOW)).toBe('closed');
  });
});

describe('a failure', () => {
  test('lets the incident be called again at once, the first time', () => {
    const memory = newInstanceState();
    end(memory, unavailable);
    expect(failingUntil(memory)).toBe(0);
  });

  test('holds the incident for twice as long each time, up to the cap of the circuit', () => {
    const memory = newInstanceState();
    const holds = Array.from({ length: 7 }, (_, index) => {
      const startedAt = index * 100_000;
      end(memory, unavailable, { startedAt, random: 0.999_999_9 });
      return Math.round(failingUntil(memory) - startedAt);
    });
    expect(holds).toEqual([0, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test('of one incident does not hold another, and an answer to another does not lift it', () => {
    const memory = newInstanceState();
    end(memory, unavailable);
    end(memory, unavailable);
    end(memory, delivered, { view: '5' });
    expect(memory.failing.size).toBe(1);
  });

  test.each([
    ['delivered', delivered],
    ['refused', refused],
  ])('is forgotten when the incident is %s', (_, outcome) => {
    const memory = newInstanceState();
    end(memory, unavailable);
    end(memory, outcome);
    expect(memory.failing.size).toBe(0);
  });

  test('of so many different incidents opens the circuit', () => {
    const memory = newInstanceState();
    end(memory, unavailable, { view: '1' });
    end(memory, unreachable, { view: '2' });
    expect(circuitState(memory.circuitBreaker, NOW)).toBe('closed');
    end(memory, unavailable, { view: '3' });
    expect(circuitState(memory.circuitBreaker, NOW)).toBe('open');
  });
});

describe('a delivery', () => {
  test('is remembered: when, how urgent, and how new', () => {
    const memory = newInstanceState();
    end(memory, delivered, { startedAt: 0, now: 250 });
    expect([...memory.notifications]).toEqual([
      [
        'shop glasnostic:a:4:requests',
        { at: NOW + 250, severity: 'warning', latestAcceptedAt: NOW - 1_000 },
      ],
    ]);
  });

  test('is not taken for newer than the call, should a message claim to come from the future', () => {
    const memory = newInstanceState();
    const update = updateOf([candidate({ at: NOW + 9e9 })]);
    if (update === undefined) throw new Error('No update.');
    const call = { update, key: KEY, outcome: delivered, startedAt: NOW, now: NOW };
    recordOutcome(call, memory, DEFAULT_DELIVERY_SETTINGS, () => 0);
    expect([...memory.notifications.values()]).toMatchObject([{ latestAcceptedAt: NOW }]);
  });

  test('is forgotten only when 20,000 other incidents were notified of later', () => {
    const notified = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) remember(notified, `i${i}`, i);
    remember(notified, 'i0', -1);
    remember(notified, 'new', 0);
    expect(notified.size).toBe(20_000);
    expect(notified.get('i0')).toBe(-1);
    expect(notified.has('i1')).toBe(false);
  });
});
