import { describe, expect, test } from '@jest/globals';

import {
  behindBacklog,
  behindNoise,
  quantile,
  throttledCalls,
} from '../../../testkit/simulation/loads.ts';

const SECOND = 1_000;

describe('a new page of a key that has much to say', () => {
  test.each(['critical', 'warning'] as const)(
    'a %s page goes out before updates of 50 noisy views',
    async (severity) => {
      const { delays, simulation } = await behindNoise({ noisy: 50, severity, seed: 1 });
      expect(quantile(delays, 0.5)).toBeLessThan(SECOND);
      expect(quantile(delays, 0.99)).toBeLessThan(5 * SECOND);
      expect(throttledCalls(simulation)).toBe(0);
    },
  );

  test('a critical page goes out before 400 warning incidents', async () => {
    const load = { backlog: 400, severity: 'warning', seed: 1 } as const;
    const { delays, simulation } = await behindBacklog(load);
    expect(quantile(delays, 0.5)).toBeLessThan(SECOND);
    expect(quantile(delays, 0.99)).toBeLessThan(5 * SECOND);
    expect(throttledCalls(simulation)).toBe(0);
  });
});
