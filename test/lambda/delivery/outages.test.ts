import { describe, expect, test } from '@jest/globals';

import {
  DEFAULT_DELIVERY_SETTINGS,
  lastPageBound,
} from '../../../lambda/shared/delivery-settings.ts';
import { lawViolations } from '../../../testkit/simulation/law.ts';
import { outage, type OutageMode, reopened } from '../../../testkit/simulation/loads.ts';

const { callsPerMinute } = DEFAULT_DELIVERY_SETTINGS;

/** `outages.long.test.ts` does the same for longer outages and more incidents. */
describe('an outage of all keys, on a virtual clock', () => {
  test.each<[mode: OutageMode, hours: number, incidents: number, services: number, events: number]>(
    [
      ['unavailable', 1, 1, 1, 1],
      ['hanging', 1, 60, 3, 1],
      ['resetting', 1, 60, 3, 20],
      ['mixed', 6, 60, 3, 1],
    ],
  )(
    '%s for %i h, %i incidents of %i services, %i events each',
    async (mode, hours, incidents, services, events) => {
      const load = { mode, hours, incidents, services, events, seed: 1 };
      const { simulation, opened, callsDuring, throttled } = await outage(load);
      expect(lawViolations(simulation)).toEqual([]);
      expect(simulation.deadLetters).toEqual([]);
      expect(opened).toHaveLength(incidents);
      const rateLimit = (incidents / services / callsPerMinute) * 60_000;
      expect(opened.at(-1)).toBeLessThan(lastPageBound(DEFAULT_DELIVERY_SETTINGS) + rateLimit);
      expect(simulation.mostReceives).toBeLessThanOrEqual(800);
      // Two instances, and for each key a probe per minute beside the first calls.
      expect(callsDuring).toBeLessThan(2 * services * (hours * 60 * 1.2 + 30));
      expect(throttled).toBe(0);
    },
  );

  test('Retry-After lengthens the bound by the time that PagerDuty asks for', async () => {
    const load = { hours: 1, incidents: 20, services: 2, seed: 1, retryAfter: 600 };
    const { opened } = await outage({ ...load, mode: 'unavailable' });
    expect(opened).toHaveLength(20);
    // An hour of it would be asked for; a minute is the most that a 503 gets.
    expect(opened.at(-1)).toBeLessThan(lastPageBound(DEFAULT_DELIVERY_SETTINGS) + 60_000);
  });

  test('what waits is bounded by incidents, not by events', async () => {
    const load = { hours: 2, incidents: 20, services: 2, events: 200, seed: 1 };
    const { simulation } = await outage({ ...load, mode: 'unavailable' });
    expect(simulation.events.size).toBe(4_000);
    expect(simulation.mostWaiting).toBeLessThan(10 * 20);
  });

  test('what is given up was seen to fail at that age', async () => {
    const settings = { giveUpAfterSeconds: 3_600 };
    const load = { hours: 3, incidents: 120, services: 2, seed: 1, settings };
    const { simulation, opened } = await outage({ ...load, mode: 'unavailable' });
    expect(lawViolations(simulation)).toEqual([]);
    // Those of the first hour had two hours to be given up in, those of the last had none.
    expect(simulation.deadLetters.length).toBeGreaterThan(60);
    expect(opened.length + simulation.deadLetters.length).toBe(120);
    const first = simulation.deadLetters.map(({ id }) => simulation.events.get(id)?.at ?? NaN);
    expect(Math.max(...first)).toBeLessThan(2 * 3_600_000);
  });
});

describe('incidents that a responder resolves after an outage', () => {
  test('do not open again because of older events', async () => {
    const load = { incidents: 50, hours: 6, seed: 1 };
    expect(await reopened({ ...load, events: 1, resolvedAfter: 60_000 })).toBe(0);
    // An instance may hold an older event back that another instance has stood for since: two in a
    // hundred, of which the last event came minutes before the outage ended.
    expect(await reopened({ ...load, events: 10, resolvedAfter: 90_000 })).toBeLessThanOrEqual(1);
  });
});
