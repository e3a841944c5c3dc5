import { describe, expect, test } from '@jest/globals';

import { type OutageResult, simulateOutage } from '../../../testkit/simulation/day.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/delivery/settings.ts';

const { retryCapSeconds, circuitCapSeconds } = DEFAULT_DELIVERY_SETTINGS;

/** `npx node bench/simulated-day.ts` does the same with 20,000 events. */
describe('a day without PagerDuty, on a virtual clock', () => {
  const day = { hours: 24, events: 400, incidents: 200, services: 5, seed: 1 };
  let result: OutageResult;

  test('costs no event, and gives none up', async () => {
    result = await simulateOutage(day);
    expect(result).toMatchObject({ deadLettered: 0 });
    expect(result.delivered + result.deduplicated).toBe(day.events);
  }, 60_000);

  test('costs one probe per minute and instance', () => {
    // A probe comes after three quarters of the circuit's cap at the earliest.
    const probes = (day.hours * 3600) / (0.75 * circuitCapSeconds);
    expect(result.callsDuringOutage).toBeLessThan(2 * (probes + 20));
    expect(result.callsDuringOutage).toBeGreaterThan(probes);
  });

  test('ends with all incidents open within one cap of the back-off after the first probe', () => {
    expect(result.opened).toHaveLength(day.incidents);
    expect(result.opened[0]).toBeLessThan(circuitCapSeconds * 1000);
    // An event that comes back before that probe has to wait once more.
    expect(result.opened.at(-1)).toBeLessThan((retryCapSeconds + circuitCapSeconds) * 1000);
  });

  test('ends without a single 429', () => {
    expect(result.throttled).toBe(0);
  });

  test('hands no message out as often as SQS allows before it moves it away', () => {
    expect(result.mostReceives).toBeLessThan(500);
  });

  test('says PagerDuty little that it knows better already', () => {
    expect(result.staleCalls).toBeLessThan(day.incidents);
  });
});

describe('an outage as long as the time until giving up', () => {
  test.each([1, 2, 3])('costs no event, not even the first (chance %i)', async (seed) => {
    const settings = { ...DEFAULT_DELIVERY_SETTINGS, giveUpAfterSeconds: 3600 };
    const day = { hours: 1, events: 500, incidents: 50, services: 2, seed, settings };
    const { delivered, deduplicated, deadLettered } = await simulateOutage(day);
    expect({ processed: delivered + deduplicated, deadLettered }).toEqual({
      processed: day.events,
      deadLettered: 0,
    });
  });

  test('a longer one does: what is given up was seen to fail at that age', async () => {
    const settings = { ...DEFAULT_DELIVERY_SETTINGS, giveUpAfterSeconds: 3600 };
    const day = { hours: 3, events: 600, incidents: 50, services: 2, seed: 1, settings };
    const { delivered, deduplicated, deadLettered } = await simulateOutage(day);
    expect(delivered + deduplicated + deadLettered).toBe(day.events);
    // Those of the first hour had two hours to be given up in, those of the last had none.
    expect(deadLettered).toBeGreaterThan(200);
    expect(deadLettered).toBeLessThan(400);
  });
});
