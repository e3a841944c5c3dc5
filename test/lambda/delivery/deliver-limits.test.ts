import { describe, expect, test } from '@jest/globals';

import { newInstanceState } from '../../../lambda/delivery/instance-state.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import {
  type DeliveryBench,
  deliveryBench,
  OUTCOMES,
  viewOf,
} from '../../support/delivery-bench.ts';
import { causesOf, endsOf, incidents } from '../../support/delivery-ends.ts';
import { NOW, queued } from '../../support/delivery-fixtures.ts';

const HOUR = 3_600_000;
const CRITICAL = 90;

/** How many of the causes there are of each. */
function countsOf(causes: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(causes, (cause) => cause);
  return Object.fromEntries([...groups].map(([cause, all]) => [cause, all.length]));
}

/** A PagerDuty that cannot process the events of one view. */
function poisonedBench(outcome: 'unavailable' | 'unanswered'): DeliveryBench {
  return deliveryBench((event) =>
    viewOf(event) === 'poison' ? OUTCOMES[outcome] : OUTCOMES.delivered,
  );
}

describe.each(['unavailable', 'unanswered'] as const)(
  'an event that PagerDuty cannot process: %s',
  (outcome) => {
    test('does not open the circuit breaker, however often it fails', async () => {
      const poisoned = poisonedBench(outcome);
      for (let i = 0; i < 50; i++) {
        poisoned.wait(1_000);
        const at = NOW + i * 1_000;
        await causesOf(poisoned, [queued({ view: 'poison', at, receiveCount: i + 1 })]);
      }
      expect(await causesOf(poisoned, [queued()])).toEqual(['delivered']);
    });

    test('does not use up the calls of its key, however often it comes', async () => {
      const poisoned = poisonedBench(outcome);
      for (let second = 0; second < 600; second++) {
        const at = NOW + second * 1_000;
        await causesOf(poisoned, [queued({ view: 'poison', at }), queued({ view: 'good', at })]);
        poisoned.wait(1_000);
      }
      const seen = Map.groupBy(poisoned.views(), (view) => view);
      expect(seen.get('poison')?.length).toBeLessThanOrEqual(20);
      // One opening, and then an update per interval, a little early.
      expect(seen.get('good')?.length).toBeGreaterThanOrEqual(10);
      expect(seen.get('good')?.length).toBeLessThanOrEqual(11);
    });
  },
);

describe('a 429', () => {
  test('makes the other events of its key wait without a call, and no event of another key', async () => {
    const bench = deliveryBench(
      (event) => (viewOf(event) === '0' ? OUTCOMES.throttled : OUTCOMES.delivered),
      { settings: { ...DEFAULT_DELIVERY_SETTINGS, concurrentCalls: 1 } },
    );
    const causes = await causesOf(bench, [...incidents(4), queued({ environment: 'b' })]);
    expect(causes).toEqual([
      'throttled',
      'key_throttled',
      'key_throttled',
      'key_throttled',
      'delivered',
    ]);
    expect(bench.sent).toHaveLength(2);
  });

  test('with a Retry-After cools the key down for that long', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? { ...OUTCOMES.throttled, retryAfter: 120_000 } : OUTCOMES.delivered,
    );
    expect(await endsOf(bench, [queued()])).toEqual([{ cause: 'throttled', wait: 120_000 }]);
    bench.wait(119_999);
    const critical = queued({ view: 'other', value: CRITICAL });
    expect(await endsOf(bench, [critical])).toEqual([{ cause: 'key_throttled', wait: 1 }]);
    bench.wait(1);
    expect(await causesOf(bench, [critical])).toEqual(['delivered']);
  });

  test('is one for all services that have the same key', async () => {
    const bench = deliveryBench(() => OUTCOMES.throttled);
    bench.keys.known.set('bank', bench.keys.known.get('shop') ?? '');
    await causesOf(bench, [queued({ environment: 'a' })]);
    expect(await causesOf(bench, [queued({ environment: 'b' })])).toEqual(['key_throttled']);
  });

  test('is none for a key that was rotated', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? OUTCOMES.throttled : OUTCOMES.delivered,
    );
    await causesOf(bench, [queued()]);
    bench.keys.known.set('shop', 'rotated0123456789abcdefghijklmno');
    expect(await causesOf(bench, [queued()])).toEqual(['delivered']);
  });
});

