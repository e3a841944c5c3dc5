import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { backoff, visibilitySeconds } from '../../../lambda/delivery/backoff.ts';
import { RUNS } from '../../support/runs.ts';

const BASE = 5_000;
const CAP = 900_000;

describe('the back-off', () => {
  // The largest random number shows the step itself.
  test.each([
    { attempt: 1, step: 5_000 },
    { attempt: 2, step: 10_000 },
    { attempt: 3, step: 20_000 },
    { attempt: 8, step: 640_000 },
    { attempt: 9, step: 900_000 },
    { attempt: 1000, step: 900_000 },
  ])('of attempt $attempt is up to $step ms', ({ attempt, step }) => {
    const of = (random: number): number => backoff({ base: BASE, cap: CAP, attempt, random });
    expect(of(0)).toBe(0);
    expect(of(0.5)).toBe(step / 2);
    expect(of(1 - Number.EPSILON)).toBeCloseTo(step, 3);
  });

  const input = fc.record({
    base: fc.integer({ min: 1, max: 1e7 }),
    cap: fc.integer({ min: 1, max: 1e8 }),
    attempt: fc.integer({ min: 1, max: 100_000 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });

  test('is never over the cap when the server asks for nothing', () => {
    fc.assert(
      fc.property(input, (given) => {
        const wait = backoff(given);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(given.cap);
      }),
      RUNS,
    );
  });

  test('only ever waits longer when the server asks, and never shorter than it asks', () => {
    fc.assert(
      fc.property(input, fc.integer({ min: -1e9, max: 1e9 }), (given, retryAfter) => {
        const wait = backoff({ ...given, retryAfter });
        expect(wait).toBeGreaterThanOrEqual(retryAfter);
        expect(wait).toBeGreaterThanOrEqual(backoff(given));
        expect(wait).toBeLessThanOrEqual(Math.max(given.cap, retryAfter));
      }),
      RUNS,
    );
  });

  test('spreads over the whole step', () => {
    const quarters = [0, 0.25, 0.5, 0.75].map((random) =>
      backoff({ base: BASE, cap: CAP, attempt: 9, random }),
    );
    expect(quarters).toEqual([0, 225_000, 450_000, 675_000]);
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
    { wait: 6 * 3_600_000, seconds: 21_600 },
    { wait: 13 * 3_600_000, seconds: 21_600 },
    { wait: Infinity, seconds: 21_600 },
    { wait: -5_000, seconds: 1 },
  ])('for $wait ms is $seconds s', ({ wait, seconds }) => {
    expect(visibilitySeconds(wait)).toBe(seconds);
  });

  test('is a whole number that SQS takes, and not shorter than the wait', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 6 * 3_600_000, noNaN: true }), (wait) => {
        const seconds = visibilitySeconds(wait);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeLessThanOrEqual(43_200);
        expect(seconds * 1000).toBeGreaterThanOrEqual(wait);
      }),
      RUNS,
    );
  });
});
