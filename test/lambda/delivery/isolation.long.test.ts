import { describe, expect, test } from '@jest/globals';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import { isolation, quantile } from '../../../testkit/simulation/loads.ts';
import type { Mode } from '../../../testkit/simulation/pagerduty.ts';

const SEEDS = [1, 2];
const TWO_TIMEOUTS = 2 * DEFAULT_DELIVERY_SETTINGS.callTimeoutSeconds * 1_000;
const HALF_A_MINUTE = 30_000;
const MODES: readonly Mode[] = ['unavailable', 'hanging', 'throttling', 'refusingKey'];

async function pooled(load: Omit<Parameters<typeof isolation>[0], 'seed'>): Promise<number[]> {
  const delays: number[] = [];
  for (const seed of SEEDS) delays.push(...(await isolation({ ...load, seed })));
  return delays;
}

describe("hours of service B, while PagerDuty treats service A's key badly", () => {
  let alone = NaN;

  test.each(MODES.flatMap((mode) => [1, 5, 50].map((incidents) => [mode, incidents] as const)))(
    '%s, %i incidents of A',
    async (mode, incidents) => {
      alone = alone || quantile(await pooled({ mode: undefined, incidents: 0 }), 0.99);
      const delays = await pooled({ mode, incidents });
      // What hangs in all instances at once can only be waited for.
      expect(Math.max(...delays)).toBeLessThanOrEqual(TWO_TIMEOUTS);
      expect(quantile(delays, 0.99)).toBeLessThanOrEqual(1.1 * alone);
    },
  );

  test('two hanging keys: no page of B is later than two timeouts', async () => {
    const delays = await pooled({ mode: 'hanging', incidents: 5, services: 2 });
    expect(Math.max(...delays)).toBeLessThanOrEqual(TWO_TIMEOUTS);
    expect(quantile(delays, 0.9)).toBeLessThanOrEqual(1.1 * alone);
  });

  test('eight hanging keys: most pages of B are early, and none is later than half a minute', async () => {
    const delays = await pooled({ mode: 'hanging', incidents: 5, services: 8 });
    expect(quantile(delays, 0.5)).toBeLessThanOrEqual(1.1 * alone);
    expect(Math.max(...delays)).toBeLessThanOrEqual(HALF_A_MINUTE);
  });
});
