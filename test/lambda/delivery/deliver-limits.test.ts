import { describe, expect, test } from '@jest/globals';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/delivery/settings.ts';
import { endsOf, incidents } from '../../support/delivery-ends.ts';
import {
  type DeliveryBench,
  deliveryBench,
  NOW,
  OUTCOMES,
  queued,
  viewOf,
} from '../../support/delivery-fixtures.ts';

const HOUR = 3_600_000;

/** A PagerDuty that answers 503 to one incident only. */
function poisonedBench(): DeliveryBench {
  return deliveryBench((event) =>
    viewOf(event) === 'poison' ? OUTCOMES.unavailable : OUTCOMES.delivered,
  );
}

describe('an event that PagerDuty cannot digest', () => {
  test('does not open the circuit, however often it fails', async () => {
    const poisoned = poisonedBench();
    for (let i = 0; i < 50; i++) {
      poisoned.wait(1_000);
      const at = NOW + i * 1_000;
      await endsOf(poisoned, [queued({ view: 'poison', at, receiveCount: i + 1 })]);
    }
    expect(await endsOf(poisoned, [queued()])).toMatchObject([{ cause: 'delivered' }]);
  });

  test('does not use up the calls of its key, however often it comes', async () => {
    const poisoned = poisonedBench();
    for (let second = 0; second < 600; second++) {
      const at = NOW + second * 1_000;
      await endsOf(poisoned, [queued({ view: 'poison', at }), queued({ view: 'good', at })]);
      poisoned.wait(1_000);
    }
    const seen = Map.groupBy(poisoned.views(), (view) => view);
    expect(seen.get('poison')?.length).toBeLessThanOrEqual(20);
    expect(seen.get('good')).toHaveLength(10);
  });
});

describe('a 429', () => {
  test('defers the other events of its key without a call, and no event of another key', async () => {
    const bench = deliveryBench(
      (event) => (viewOf(event) === '0' ? OUTCOMES.throttled : OUTCOMES.delivered),
      { settings: { ...DEFAULT_DELIVERY_SETTINGS, concurrentCalls: 1 } },
    );
    const ends = await endsOf(bench, [...incidents(4), queued({ environment: 'b' })]);
    expect(ends).toMatchObject([
      { cause: 'throttled' },
      { cause: 'key_throttled' },
      { cause: 'key_throttled' },
      { cause: 'key_throttled' },
      { cause: 'delivered' },
    ]);
    expect(bench.sent).toHaveLength(2);
  });

  test('with a Retry-After holds the key for that long', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? { ...OUTCOMES.throttled, retryAfter: 120_000 } : OUTCOMES.delivered,
    );
    await endsOf(bench, [queued()]);
    bench.wait(119_999);
    expect(await endsOf(bench, [queued()])).toEqual([{ cause: 'key_throttled', wait: 1 }]);
    bench.wait(1);
    expect(await endsOf(bench, [queued()])).toMatchObject([{ cause: 'delivered' }]);
  });

  test('holds every service that has the same key', async () => {
    const bench = deliveryBench(() => OUTCOMES.throttled);
    bench.keys.known.set('bank', bench.keys.known.get('shop') ?? '');
    await endsOf(bench, [queued({ environment: 'a' })]);
    expect(await endsOf(bench, [queued({ environment: 'b' })])).toMatchObject([
      { cause: 'key_throttled' },
    ]);
  });

  test('does not hold a key that was rotated', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? OUTCOMES.throttled : OUTCOMES.delivered,
    );
    await endsOf(bench, [queued()]);
    bench.keys.known.set('shop', 'rotated0123456789abcdefghijklmno');
    expect(await endsOf(bench, [queued()])).toMatchObject([{ cause: 'delivered' }]);
  });
});

describe('the rate limit', () => {
  test('makes what does not fit wait for its slot; other keys flow', async () => {
    const bench = deliveryBench();
    const ends = await endsOf(bench, [...incidents(500), queued({ environment: 'b' })]);
    const paced = ends.filter(({ cause }) => cause === 'paced').map(({ wait }) => wait);
    expect(ends.at(-1)?.cause).toBe('delivered');
    expect(bench.sent.length + paced.length).toBe(501);
    // Half of a share of 60 at once, and one event a slot of the key from then on.
    expect(bench.sent.length).toBeLessThanOrEqual(1 + 60);
    expect(bench.sent.length).toBeGreaterThanOrEqual(1 + 30);
    const order = paced.toSorted((a, b) => a - b);
    expect(order[1]).toBeCloseTo((order[0] ?? NaN) + 61_000 / 120, 3);
    expect(order.at(-1)).toBeLessThan(500 * 1100);
  });

  test('never gives up what it makes wait', async () => {
    const bench = deliveryBench();
    const ends = await endsOf(bench, incidents(100, { sentAt: NOW - 200 * HOUR }));
    expect(new Set(ends.map(({ cause }) => cause))).toEqual(new Set(['delivered', 'paced']));
  });

  test('lets the most urgent through first', async () => {
    const bench = deliveryBench();
    const ends = await endsOf(bench, [...incidents(200), queued({ view: 'x', value: 90 })]);
    expect(ends.at(-1)?.cause).toBe('delivered');
  });
});

describe('a function that runs out of time', () => {
  test('gives back what it cannot call about any more', async () => {
    const bench = deliveryBench(() => {
      bench.wait(9_000);
      return OUTCOMES.delivered;
    });
    const ends = await endsOf(bench, incidents(100), NOW + 60_000);
    const causes = Map.groupBy(ends, ({ cause }) => cause);
    expect([...causes.keys()]).toEqual(['delivered', 'out_of_time']);
    expect(bench.context.now()).toBeLessThanOrEqual(NOW + 57_000);
    expect(causes.get('out_of_time')?.[0]).toEqual({ cause: 'out_of_time', wait: 0 });
  });

  test('makes no call at all when it is late already, and gives up nothing', async () => {
    const bench = deliveryBench();
    const ends = await endsOf(bench, incidents(10, { sentAt: 0 }), NOW + 5_000);
    expect(new Set(ends.map(({ cause }) => cause))).toEqual(new Set(['out_of_time']));
    expect(bench.sent).toEqual([]);
  });

  test('still says what can never be delivered', async () => {
    const bench = deliveryBench();
    expect(await endsOf(bench, [queued({ body: 'x' })], NOW)).toMatchObject([{ cause: 'dead' }]);
  });
});
