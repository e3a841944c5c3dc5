import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  type CallClass,
  countCall,
  type KeyCalls,
  markWaiting,
  newKeyCalls,
  nextSlotAt,
  SLOT_WINDOW,
  slotSpacing,
} from '../../../../lambda/delivery/admission/slots.ts';
import { shareOf } from '../../../../lambda/shared/delivery-settings.ts';
import { RUNS } from '../../../support/runs.ts';

const NOW = 1_000_000_000;
const CLASSES: readonly CallClass[] = ['high', 'opener', 'update'];

/** Calls of a class that started at these times. */
function callsAt(callClass: CallClass | undefined, times: readonly number[]): KeyCalls {
  const calls = newKeyCalls();
  for (const time of times) countCall(calls, callClass, time);
  return calls;
}

/** So many calls at once, now. */
const burst = (callClass: CallClass, count: number): KeyCalls =>
  callsAt(
    callClass,
    Array.from({ length: count }, () => NOW),
  );

/** So many calls in the window, none of them in the last 3 s. */
const spread = (callClass: CallClass, count: number): KeyCalls =>
  callsAt(
    callClass,
    Array.from({ length: count }, (_, index) => NOW - 60_000 + (index * 56_000) / count),
  );

interface Ask {
  readonly callClass?: CallClass;
  readonly share?: number;
  readonly startedAt?: number;
  readonly now?: number;
}

/** Time until the next slot, milliseconds, of an instance that has run for long. */
function waitOf(calls: KeyCalls, ask: Ask = {}): number {
  const { callClass = 'opener', share = 60, startedAt = 0, now = NOW } = ask;
  return Math.max(0, nextSlotAt({ calls, callClass, share, startedAt, now }) - now);
}

/** The most calls after which another one still has a slot. */
function most(callsOf: (count: number) => KeyCalls, ask: Ask): number {
  let count = 0;
  while (waitOf(callsOf(count), ask) === 0) count += 1;
  return count;
}

describe('the share of an instance', () => {
  test.each([
    { callsPerMinute: 120, maxConcurrentBatches: 2, share: 60 },
    { callsPerMinute: 5, maxConcurrentBatches: 2, share: 2 },
    { callsPerMinute: 3, maxConcurrentBatches: 3, share: 1 },
  ])('of $callsPerMinute among $maxConcurrentBatches is $share', ({ share, ...settings }) => {
    expect(shareOf(settings)).toBe(share);
  });

  test('of all instances together is not over the limit, and is at least one call', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 120 }), (a, b) => {
        const [maxConcurrentBatches, callsPerMinute] = [Math.min(a, b), Math.max(a, b)];
        const share = shareOf({ callsPerMinute, maxConcurrentBatches });
        expect(share).toBeGreaterThanOrEqual(1);
        expect(share * maxConcurrentBatches).toBeLessThanOrEqual(callsPerMinute);
      }),
      RUNS,
    );
  });
});

describe('the calls of a key in 61 s', () => {
  test.each([
    { share: 60, high: 60, opener: 57, update: 20 },
    { share: 120, high: 120, opener: 114, update: 40 },
    { share: 20, high: 20, opener: 19, update: 7 },
    { share: 10, high: 10, opener: 10, update: 4 },
    { share: 2, high: 2, opener: 2, update: 1 },
    { share: 1, high: 1, opener: 1, update: 1 },
  ])(
    'with a share of $share are up to $high high, $opener openers, $update updates',
    ({ share, ...limits }) => {
      for (const callClass of CLASSES) {
        const count = most((number) => spread(callClass, number), { callClass, share });
        expect([callClass, count]).toEqual([callClass, limits[callClass]]);
      }
    },
  );

  test('at once are the whole share for high, half of it for openers, a third for updates', () => {
    const counts = CLASSES.map((callClass) => most((n) => burst(callClass, n), { callClass }));
    expect(counts).toEqual([60, 30, 20]);
  });

  test('count whatever their class: openers leave room for updates only within their own limit', () => {
    expect(waitOf(spread('high', 56), { callClass: 'opener' })).toBe(0);
    expect(waitOf(spread('high', 57), { callClass: 'opener' })).toBeGreaterThan(0);
    expect(waitOf(spread('opener', 57), { callClass: 'update' })).toBeGreaterThan(0);
    expect(waitOf(spread('update', 20), { callClass: 'opener' })).toBe(0);
    // A check of the key counts like any other call.
    const checks = callsAt(undefined, spread('high', 60).times);
    expect(waitOf(checks, { callClass: 'high' })).toBeGreaterThan(0);
  });

  test.each([
    { calls: 30, callClass: 'opener', wait: 3_000 },
    { calls: 60, callClass: 'high', wait: SLOT_WINDOW },
    { calls: 20, callClass: 'update', wait: SLOT_WINDOW },
  ] as const)('after $calls of $callClass at once wait $wait ms', ({ calls, callClass, wait }) => {
    expect(waitOf(burst(callClass, calls), { callClass })).toBe(wait);
    expect(waitOf(burst(callClass, calls), { callClass, now: NOW + wait })).toBe(0);
  });

  test.each([
    { share: 60, inThreeSeconds: 3 },
    { share: 120, inThreeSeconds: 6 },
    { share: 20, inThreeSeconds: 1 },
    { share: 2, inThreeSeconds: 1 },
  ])('beyond half of $share are $inThreeSeconds openers in 3 s', ({ share, inThreeSeconds }) => {
    const half = Array.from({ length: Math.ceil(share / 2) }, () => NOW - 10_000);
    const callsOf = (count: number): KeyCalls =>
      callsAt('opener', [...half, ...Array.from({ length: count }, () => NOW)]);
    // With a share of 2 the limit itself is reached first.
    expect(Math.min(most(callsOf, { share }), inThreeSeconds)).toBe(inThreeSeconds);
    expect(most(callsOf, { share })).toBeLessThanOrEqual(inThreeSeconds);
  });
});

