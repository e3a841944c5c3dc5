import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  type CallClass,
  countCall,
  type KeyCalls,
  newKeyCalls,
  nextSlotAt,
  SLOT_WINDOW,
} from '../../../../lambda/delivery/admission/slots.ts';
import { RUNS } from '../../../support/runs.ts';

const NOW = 1_000_000_000;
const CLASSES: readonly CallClass[] = ['high', 'opener', 'update'];

/** Calls of a class that started at these times. */
function callsAt(callClass: CallClass | undefined, times: readonly number[]): KeyCalls {
  const calls = newKeyCalls();
  for (const time of times) countCall(calls, callClass, time);
  return calls;
}

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

/** Calls that are made whenever their class has a slot. */
const demand = fc.record({
  share: fc.integer({ min: 1, max: 60 }),
  asks: fc.array(
    fc.record({
      after: fc.integer({ min: 0, max: 10_000 }),
      callClass: fc.constantFrom(...CLASSES),
    }),
    { minLength: 1, maxLength: 300, size: 'max' },
  ),
});

function callsIn(times: readonly number[], start: number): number {
  return times.filter((time) => time >= start && time < start + 60_000).length;
}

describe('whatever comes when', () => {
  test('no minute has more calls than the share, nor more updates than a third of it', () => {
    fc.assert(
      fc.property(demand, ({ share, asks }) => {
        const calls = newKeyCalls();
        const made: Record<CallClass, number[]> = { high: [], opener: [], update: [] };
        let now = NOW;
        for (const { after, callClass } of asks) {
          now += after;
          const wait = waitOf(calls, { callClass, share, now });
          expect(wait).toBeLessThanOrEqual(SLOT_WINDOW);
          if (wait > 0) continue;
          countCall(calls, callClass, now);
          made[callClass].push(now);
        }
        const all = [...made.high, ...made.opener, ...made.update];
        for (const start of all) {
          expect(callsIn(all, start)).toBeLessThanOrEqual(share);
          expect(callsIn(made.update, start)).toBeLessThanOrEqual(Math.ceil(share / 3));
        }
      }),
      { ...RUNS, numRuns: 100 },
    );
  });

  test('a backlog of openers leaves a slot for a high call at any moment, and uses the rest', () => {
    const calls = newKeyCalls();
    let openers = 0;
    for (let now = NOW; now < NOW + 10 * SLOT_WINDOW; now += 250) {
      if (waitOf(calls, { now }) === 0) {
        countCall(calls, 'opener', now);
        openers += 1;
      }
      expect(waitOf(calls, { callClass: 'high', now })).toBe(0);
      if ((now - NOW) % 30_000 === 0) countCall(calls, 'high', now);
    }
    expect(openers).toBeGreaterThan(0.95 * 10 * (57 - 2));
  });

  test('counting forgets what is out of the window, and nothing else', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 20, maxLength: 100 });
    fc.assert(
      fc.property(gaps, fc.constantFrom(...CLASSES), (waits, callClass) => {
        const calls = newKeyCalls();
        const made: number[] = [];
        let now = NOW;
        for (const gap of waits) {
          now += gap;
          countCall(calls, callClass, now);
          made.push(now);
          const inWindow = callsAt(
            callClass,
            made.filter((time) => time > now - SLOT_WINDOW),
          );
          const ask = { callClass, share: 9, now };
          expect(waitOf(calls, ask)).toBe(waitOf(inWindow, ask));
        }
        expect(calls.times.length).toBeLessThanOrEqual(2 * made.length);
      }),
      RUNS,
    );
    const steady = newKeyCalls();
    for (let now = 0; now < 10 * SLOT_WINDOW; now += 100) countCall(steady, 'update', now);
    for (const kept of [steady.times, steady.updates]) {
      expect(kept.length).toBeGreaterThanOrEqual(SLOT_WINDOW / 100);
      expect(kept.length).toBeLessThanOrEqual(2 * (SLOT_WINDOW / 100) + 1);
    }
  });
});
