import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import type { QueuedMessage } from '../../../lambda/delivery/intake.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/delivery/settings.ts';
import {
  type DeliveryBench,
  deliveryBench,
  NOW,
  OUTCOMES,
  queued,
  viewOf,
} from '../../support/delivery-fixtures.ts';

const HOUR = 3_600_000;

/** What became of each message, in the order of the batch: its cause and its wait if it waits. */
async function deliver(
  { context }: DeliveryBench,
  batch: readonly QueuedMessage[],
  deadline = context.now() + 60_000,
) {
  const { settled } = await deliverBatch(batch, deadline, context);
  return batch.map((message) => {
    const disposition = settled.find((one) => one.message === message)?.disposition;
    if (disposition === undefined) throw new Error('A message was not settled.');
    return disposition.kind === 'waiting'
      ? { cause: disposition.cause, wait: disposition.wait }
      : { cause: disposition.kind, wait: 0 };
  });
}

const views = (count: number, more: object = {}): QueuedMessage[] =>
  Array.from({ length: count }, (_, view) => queued({ view: String(view), ...more }));

describe('a call that failed', () => {
  test('makes all events of its incident wait, by the back-off of the one that spoke', async () => {
    const bench = deliveryBench(() => OUTCOMES.unavailable);
    const batch = [queued({ receiveCount: 9, at: NOW - 2 }), queued({ receiveCount: 4 })];
    expect(await deliver(bench, batch)).toEqual([
      { cause: 'unavailable', wait: 450_000 },
      { cause: 'unavailable', wait: 450_000 },
    ]);
  });

  test('makes them wait for as long as PagerDuty asks', async () => {
    const bench = deliveryBench(() => ({ ...OUTCOMES.unavailable, retryAfter: 1_800_000 }));
    expect(await deliver(bench, [queued()])).toEqual([{ cause: 'unavailable', wait: 1_800_000 }]);
  });

  test('ends in giving up at the age of the stage, and only after a last call', async () => {
    const bench = deliveryBench(() => OUTCOMES.unavailable);
    const old = [
      queued({ view: '1', sentAt: NOW - 24 * HOUR }),
      queued({ view: '2', sentAt: NOW - 24 * HOUR + 1, receiveCount: 999 }),
    ];
    expect(await deliver(bench, old)).toMatchObject([{ cause: 'dead' }, { cause: 'unavailable' }]);
    expect(bench.sent).toHaveLength(2);
  });

  test('at any age does not keep an event from being delivered', async () => {
    const bench = deliveryBench();
    expect(await deliver(bench, [queued({ sentAt: NOW - 300 * HOUR })])).toMatchObject([
      { cause: 'delivered' },
    ]);
  });

  test('by a mistake of the bridge waits and is given up, and its neighbours are delivered', async () => {
    const bench = deliveryBench((event) => {
      if (viewOf(event) === 'bad') throw new TypeError('undefined is not a function');
      return OUTCOMES.delivered;
    });
    const batch = [
      queued({ view: 'bad' }),
      queued({ view: 'good' }),
      queued({ view: 'bad', environment: 'b', sentAt: NOW - 24 * HOUR }),
    ];
    expect(await deliver(bench, batch)).toMatchObject([
      { cause: 'internal_error', wait: 2_500 },
      { cause: 'delivered' },
      { cause: 'dead' },
    ]);
  });
});

describe('a missing key', () => {
  test('makes its events wait, without a call, for up to a minute; the others are delivered', async () => {
    const bench = deliveryBench();
    const batch = [queued({ environment: 'keyless' }), queued()];
    expect(await deliver(bench, batch)).toEqual([
      { cause: 'key_missing', wait: 45_000 },
      { cause: 'delivered', wait: 0 },
    ]);
    expect(bench.sent).toHaveLength(1);
  });

  test('is found again when it is set', async () => {
    const bench = deliveryBench();
    await deliver(bench, [queued({ environment: 'keyless' })]);
    bench.keys.known.set('keyless', 'keylessKEY0123456789abcdefghijkl');
    expect(await deliver(bench, [queued({ environment: 'keyless' })])).toMatchObject([
      { cause: 'delivered' },
    ]);
  });

  test('does not open the circuit', async () => {
    const bench = deliveryBench();
    await deliver(bench, views(50, { environment: 'keyless' }));
    expect(await deliver(bench, [queued()])).toMatchObject([{ cause: 'delivered' }]);
  });
});

describe('PagerDuty out of reach', () => {
  test('costs as many calls as may be under way, and then one probe a batch', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await deliver(bench, views(200));
    const first = bench.sent.length;
    expect(first).toBeLessThanOrEqual(3 + DEFAULT_DELIVERY_SETTINGS.concurrentCalls);
    const waits = await deliver(bench, views(200));
    expect(bench.sent).toHaveLength(first);
    expect(new Set(waits.map(({ cause }) => cause))).toEqual(new Set(['circuit_open']));
    bench.wait(60_000);
    await deliver(bench, views(200, { at: NOW + 30_000 }));
    expect(bench.sent).toHaveLength(first + 1);
  });

  test('is noticed to be over by one probe, and the rest of that batch is delivered', async () => {
    let down = true;
    const bench = deliveryBench(() => (down ? OUTCOMES.unreachable : OUTCOMES.delivered));
    await deliver(bench, views(20));
    down = false;
    bench.wait(60_000);
    const ends = await deliver(bench, views(20));
    expect(new Set(ends.map(({ cause }) => cause))).toEqual(new Set(['delivered']));
  });

  test('is probed with the event that failed least', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await deliver(bench, views(20));
    bench.wait(60_000);
    const before = bench.sent.length;
    await deliver(bench, [
      queued({ view: 'poison', receiveCount: 90, value: 90 }),
      queued({ view: 'fresh', receiveCount: 1 }),
    ]);
    expect(bench.views().slice(before)).toEqual(['fresh']);
  });

  test('is probed with an event that has a key, if there is one', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await deliver(bench, views(20));
    bench.wait(60_000);
    const before = bench.sent.length;
    await deliver(bench, [
      ...views(20, { environment: 'keyless' }),
      queued({ view: 'good', receiveCount: 2 }),
    ]);
    expect(bench.views().slice(before)).toEqual(['good']);
  });

  test('does not give up an event that is old enough, but was younger at the last call', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await deliver(bench, views(20));
    bench.wait(1_000);
    const batch = [
      queued({ view: 'x', sentAt: NOW + 500 - 24 * HOUR }),
      queued({ view: 'y', sentAt: NOW - 500 - 24 * HOUR }),
    ];
    expect(await deliver(bench, batch)).toMatchObject([
      { cause: 'circuit_open' },
      { cause: 'dead' },
    ]);
  });
});

