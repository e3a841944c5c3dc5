import { describe, expect, test } from '@jest/globals';

import {
  DEFAULT_DELIVERY_SETTINGS,
  readDeliverySettings,
} from '../../../lambda/delivery/settings.ts';

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
