import { describe, expect, test } from '@jest/globals';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import { isolation, quantile } from '../../../testkit/simulation/loads.ts';
import type { Mode } from '../../../testkit/simulation/pagerduty.ts';

const TWO_TIMEOUTS = 2 * DEFAULT_DELIVERY_SETTINGS.callTimeoutSeconds * 1_000;

const MINUTES = 15;

/** `isolation.long.test.ts` does the same for hours, with more seeds and incidents. */
describe("a quarter of an hour of service B, while PagerDuty treats service A's key badly", () => {
  test.each<[mode: Mode, incidents: number]>([
    ['unavailable', 5],
    ['hanging', 1],
    ['hanging', 5],
    ['throttling', 5],
    ['refusingKey', 5],
  ])('%s, %i incidents of A: the pages of B are as early as without A', async (mode, incidents) => {
    const [alone, delays] = await Promise.all([
      isolation({ mode: undefined, incidents: 0, minutes: MINUTES, seed: 1 }),
      isolation({ mode, incidents, minutes: MINUTES, seed: 1 }),
    ]);
    expect(delays).toHaveLength(MINUTES * 12);
    // Of 180 pages, the two that meet the first hanging calls are later. The long test holds p99.
    expect(quantile(delays, 0.97)).toBeLessThanOrEqual(1.1 * quantile(alone, 0.97));
    expect(Math.max(...delays)).toBeLessThanOrEqual(TWO_TIMEOUTS);
  });
});