describe('an event that PagerDuty cannot digest', () => {
  const bench = () =>
    deliveryBench((event) =>
      viewOf(event) === 'poison' ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );

  test('does not open the circuit, however often it fails', async () => {
    const poisoned = bench();
    for (let i = 0; i < 50; i++) {
      poisoned.wait(1_000);
      const at = NOW + i * 1_000;
      await deliver(poisoned, [queued({ view: 'poison', at, receiveCount: i + 1 })]);
    }
    expect(await deliver(poisoned, [queued()])).toMatchObject([{ cause: 'delivered' }]);
  });

  test('does not use up the calls of its key, however often it comes', async () => {
    const poisoned = bench();
    for (let second = 0; second < 600; second++) {
      const at = NOW + second * 1_000;
      await deliver(poisoned, [queued({ view: 'poison', at }), queued({ view: 'good', at })]);
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
    const ends = await deliver(bench, [...views(4), queued({ environment: 'b' })]);
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
    await deliver(bench, [queued()]);
    bench.wait(119_999);
    expect(await deliver(bench, [queued()])).toEqual([{ cause: 'key_throttled', wait: 1 }]);
    bench.wait(1);
    expect(await deliver(bench, [queued()])).toMatchObject([{ cause: 'delivered' }]);
  });

  test('holds every service that has the same key', async () => {
    const bench = deliveryBench(() => OUTCOMES.throttled);
    bench.keys.known.set('bank', bench.keys.known.get('shop') ?? '');
    await deliver(bench, [queued({ environment: 'a' })]);
    expect(await deliver(bench, [queued({ environment: 'b' })])).toMatchObject([
      { cause: 'key_throttled' },
    ]);
  });

  test('does not hold a key that was rotated', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? OUTCOMES.throttled : OUTCOMES.delivered,
    );
    await deliver(bench, [queued()]);
    bench.keys.known.set('shop', 'rotated0123456789abcdefghijklmno');
    expect(await deliver(bench, [queued()])).toMatchObject([{ cause: 'delivered' }]);
  });
});

describe('the rate limit', () => {
  test('makes what does not fit wait for its slot; other keys flow', async () => {
    const bench = deliveryBench();
    const ends = await deliver(bench, [...views(500), queued({ environment: 'b' })]);
    const paced = ends.filter(({ cause }) => cause === 'paced').map(({ wait }) => wait);
    expect(ends.at(-1)?.cause).toBe('delivered');
    expect(bench.sent.length + paced.length).toBe(501);
    // Half of a share of 60 at once, and one event a slot from then on.
    expect(bench.sent.length).toBeLessThanOrEqual(1 + 60);
    expect(bench.sent.length).toBeGreaterThanOrEqual(1 + 30);
    const order = paced.toSorted((a, b) => a - b);
    expect(order[1]).toBeCloseTo((order[0] ?? NaN) + 61_000 / 60, 3);
    expect(order.at(-1)).toBeLessThan(500 * 1100);
  });

  test('never gives up what it makes wait', async () => {
    const bench = deliveryBench();
    const ends = await deliver(bench, views(100, { sentAt: NOW - 200 * HOUR }));
    expect(new Set(ends.map(({ cause }) => cause))).toEqual(new Set(['delivered', 'paced']));
  });

  test('lets the most urgent through first', async () => {
    const bench = deliveryBench();
    const ends = await deliver(bench, [...views(200), queued({ view: 'x', value: 90 })]);
    expect(ends.at(-1)?.cause).toBe('delivered');
  });
});

describe('a function that runs out of time', () => {
  test('gives back what it cannot call about any more', async () => {
    const bench = deliveryBench(() => {
      bench.wait(9_000);
      return OUTCOMES.delivered;
    });
    const ends = await deliver(bench, views(100), NOW + 60_000);
    const causes = Map.groupBy(ends, ({ cause }) => cause);
    expect([...causes.keys()]).toEqual(['delivered', 'out_of_time']);
    expect(bench.context.now()).toBeLessThanOrEqual(NOW + 57_000);
    expect(causes.get('out_of_time')?.[0]).toEqual({ cause: 'out_of_time', wait: 0 });
  });

  test('makes no call at all when it is late already, and gives up nothing', async () => {
    const bench = deliveryBench();
    const ends = await deliver(bench, views(10, { sentAt: 0 }), NOW + 5_000);
    expect(new Set(ends.map(({ cause }) => cause))).toEqual(new Set(['out_of_time']));
    expect(bench.sent).toEqual([]);
  });

  test('still says what can never be delivered', async () => {
    const bench = deliveryBench();
    expect(await deliver(bench, [queued({ body: 'x' })], NOW)).toMatchObject([{ cause: 'dead' }]);
  });
});
