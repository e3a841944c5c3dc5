import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import { deliveryBench, OUTCOMES, viewOf } from '../../support/delivery-bench.ts';
import { again, causesOf, dispositionsOf, incidents } from '../../support/delivery-ends.ts';
import { NOW, queued } from '../../support/delivery-fixtures.ts';

const CRITICAL = 90;

describe('a batch', () => {
  test('makes one call per subject: the newest content, the highest severity, the count', async () => {
    const bench = deliveryBench();
    const batch = [
      queued({ value: CRITICAL, at: NOW - 3_000 }),
      queued({ value: 42, at: NOW - 1_000 }),
      queued({ value: 31, at: NOW - 2_000 }),
    ];
    expect(await causesOf(bench, batch)).toEqual(['deduplicated', 'delivered', 'deduplicated']);
    expect(bench.sent).toHaveLength(1);
    expect(bench.sent[0]?.event.payload).toMatchObject({
      severity: 'critical',
      custom_details: {
        value: 42,
        event_severity: 'warning',
        deduplicated: {
          count: 3,
          first: '2026-03-01T11:59:57.000Z',
          last: '2026-03-01T11:59:59.000Z',
        },
      },
    });
  });

  test('makes a call for a threshold and another for a limit of one incident', async () => {
    const bench = deliveryBench();
    expect(await causesOf(bench, [queued(), queued({ isLimit: true })])).toEqual([
      'delivered',
      'delivered',
    ]);
    expect(bench.sent.map(({ event }) => event.payload.class).toSorted()).toEqual([
      'limit-reached',
      'threshold-exceeded',
    ]);
    expect(new Set(bench.sent.map(({ event }) => event.dedup_key)).size).toBe(1);
  });

  test('counts what a replay deduplicated into its events, and takes their severity', async () => {
    const bench = deliveryBench();
    const deduplicated = { count: 5, first: NOW - 9_000, last: NOW - 4_000, ratio: 3 };
    const batch = [
      queued({ deduplicated, at: NOW - 3_000 }),
      queued({ value: 31, at: NOW - 1_000 }),
    ];
    expect(await causesOf(bench, batch)).toEqual(['deduplicated', 'delivered']);
    expect(bench.sent[0]?.event.payload).toMatchObject({
      severity: 'critical',
      custom_details: {
        value: 31,
        deduplicated: {
          count: 7,
          first: '2026-03-01T11:59:51.000Z',
          last: '2026-03-01T11:59:59.000Z',
        },
      },
    });
  });

  test('sends each event with the key of its own service', async () => {
    const bench = deliveryBench();
    await causesOf(bench, [queued({ environment: 'a' }), queued({ environment: 'b' })]);
    expect(bench.sent.map(({ event }) => event.routing_key.slice(0, 7)).toSorted()).toEqual([
      'bankKEY',
      'shopKEY',
    ]);
  });

  test('sends high calls first, then openers, then updates, and the oldest of each', async () => {
    const bench = deliveryBench();
    await causesOf(bench, [queued({ view: 'known', at: NOW - 90_000 })]);
    bench.wait(60_000);
    const at = NOW + 59_000;
    await causesOf(bench, [
      queued({ view: 'known', at, sentAt: NOW }),
      queued({ view: 'new', at, sentAt: NOW + 3 }),
      queued({ view: 'old', at, sentAt: NOW + 1 }),
      queued({ view: 'critical', value: CRITICAL, at, sentAt: NOW + 4 }),
      queued({ view: 'raised', value: CRITICAL, at, sentAt: NOW + 2 }),
    ]);
    expect(bench.views()).toEqual(['known', 'raised', 'critical', 'old', 'new', 'known']);
  });

  test('makes dead letters of what can never be delivered, and delivers the rest', async () => {
    const bench = deliveryBench();
    const batch = [
      queued({ body: 'not ours' }),
      queued({ environment: 'nowhere' }),
      queued({ view: 'ignored' }),
      queued(),
    ];
    expect(await dispositionsOf(bench, batch)).toMatchObject([
      { kind: 'deadLetter', reason: 'malformed' },
      { kind: 'deadLetter', reason: 'no_route' },
      { kind: 'deadLetter', reason: 'no_route' },
      { kind: 'delivered' },
    ]);
  });

  test('that is empty makes no call', async () => {
    const bench = deliveryBench();
    expect(await causesOf(bench, [])).toEqual([]);
    expect(bench.sent).toEqual([]);
  });

  test('looks the key of each service up once', async () => {
    const bench = deliveryBench();
    const lookups: string[] = [];
    const { keyOf } = bench.keys;
    const keys = {
      ...bench.keys,
      keyOf: async (service: string) => {
        lookups.push(service);
        return keyOf(service);
      },
    };
    const context = { ...bench.context, keys };
    await causesOf({ ...bench, context }, [...incidents(20), queued({ environment: 'b' })]);
    expect(lookups.toSorted()).toEqual(['bank', 'shop']);
  });
});

