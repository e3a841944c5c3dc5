import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { countCall, newInstanceState } from '../../../lambda/delivery/instance.ts';
import { expiredCalls, nextCallAt, PACING_WINDOW } from '../../../lambda/delivery/pacing.ts';
import { RUNS } from '../../support/runs.ts';

const KEY = 'k'.repeat(32);

describe('counting calls', () => {
  test('forgets, sooner or later, what is out of the window', () => {
    const memory = newInstanceState();
    for (let now = 0; now < 10 * PACING_WINDOW; now += 100) countCall(memory, KEY, now);
    const kept = memory.calls.get(KEY) ?? [];
    expect(kept.length).toBeGreaterThanOrEqual(PACING_WINDOW / 100);
    expect(kept.length).toBeLessThanOrEqual(2 * (PACING_WINDOW / 100) + 1);
  });

  test('keeps every call in the window, and says it from the others', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 20, maxLength: 100 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 60 }), (waits, share) => {
        const memory = newInstanceState();
        const made: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now += wait;
          countCall(memory, KEY, now);
          made.push(now);
          const inWindow = made.filter((time) => time > now - PACING_WINDOW);
          const counted = memory.calls.get(KEY) ?? [];
          expect(counted.slice(expiredCalls(counted, now))).toEqual(inWindow);
          expect(nextCallAt(counted, share, now)).toBe(nextCallAt(inWindow, share, now));
        }
      }),
      RUNS,
    );
  });
});
