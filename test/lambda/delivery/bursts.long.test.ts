import { describe, expect, test } from '@jest/globals';

import { burst } from '../../../testkit/simulation/loads.ts';
import { BEGIN } from '../../../testkit/simulation/simulate.ts';

const SECOND = 1_000;

describe('a burst', () => {
  // Without final updates, PagerDuty hears of 54 % of the events of seed 6, and of an older value.
  test.each([1, 6])('of 10,000 events of 10 views (seed %i)', async (seed) => {
    const load = { events: 10_000, views: 10, perSecond: 500, seed };
    const { simulation, throttled, counted, valueAge } = await burst(load);
    expect(simulation.calls.length).toBeLessThanOrEqual(60);
    expect(throttled).toBe(0);
    expect(valueAge).toBeLessThanOrEqual(5 * SECOND);
    expect(counted).toBeGreaterThanOrEqual(9_950);
    expect(simulation.deferrals).toBeLessThan(100);
  });

  test('whose values pass two severity steps', async () => {
    const severities = ['warning', 'error', 'critical'] as const;
    const load = { events: 10_000, views: 10, perSecond: 500, seed: 1, severities };
    const { simulation, throttled } = await burst(load);
    // Two instances, three severities and a final update: each sends what only it has seen.
    expect(simulation.calls.length).toBeLessThanOrEqual(80);
    expect(throttled).toBe(0);
  });

  test('of 1,000 events of 400 views opens them at the rate limit', async () => {
    const load = { events: 1_000, views: 400, perSecond: 500, seed: 1 };
    const { openedAt, throttled, simulation } = await burst(load);
    expect(openedAt).toHaveLength(400);
    expect(openedAt.at(-1)).toBeLessThan(1.11 * (400 / 120) * 60 * SECOND);
    expect(throttled).toBe(0);
    const opening = simulation.calls.filter(
      ({ endedAt }) => endedAt <= BEGIN + (openedAt.at(-1) ?? 0),
    );
    expect(opening.length).toBeLessThanOrEqual(1.05 * 400);
  });
});