const waitsOf = (calls: KeyCalls): number[] =>
  CLASSES.map((callClass) => waitOf(calls, { callClass }));

describe('a class that waits', () => {
  test.each<[CallClass, readonly number[]]>([
    ['high', [0, 5_000, 5_000]],
    ['opener', [0, 0, 5_000]],
    ['update', [0, 0, 0]],
  ])('%s makes the lower ones wait', (callClass, waits) => {
    const calls = newKeyCalls();
    markWaiting(calls, callClass, NOW + 5_000);
    expect(waitsOf(calls)).toEqual(waits);
  });

  test('does so until its time has passed', () => {
    const calls = newKeyCalls();
    markWaiting(calls, 'high', NOW + 5_000);
    markWaiting(calls, 'high', NOW + 1_000);
    expect(waitOf(calls, { now: NOW + 4_999 })).toBe(1);
    expect(waitOf(calls, { now: NOW + 5_000 })).toBe(0);
  });

  test.each<[CallClass, boolean]>([
    ['high', true],
    ['opener', false],
    ['update', false],
  ])('or until a call of its own class starts: %s ends the wait of high: %s', (started, ends) => {
    const calls = newKeyCalls();
    markWaiting(calls, 'high', NOW + 5_000);
    countCall(calls, started, NOW);
    expect(waitOf(calls) === 0).toBe(ends);
  });

  test('opener ends its wait with a call of an opener', () => {
    const calls = newKeyCalls();
    markWaiting(calls, 'opener', NOW + 5_000);
    countCall(calls, 'high', NOW);
    expect(waitOf(calls, { callClass: 'update' })).toBe(5_000);
    countCall(calls, 'opener', NOW);
    expect(waitOf(calls, { callClass: 'update' })).toBe(0);
  });
});

describe('a new instance', () => {
  test('counts half of its share as used for openers and updates, and not for high', () => {
    const startedAt = NOW;
    expect(most((n) => burst('high', n), { callClass: 'high', startedAt })).toBe(60);
    expect(most((n) => burst('opener', n), { startedAt })).toBe(27);
    expect(waitOf(burst('opener', 57), { callClass: 'update', startedAt })).toBeGreaterThan(0);
  });

  test('counts it as spread over the 61 s before it began: a slot is free every two seconds', () => {
    const ask = { startedAt: NOW };
    expect(waitOf(burst('opener', 27), ask)).toBeCloseTo(SLOT_WINDOW / 30, 6);
    expect(waitOf(burst('opener', 27), { ...ask, now: NOW + 2_034 })).toBe(0);
    expect(waitOf(burst('opener', 28), { ...ask, now: NOW + 2_034 })).toBeCloseTo(2_033, -1);
  });

  test('does not count it against the even pace: ten incidents open at once', () => {
    expect(most((n) => burst('opener', n), { startedAt: NOW })).toBeGreaterThanOrEqual(10);
  });

  test('is like any other after 61 s', () => {
    for (const count of [0, 29, 30, 56, 57, 60]) {
      const calls = spread('opener', count);
      const young = waitOf(calls, { startedAt: NOW - SLOT_WINDOW });
      expect([count, young]).toEqual([count, waitOf(calls)]);
    }
  });
});

test('slots are spread so that the calls of all instances fill the window', () => {
  expect(slotSpacing(120) * 120).toBeCloseTo(SLOT_WINDOW, 6);
});
