import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  retryCapOf,
  DEFAULT_DELIVERY_SETTINGS,
} from '../../../../lambda/shared/delivery-settings.ts';
import {
  MAX_RECEIVES,
  retryWait,
  slotSpread,
  visibilitySeconds,
  slowedByReceives,
} from '../../../../lambda/delivery/waiting/wait-times.ts';
import { RUNS } from '../../../support/runs.ts';

const HOUR = 3_600_000;
const base = 5_000;
const cap = 180_000;

describe('the wait after a failure', () => {
  test.each([
    { age: 0, longest: 5_000 },
    { age: 60_000, longest: 5_000 },
    { age: 120_000, longest: 10_000 },
    { age: 600_000, longest: 50_000 },
    { age: 36 * 60_000, longest: 180_000 },
    { age: 24 * HOUR, longest: 180_000 },
  ])('at an age of $age ms is $longest ms, times 0.5 to 1', ({ age, longest }) => {
    const waits = [0, 0.5, 1].map((random) => retryWait({ base, cap, age, random }));
    expect(waits).toEqual([0.5 * longest, 0.75 * longest, longest]);
  });

  test.each([
    { cooldown: 60_000, waits: [60_000, 75_000, 90_000] },
    { cooldown: 3_000, waits: [3_000, 3_750, 5_000] },
  ])('is at least a cooldown of $cooldown ms, times 1 to 1.5', ({ cooldown, waits }) => {
    const all = [0, 0.5, 1].map((random) => retryWait({ base, cap, age: 0, cooldown, random }));
    expect(all).toEqual(waits);
  });

  const input = fc.record({
    base: fc.integer({ min: 1, max: 1e6 }),
    cap: fc.integer({ min: 1, max: 1e8 }),
    age: fc.integer({ min: 0, max: 14 * 24 * HOUR }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });

  test('is never over the cap without a cooldown, and never under half of the base', () => {
    fc.assert(
      fc.property(input, (given) => {
        const wait = retryWait(given);
        expect(wait).toBeGreaterThanOrEqual(Math.min(given.base, given.cap) / 2);
        expect(wait).toBeLessThanOrEqual(given.cap);
      }),
      RUNS,
    );
  });

  test('is only ever longer because of a cooldown, and never ends before it', () => {
    fc.assert(
      fc.property(input, fc.integer({ min: 0, max: 1e9 }), (given, cooldown) => {
        const wait = retryWait({ ...given, cooldown });
        expect(wait).toBeGreaterThanOrEqual(cooldown);
        expect(wait).toBeGreaterThanOrEqual(retryWait(given));
        expect(wait).toBeLessThanOrEqual(Math.max(given.cap, 1.5 * cooldown));
      }),
      RUNS,
    );
  });

  test('uses fewer receives than SQS allows, however long a stage waits', () => {
    for (const days of [1, 2, 5, 13]) {
      const settings = { ...DEFAULT_DELIVERY_SETTINGS, giveUpAfterSeconds: days * 86_400 };
      let receives = 0;
      for (let age = 0; age < days * 24 * HOUR; receives++) {
        age += retryWait({ base, cap: retryCapOf(settings), age, random: 0.4 });
      }
      expect([days, receives < MAX_RECEIVES]).toEqual([days, true]);
    }
  });
});

describe('the spread beyond a slot', () => {
  test.each([
    { receives: 1, most: 0 },
    { receives: 200, most: 0 },
    { receives: 201, most: 2_000 },
    { receives: 210, most: 20_000 },
    { receives: 230, most: 60_000 },
    { receives: 900, most: 60_000 },
  ])('after $receives receives is up to $most ms', ({ receives, most }) => {
    expect([0, 0.5, 1].map((random) => slotSpread(receives, random))).toEqual([0, most / 2, most]);
  });
});

describe('a wait of an event that has been received very often', () => {
  test.each([
    { receives: 800, wait: 5_000 },
    { receives: 801, wait: 30_000 },
    { receives: 810, wait: 300_000 },
    { receives: 949, wait: 4_470_000 },
  ])('after $receives receives is at least $wait ms', ({ receives, wait }) => {
    expect(slowedByReceives(5_000, receives)).toBe(wait);
    expect(slowedByReceives(9_000_000, receives)).toBe(9_000_000);
  });
});

describe('a visibility timeout', () => {
  test.each([
    { wait: 0, seconds: 1 },
    { wait: 1, seconds: 1 },
    { wait: 1000, seconds: 1 },
    { wait: 1001, seconds: 2 },
    { wait: 59_999.5, seconds: 60 },
    { wait: 900_000, seconds: 900 },
    { wait: 6 * HOUR, seconds: 21_600 },
    { wait: 13 * HOUR, seconds: 21_600 },
    { wait: Infinity, seconds: 21_600 },
    { wait: -5_000, seconds: 1 },
  ])('for $wait ms is $seconds s', ({ wait, seconds }) => {
    expect(visibilitySeconds(wait)).toBe(seconds);
  });

  test('is a whole number that SQS takes, and not shorter than the wait', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 6 * HOUR, noNaN: true }), (wait) => {
        const seconds = visibilitySeconds(wait);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeLessThanOrEqual(43_200);
        expect(seconds * 1000).toBeGreaterThanOrEqual(wait);
      }),
      RUNS,
    );
  });
});