describe('the rate limit', () => {
  test('makes what does not fit wait for its slot; other keys are not affected', async () => {
    const bench = deliveryBench();
    const ends = await endsOf(bench, [...incidents(500), queued({ environment: 'b' })]);
    const paced = ends.filter(({ cause }) => cause === 'paced').map(({ wait }) => wait);
    expect(ends.at(-1)?.cause).toBe('delivered');
    expect(bench.sent.length).toBe(1 + 30);
    expect(bench.sent.length + paced.length).toBe(501);
    // One event per slot of the key, whichever instance it comes back to.
    const order = paced.toSorted((a, b) => a - b);
    expect(order[0]).toBe(3_000);
    expect(order[1]).toBeCloseTo(3_000 + 61_000 / 120, 3);
    expect(order.at(-1)).toBeLessThan(500 * 1100);
  });

  test('never gives up what it makes wait', async () => {
    const bench = deliveryBench();
    const causes = await causesOf(bench, incidents(100, { sentAt: NOW - 200 * HOUR }));
    expect(countsOf(causes)).toEqual({ delivered: 30, paced: 70 });
  });

  test('admits high calls first, up to the whole share', async () => {
    const bench = deliveryBench();
    const high = Array.from({ length: 70 }, (_, i) => queued({ view: `h${i}`, value: CRITICAL }));
    expect(countsOf(await causesOf(bench, high))).toEqual({ delivered: 60, paced: 10 });
  });

  test('leaves a slot for a critical page behind any number of others', async () => {
    const bench = deliveryBench();
    await causesOf(bench, incidents(200));
    for (let second = 0; second < 60; second += 20) {
      bench.wait(20_000);
      await causesOf(bench, incidents(200, { at: NOW + second * 1000 }));
      const page = queued({ view: `page${second}`, value: CRITICAL });
      expect(await causesOf(bench, [page])).toEqual(['delivered']);
    }
  });

  test('holds lower classes back while a high call waits for its slot', async () => {
    const bench = deliveryBench();
    const high = Array.from({ length: 61 }, (_, i) => queued({ view: `h${i}`, value: CRITICAL }));
    await causesOf(bench, high);
    bench.wait(61_500);
    // All slots are free again, and the high call that waits has a second more to come back.
    expect(await causesOf(bench, [queued({ view: 'low' })])).toEqual(['paced']);
    expect(await causesOf(bench, [queued({ view: 'h60', value: CRITICAL })])).toEqual([
      'delivered',
    ]);
    expect(await causesOf(bench, [queued({ view: 'low' })])).toEqual(['delivered']);
  });

  test('ends such a wait by itself when the high call does not come back to this instance', async () => {
    const bench = deliveryBench();
    const high = Array.from({ length: 61 }, (_, i) => queued({ view: `h${i}`, value: CRITICAL }));
    await causesOf(bench, high);
    bench.wait(62_000);
    expect(await causesOf(bench, [queued({ view: 'low' })])).toEqual(['delivered']);
  });

  test('gives updates a third of the share: the others wait for another interval', async () => {
    const bench = deliveryBench();
    await causesOf(bench, incidents(30));
    bench.wait(62_000);
    const ends = await endsOf(bench, incidents(30, { at: NOW + 61_000 }));
    expect(countsOf(ends.map(({ cause }) => cause))).toEqual({ delivered: 20, paced: 10 });
    const waits = ends.filter(({ cause }) => cause === 'paced').map(({ wait }) => wait);
    expect(new Set(waits)).toEqual(new Set([90_000]));
  });

  test('assumes that a new instance follows one that has used half of its share', async () => {
    const bench = deliveryBench(undefined, { state: newInstanceState(NOW) });
    expect(countsOf(await causesOf(bench, incidents(60)))).toEqual({ delivered: 27, paced: 33 });
    const critical = Array.from({ length: 40 }, (_, i) =>
      queued({ view: `h${i}`, value: CRITICAL }),
    );
    expect(countsOf(await causesOf(bench, critical))).toEqual({ delivered: 33, paced: 7 });
  });
});

describe('a function that runs out of time', () => {
  test('gives back the events about which it can make no further call', async () => {
    const bench = deliveryBench(() => {
      bench.wait(4_000);
      return OUTCOMES.delivered;
    });
    const ends = await endsOf(bench, incidents(100), NOW + 60_000);
    const causes = Map.groupBy(ends, ({ cause }) => cause);
    expect(causes.get('out_of_time')?.[0]).toEqual({ cause: 'out_of_time', wait: 0 });
    expect(bench.context.now()).toBeLessThanOrEqual(NOW + 57_000);
  });

  test('makes no call at all when it is late already, and gives up nothing', async () => {
    const bench = deliveryBench();
    const causes = await causesOf(bench, incidents(10, { sentAt: 0 }), NOW + 5_000);
    expect(countsOf(causes)).toEqual({ out_of_time: 10 });
    expect(bench.sent).toEqual([]);
  });

  test('still makes dead letters of what can never be delivered', async () => {
    const bench = deliveryBench();
    expect(await causesOf(bench, [queued({ body: 'x' })], NOW)).toEqual(['deadLetter']);
  });
});
