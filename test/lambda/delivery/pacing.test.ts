import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  nextCallAt,
  PACING_WINDOW,
  shareOf,
  slotSpacing,
} from '../../../lambda/delivery/pacing.ts';
import { RUNS } from '../../support/runs.ts';

const NOW = 1_000_000;
const calls = (count: number, at = NOW): number[] => Array.from({ length: count }, () => at);

describe('the share of an instance', () => {
  test.each([
    { callsPerMinute: 120, batches: 2, share: 60 },
    { callsPerMinute: 5, batches: 2, share: 2 },
    { callsPerMinute: 3, batches: 3, share: 1 },
  ])('of $callsPerMinute among $batches is $share', ({ callsPerMinute, batches, share }) => {
    expect(shareOf(callsPerMinute, batches)).toBe(share);
  });

  test('of all instances together is not over the limit, and is at least one call', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 120 }), (a, b) => {
        const [batches, callsPerMinute] = [Math.min(a, b), Math.max(a, b)];
        const share = shareOf(callsPerMinute, batches);
        expect(share).toBeGreaterThanOrEqual(1);
        expect(share * batches).toBeLessThanOrEqual(callsPerMinute);
      }),
      RUNS,
    );
  });
});

describe('the next call', () => {
  test('may start at once while less than half of the share is used', () => {
    expect(nextCallAt([], 60, NOW)).toBe(NOW);
    expect(nextCallAt(calls(29), 60, NOW)).toBe(NOW);
  });

  test('waits for an even slot when half of the share is used', () => {
    const slot = nextCallAt(calls(30), 60, NOW);
    expect(slot).toBeGreaterThan(NOW);
    expect(slot).toBeLessThan(NOW + PACING_WINDOW / 2);
  });

  test('waits until the oldest call leaves the window when the share is used up', () => {
    expect(nextCallAt(calls(60), 60, NOW)).toBe(NOW + PACING_WINDOW);
    expect(nextCallAt([NOW], 1, NOW + 1)).toBe(NOW + PACING_WINDOW);
  });

  test('takes no account of calls that are out of the window', () => {
    expect(nextCallAt(calls(60, NOW - PACING_WINDOW), 60, NOW)).toBe(NOW);
    expect(nextCallAt(calls(60, NOW - PACING_WINDOW + 1), 60, NOW)).toBe(NOW + 1);
  });

  test('never lets more than the share into any minute, and never stops for ever', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), gaps, (share, waits) => {
        const made: number[] = [];
        let now = NOW;
        for (const wait of waits) {
          const slot = nextCallAt(made, share, now);
          expect(slot).toBeGreaterThanOrEqual(now);
          expect(slot - now).toBeLessThanOrEqual(PACING_WINDOW);
          // Sometimes in time, sometimes too early, sometimes late.
          now += wait;
          if (now >= nextCallAt(made, share, now)) made.push(now);
        }
        for (const [index, start] of made.entries()) {
          const inWindow = made.slice(index).filter((time) => time < start + 60_000);
          expect(inWindow.length).toBeLessThanOrEqual(share);
        }
      }),
      RUNS,
    );
  });

  test('reaches the whole share in a minute of steady demand', () => {
    const made: number[] = [];
    for (let now = NOW; now < NOW + 10 * PACING_WINDOW; now += 250) {
      if (nextCallAt(made, 60, now) <= now) made.push(now);
    }
    expect(made.length).toBeGreaterThan(0.95 * 10 * 60);
  });
});

test('slots are spread so that a share fills its window', () => {
  expect(slotSpacing(60) * 60).toBeCloseTo(PACING_WINDOW, 6);
});