/** A PagerDuty whose calls with the key of `shop` never end, and how many calls are under way. */
function hangingShop() {
  const started: string[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const bench = deliveryBench(async ({ routing_key: key }) => {
    started.push(key.slice(0, 4));
    if (key.startsWith('shop')) await released;
    return OUTCOMES.delivered;
  });
  return { bench, started, release };
}

describe('the calls of a batch', () => {
  test('are at most as many at once as the stage allows', async () => {
    let underWay = 0;
    let most = 0;
    const bench = deliveryBench(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await Promise.resolve();
      underWay -= 1;
      return OUTCOMES.delivered;
    });
    await causesOf(bench, [...incidents(30), ...incidents(30, { environment: 'b' })]);
    expect(most).toBe(bench.context.settings.concurrentCalls);
  });

  test('with one key that hangs do not hold up another', async () => {
    const { bench, started, release } = hangingShop();
    const ends = causesOf(bench, [...incidents(20), ...incidents(20, { environment: 'b' })]);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    // Twenty of the bank are done, while seven of the shop hang.
    expect(started.filter((key) => key === 'bank')).toHaveLength(20);
    expect(started.filter((key) => key === 'shop').length).toBeLessThanOrEqual(8);
    release();
    expect(new Set(await ends)).toEqual(new Set(['delivered']));
  });
});

describe('a message that the queue hands over twice', () => {
  test('has one disposition, with the receipt that came last, and counts as one event', async () => {
    const bench = deliveryBench();
    const first = queued({ id: 'twice' });
    const copy = again(first);
    const { processed } = await deliverBatch([first, copy], NOW + 60_000, bench.context);
    expect(processed).toEqual([{ message: copy, disposition: { kind: 'delivered' } }]);
    expect(bench.sent[0]?.event.payload.custom_details).not.toHaveProperty('deduplicated');
  });

  test('is not its own next newest event when PagerDuty refuses it', async () => {
    const bench = deliveryBench((_, call) => (call === 0 ? OUTCOMES.refused : OUTCOMES.delivered));
    const bad = queued({ at: NOW - 1 });
    const good = queued({ at: NOW - 2 });
    const { processed } = await deliverBatch([bad, bad, good], NOW + 60_000, bench.context);
    expect(processed.map(({ disposition }) => disposition.kind)).toEqual([
      'deadLetter',
      'delivered',
    ]);
  });

  test('in two batches needs no second call', async () => {
    const bench = deliveryBench();
    const message = queued();
    await causesOf(bench, [message]);
    bench.wait(3_600_000);
    expect(await causesOf(bench, [again(message)])).toEqual(['deduplicated']);
  });
});

test('an internal error makes its events wait, and its neighbours are delivered', async () => {
  const bench = deliveryBench((event) => {
    if (viewOf(event) === 'bad') throw new TypeError('undefined is not a function');
    return OUTCOMES.delivered;
  });
  const batch = [
    queued({ view: 'bad' }),
    queued({ view: 'good' }),
    queued({ view: 'bad', environment: 'b', sentAt: NOW - 24 * 3_600_000 }),
  ];
  expect(await dispositionsOf(bench, batch)).toMatchObject([
    {
      cause: 'internal_error',
      wait: 3_750,
      detail: 'The bridge failed: TypeError: undefined is not a function',
    },
    { kind: 'delivered' },
    { kind: 'deadLetter', reason: 'retries_exhausted' },
  ]);
});
