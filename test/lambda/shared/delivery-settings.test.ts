import { describe, expect, test } from '@jest/globals';

import {
  DEFAULT_DELIVERY_SETTINGS,
  readDeliverySettings,
  retryCapOf,
  deduplicationWindowOf,
  longestWaitOf,
} from '../../../lambda/shared/delivery-settings.ts';

const NAMES = Object.keys(DEFAULT_DELIVERY_SETTINGS);

function withSetting(name: string, value: unknown): string {
  return JSON.stringify({ ...DEFAULT_DELIVERY_SETTINGS, [name]: value });
}

describe('the delivery settings', () => {
  test('are what the stack wrote', () => {
    const json = JSON.stringify({ ...DEFAULT_DELIVERY_SETTINGS, callsPerMinute: 7 });
    expect(readDeliverySettings(json)).toEqual({ ...DEFAULT_DELIVERY_SETTINGS, callsPerMinute: 7 });
  });

  test('may be zero, and may have more than this version knows', () => {
    const json = withSetting('updateIntervalSeconds', 0).replace('{', '{"newer":true,');
    const settings = readDeliverySettings(json);
    expect(settings.updateIntervalSeconds).toBe(0);
    expect(settings).not.toHaveProperty('newer');
  });

  test.each(NAMES)('need %s: a missing one says that stack and bundle differ', (name) => {
    const error = `The delivery setting ${name} is not a number of at least zero; deploy again.`;
    for (const value of [undefined, null, '5', -1, [5]]) {
      expect(() => readDeliverySettings(withSetting(name, value))).toThrow(error);
    }
  });

  test.each(['null', '[]', '5', '{}'])('are not %s', (json) => {
    expect(() => readDeliverySettings(json)).toThrow('deploy again');
  });
});

test('the defaults are those that the delivery contract promises', () => {
  expect(DEFAULT_DELIVERY_SETTINGS).toMatchObject({
    retryCapSeconds: 180,
    callTimeoutSeconds: 5,
    updateIntervalSeconds: 60,
    circuitCapSeconds: 60,
  });
  expect(DEFAULT_DELIVERY_SETTINGS).not.toHaveProperty('missingKeyRetrySeconds');
});

describe('the deduplication window', () => {
  test.each([
    { updateIntervalSeconds: 60, window: 15_000 },
    { updateIntervalSeconds: 10, window: 2_500 },
    { updateIntervalSeconds: 0, window: 0 },
  ])('is $window ms for an interval of $updateIntervalSeconds s', ({ window, ...settings }) => {
    expect(deduplicationWindowOf(settings)).toBe(window);
  });
});

describe('the longest wait after a failure', () => {
  test.each([
    { days: 1, minutes: 3 },
    { days: 25 / 24, minutes: 3 },
    { days: 2, minutes: 5.76 },
    { days: 13, minutes: 37.44 },
  ])('is $minutes min when events are given up after $days d', ({ days, minutes }) => {
    const settings = { retryCapSeconds: 180, giveUpAfterSeconds: days * 86_400 };
    expect(retryCapOf(settings)).toBeCloseTo(minutes * 60_000, 6);
  });
});

describe('the longest wait after a failure', () => {
  test.each([
    { case: 'is the cap of the retries', retryCapSeconds: 180, circuitCapSeconds: 60, wait: 180 },
    { case: 'is the circuit breaker', retryCapSeconds: 180, circuitCapSeconds: 100, wait: 281.25 },
    {
      case: 'is a 500th of the time until giving up',
      retryCapSeconds: 180,
      circuitCapSeconds: 60,
      giveUpAfterSeconds: 500_000,
      wait: 1000,
    },
  ])('$case: $wait s', ({ wait, ...settings }) => {
    expect(longestWaitOf({ ...DEFAULT_DELIVERY_SETTINGS, ...settings })).toBe(wait * 1000);
  });
});
