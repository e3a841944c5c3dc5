import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import type { Disposition } from '../../../lambda/delivery/disposition.ts';
import type { QueuedMessage } from '../../../lambda/delivery/intake.ts';
import {
  type DeliveryBench,
  deliveryBench,
  NOW,
  OUTCOMES,
  queued,
  viewOf,
} from '../../support/delivery-fixtures.ts';

/** What became of each message, in the order of the batch. */
async function deliver(
  { context }: DeliveryBench,
  batch: readonly QueuedMessage[],
): Promise<Disposition[]> {
  const { processed } = await deliverBatch(batch, context.now() + 60_000, context);
  expect(processed).toHaveLength(batch.length);
  return batch.map((message) => {
    const found = processed.find((one) => one.message === message);
    if (found === undefined) throw new Error('A message was not settled.');
    return found.disposition;
  });
}

const kinds = (dispositions: readonly Disposition[]): string[] =>
  dispositions.map((disposition) =>
    disposition.kind === 'waiting' ? disposition.cause : disposition.kind,
  );

describe('a batch', () => {
  test('makes one call per incident: the newest event is sent, at the highest severity', async () => {
    const bench = deliveryBench();
    const batch = [
      queued({ value: 90, at: NOW - 3_000 }),
      queued({ value: 42, at: NOW - 1_000 }),
      queued({ value: 31, at: NOW - 2_000 }),
    ];
    expect(kinds(await deliver(bench, batch))).toEqual([
      'deduplicated',
      'delivered',
      'deduplicated',
    ]);
    expect(bench.sent).toHaveLength(1);
    expect(bench.sent[0]?.event.payload).toMatchObject({
      severity: 'critical',
      custom_details: {
        value: 42,
        deduplicated: {
          count: 3,
          first: '2026-03-01T11:59:57.000Z',
          last: '2026-03-01T11:59:59.000Z',
        },
      },
    });
  });

  test('counts what a replay deduplicated into its events, and takes their severity', async () => {
    const bench = deliveryBench();
    const deduplicated = { count: 5, first: NOW - 9_000, last: NOW - 4_000, ratio: 3 };
    const batch = [
      queued({ deduplicated, at: NOW - 3_000 }),
      queued({ value: 31, at: NOW - 1_000 }),
    ];
    expect(kinds(await deliver(bench, batch))).toEqual(['deduplicated', 'delivered']);
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
    await deliver(bench, [queued({ environment: 'a' }), queued({ environment: 'b' })]);
    expect(bench.sent.map(({ event }) => event.routing_key.slice(0, 7))).toEqual([
      'bankKEY',
      'shopKEY',
    ]);
  });

  test('sends the most urgent first, and then what has waited longest', async () => {
    const bench = deliveryBench();
    await deliver(bench, [
      queued({ view: 'new', sentAt: NOW - 1 }),
      queued({ view: 'old', sentAt: NOW - 9_000 }),
      queued({ view: 'critical', value: 90, sentAt: NOW }),
      queued({ view: 'error', environment: 'b', sentAt: NOW }),
    ]);
    expect(bench.views()).toEqual(['critical', 'error', 'old', 'new']);
  });

  test('settles what can never be delivered without a call, and the rest all the same', async () => {
    const bench = deliveryBench();
    const batch = [
      queued({ body: 'not ours' }),
      queued({ environment: 'nowhere' }),
      queued({ view: 'ignored' }),
      queued(),
    ];
    expect(await deliver(bench, batch)).toMatchObject([
      { kind: 'dead', reason: 'malformed' },
      { kind: 'dead', reason: 'no_route' },
      { kind: 'dead', reason: 'no_route' },
      { kind: 'delivered' },
    ]);
  });

  test('of nothing makes no call', async () => {
    const bench = deliveryBench();
    expect(await deliver(bench, [])).toEqual([]);
    expect(bench.sent).toEqual([]);
  });

  test('has at most so many calls under way as the stage allows', async () => {
    let underWay = 0;
    let most = 0;
    const bench = deliveryBench(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await Promise.resolve();
      underWay -= 1;
      return OUTCOMES.delivered;
    });
    await deliver(
      bench,
      Array.from({ length: 30 }, (_, view) => queued({ view: String(view) })),
    );
    expect(most).toBe(bench.context.settings.concurrentCalls);
  });
});

