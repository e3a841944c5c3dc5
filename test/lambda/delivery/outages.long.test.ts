import { describe, expect, test } from '@jest/globals';

import {
  DEFAULT_DELIVERY_SETTINGS,
  lastPageBound,
} from '../../../lambda/shared/delivery-settings.ts';
import { lawViolations } from '../../../testkit/simulation/law.ts';
import { outage, type OutageMode } from '../../../testkit/simulation/loads.ts';

const { callsPerMinute } = DEFAULT_DELIVERY_SETTINGS;
const MODES: readonly OutageMode[] = ['unavailable', 'hanging', 'resetting', 'mixed'];

describe('outages', () => {
  test.each([
    ...MODES.map((mode) => ({ mode, hours: 6, incidents: 200, services: 5, events: 1 })),
    { mode: 'mixed', hours: 24, incidents: 200, services: 5, events: 1 } as const,
    { mode: 'mixed', hours: 6, incidents: 200, services: 5, events: 20 } as const,
    { mode: 'unavailable', hours: 6, incidents: 1_000, services: 1, events: 1 } as const,
    { mode: 'hanging', hours: 1, incidents: 1_000, services: 5, events: 1 } as const,
  ])('%j', async (load) => {
    const { hours, incidents, services } = load;
    const { simulation, opened, throttled } = await outage({ ...load, seed: 2 });
    expect(lawViolations(simulation)).toEqual([]);
    expect(simulation.deadLetters).toEqual([]);
    expect(opened).toHaveLength(incidents);
    // The window of the limit is 61 s, and openings leave a twentieth of it free.
    const rateLimit = (incidents / services / callsPerMinute) * 60_000 * 1.11;
    expect(opened.at(-1)).toBeLessThan(lastPageBound(DEFAULT_DELIVERY_SETTINGS) + rateLimit);
    expect(simulation.mostReceives).toBeLessThanOrEqual(hours < 24 ? 300 : 800);
    expect(throttled).toBe(0);
  });

  test('of nearly 13 days, in a stage that gives up after 13 days', async () => {
    const settings = { ...DEFAULT_DELIVERY_SETTINGS, giveUpAfterSeconds: 13 * 86_400 };
    const load = { hours: 13 * 24 - 1, incidents: 10, services: 2, settings, seed: 1 } as const;
    const { simulation, opened } = await outage({ ...load, mode: 'unavailable' });
    expect(simulation.deadLetters).toEqual([]);
    expect(opened).toHaveLength(10);
    expect(opened.at(-1)).toBeLessThan(lastPageBound(settings));
    // From 800 receives on, waits grow beyond the bound.
    expect(simulation.mostReceives).toBeLessThanOrEqual(800);
  });
});
