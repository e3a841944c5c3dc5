import { describe, expect, test } from '@jest/globals';

import {
  integrationKeys,
  parseIntegrationKeysSecret,
} from '../../../lambda/delivery/keys/integration-keys.ts';
import {
  DEFAULT_DELIVERY_SETTINGS,
  type DeliverySettings,
} from '../../../lambda/shared/delivery-settings.ts';
import { cached } from '../../../lambda/shared/secret.ts';
import { deliveryBench, OUTCOMES, viewOf } from '../../support/delivery-bench.ts';
import { again, causesOf, incidents } from '../../support/delivery-ends.ts';
import { KEYS, NOW, queued } from '../../support/delivery-fixtures.ts';

const MINUTE = 60_000;
const CRITICAL = 90;

/** Delivery with real keys, whose secret a test changes. */
function setUp(settings: Partial<DeliverySettings> = {}) {
  const secret = { text: JSON.stringify(KEYS), reads: 0 };
  const accepted = new Set<string>();
  const outcomeOf = (key: string) => (accepted.has(key) ? OUTCOMES.delivered : OUTCOMES.keyRefused);
  let keyOfCheck = '';
  const bench = deliveryBench(
    (event) => {
      keyOfCheck = event.routing_key;
      return outcomeOf(event.routing_key);
    },
    {
      check: () => outcomeOf(keyOfCheck),
      settings: { ...DEFAULT_DELIVERY_SETTINGS, ...settings },
    },
  );
  const keys = integrationKeys(
    cached({
      read: async () => {
        secret.reads += 1;
        return parseIntegrationKeysSecret(secret.text);
      },
      timeToLive: 5 * MINUTE,
      refreshInterval: 1_000,
      now: bench.context.now,
      onStale: () => undefined,
    }),
  );
  return { secret, accepted, bench: { ...bench, context: { ...bench.context, keys } } };
}

describe('a key that PagerDuty refuses', () => {
  test('is read again once a minute, and called once a minute at most', async () => {
    const { bench, secret } = setUp();
    for (let second = 0; second < 600; second++) {
      await causesOf(bench, [queued({ view: String(second), at: NOW + second * 1000 })]);
      bench.wait(1_000);
    }
    expect(bench.sent.length).toBeLessThanOrEqual(16);
    expect(secret.reads).toBeGreaterThanOrEqual(10);
    expect(secret.reads).toBeLessThanOrEqual(24);
    expect(bench.checks.length).toBeLessThanOrEqual(11);
  });

  test('is replaced by a new one within a minute', async () => {
    const { bench, secret, accepted } = setUp();
    const page = queued();
    expect(await causesOf(bench, [page])).toEqual(['key_refused']);
    const newKey = 'rotated0123456789abcdefghijklmno';
    accepted.add(newKey);
    secret.text = JSON.stringify({ shop: newKey });
    bench.wait(MINUTE + 1);
    expect(await causesOf(bench, [again(page)])).toEqual(['delivered']);
    expect(bench.sent.at(-1)?.event.routing_key).toBe(newKey);
  });

  test('is read again without a call of the old one, while its probes are rare', async () => {
    const { bench, secret, accepted } = setUp({ circuitCapSeconds: 600 });
    for (let i = 0; i < 30; i++) {
      await causesOf(bench, [queued({ view: String(i), at: NOW + i * 10_000 })]);
      bench.wait(10_000);
    }
    const before = bench.sent.length;
    const newKey = 'rotated0123456789abcdefghijklmno';
    accepted.add(newKey);
    secret.text = JSON.stringify({ shop: newKey });
    bench.wait(MINUTE);
    expect(await causesOf(bench, [queued({ view: 'page' })])).toEqual(['delivered']);
    expect(bench.sent.slice(before).map(({ event }) => event.routing_key)).toEqual([newKey]);
  });

  test('delivers again when PagerDuty accepts it again', async () => {
    const { bench, accepted } = setUp();
    const page = queued({ view: 'page' });
    await causesOf(bench, [page]);
    accepted.add(KEYS['shop'] ?? '');
    bench.wait(MINUTE + 10_000);
    expect(await causesOf(bench, [again(page)])).toEqual(['delivered']);
    expect(await causesOf(bench, incidents(5))).toEqual(Array(5).fill('delivered'));
  });

  test('is probed with another event after one that may be refused for itself', async () => {
    let isKeyRefused = true;
    const bench = deliveryBench(
      (event) =>
        isKeyRefused || viewOf(event) === 'bad' ? OUTCOMES.keyRefused : OUTCOMES.delivered,
      { check: () => (isKeyRefused ? OUTCOMES.keyRefused : OUTCOMES.delivered) },
    );
    const bad = queued({ view: 'bad', value: CRITICAL });
    const good = queued({ view: 'good' });
    expect(await causesOf(bench, [bad, good])).toEqual(['key_refused', 'key_refused']);
    isKeyRefused = false;
    bench.wait(6_000);
    expect(await causesOf(bench, [again(bad), again(good)])).toEqual([
      'key_refused',
      'key_refused',
    ]);
    bench.wait(12_000);
    expect(await causesOf(bench, [again(bad, 2), again(good, 2)])).toEqual([
      'incident_failing',
      'delivered',
    ]);
  });
});