describe('a message that the queue hands over twice', () => {
  test('is settled once, with the receipt that came last, and counts as one event', async () => {
    const bench = deliveryBench();
    const first = queued({ id: 'twice' });
    const again = { ...first, receiptHandle: 'newer', receiveCount: 2 };
    const { processed } = await deliverBatch([first, again], NOW + 60_000, bench.context);
    expect(processed).toEqual([{ message: again, disposition: { kind: 'delivered' } }]);
    expect(bench.sent[0]?.event.payload.custom_details).not.toHaveProperty('deduplicated');
  });

  test('is not its own second latest event: the others of its incident are heard', async () => {
    const bench = deliveryBench((_, call) => (call === 0 ? OUTCOMES.refused : OUTCOMES.delivered));
    const bad = queued({ at: NOW - 1 });
    const good = queued({ at: NOW - 2 });
    const { processed } = await deliverBatch([bad, bad, good], NOW + 60_000, bench.context);
    expect(processed.map(({ disposition }) => disposition.kind)).toEqual(['dead', 'delivered']);
  });

  test('after it was delivered needs no second call', async () => {
    const bench = deliveryBench();
    const message = queued();
    await deliver(bench, [message]);
    bench.wait(3_600_000);
    expect(kinds(await deliver(bench, [{ ...message, receiveCount: 2 }]))).toEqual([
      'deduplicated',
    ]);
  });
});

describe('an incident that PagerDuty was notified of', () => {
  test('needs no call within the update interval; the next call counts what was deduplicated', async () => {
    const bench = deliveryBench();
    await deliver(bench, [queued({ at: NOW - 1_000 })]);
    bench.wait(20_000);
    const silent = [queued({ at: NOW + 10_000 }), queued({ at: NOW + 15_000 })];
    expect(kinds(await deliver(bench, silent))).toEqual(['deduplicated', 'deduplicated']);
    bench.wait(39_999);
    expect(kinds(await deliver(bench, [queued({ at: NOW + 30_000 })]))).toEqual(['deduplicated']);
    bench.wait(1);
    expect(kinds(await deliver(bench, [queued({ at: NOW + 50_000 })]))).toEqual(['delivered']);
    expect(bench.sent).toHaveLength(2);
    expect(bench.sent[1]?.event.payload.custom_details).toMatchObject({
      deduplicated: {
        count: 4,
        first: new Date(NOW + 10_000).toISOString(),
        last: new Date(NOW + 50_000).toISOString(),
      },
    });
  });

  test('starts to count anew after each call', async () => {
    const bench = deliveryBench();
    for (let i = 0; i < 3; i++) {
      await deliver(bench, [queued({ at: NOW + i * 100_000 })]);
      bench.wait(50_000);
      await deliver(bench, [queued({ at: NOW + i * 100_000 + 50_000 })]);
      bench.wait(50_000);
    }
    const counts = bench.sent.map(({ event }) => event.payload.custom_details['deduplicated']);
    expect(counts).toMatchObject([undefined, { count: 2 }, { count: 2 }]);
  });

  test('keeps its count when the next call fails', async () => {
    const bench = deliveryBench((_, call) =>
      call === 1 ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );
    await deliver(bench, [queued({ at: NOW - 1_000 })]);
    bench.wait(1_000);
    await deliver(bench, [queued({ at: NOW })]);
    for (let i = 1; i <= 2; i++) {
      bench.wait(60_000);
      await deliver(bench, [queued({ id: 'late', at: NOW + 50_000 })]);
    }
    expect(bench.sent[2]?.event.payload.custom_details).toMatchObject({
      deduplicated: { count: 2 },
    });
  });

  test('is called within the interval if it has become more urgent, and not if less', async () => {
    const bench = deliveryBench();
    await deliver(bench, [queued({ value: 42 })]);
    expect(kinds(await deliver(bench, [queued({ value: 90, at: NOW })]))).toEqual(['delivered']);
    expect(kinds(await deliver(bench, [queued({ value: 42, at: NOW + 1 })]))).toEqual([
      'deduplicated',
    ]);
    expect(bench.sent.map(({ event }) => event.payload.severity)).toEqual(['warning', 'critical']);
  });

  test('hears no what is old: an event from before the one it was notified of is deduplicated', async () => {
    const bench = deliveryBench();
    await deliver(bench, [queued({ at: NOW - 1_000 })]);
    bench.wait(600_000);
    const old = queued({ at: NOW - 80_000_000, receiveCount: 90 });
    expect(kinds(await deliver(bench, [old]))).toEqual(['deduplicated']);
    expect(kinds(await deliver(bench, [queued({ at: NOW - 999 })]))).toEqual(['delivered']);
  });

  test('is another one in another service', async () => {
    const bench = deliveryBench();
    await deliver(bench, [queued({ environment: 'a' })]);
    await deliver(bench, [queued({ environment: 'b' })]);
    expect(bench.sent).toHaveLength(2);
  });

  test('is notified of again if the call before was not accepted', async () => {
    const bench = deliveryBench((event) =>
      viewOf(event) === '1' ? OUTCOMES.unreachable : OUTCOMES.refused,
    );
    const batch = [queued({ view: '1' }), queued({ view: '2' })];
    await deliver(bench, batch);
    await deliver(bench, batch);
    expect(bench.sent).toHaveLength(4);
  });
});
