import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import { settle } from '../../../lambda/delivery/settle.ts';
import { deliveryBench, OUTCOMES, type Script } from '../../support/delivery-bench.ts';
import { NOW, queued } from '../../support/delivery-fixtures.ts';
import {
  CLAIM_DURATION,
  incidentOf,
  QUIET_TIME,
  type ResolvingBench,
  resolvingBench,
  tickMessage,
  UPDATE,
} from '../../support/resolving-bench.ts';

describe('a tick', () => {
  test('has no disposition, so that it is in no count and leaves the queue', async () => {
    const { context } = deliveryBench();
    const event = queued();
    const report = await deliverBatch([tickMessage(NOW), event], NOW + UPDATE, context);
    expect(report.processed).toEqual([{ message: event, disposition: { kind: 'delivered' } }]);
    expect(report.ticks).toBe(1);
    const queues = {
      sendToDeadLetterQueue: async () => new Set<never>(),
      defer: async () => undefined,
    };
    expect(await settle(report.processed, queues, { retryAfter: 1, until: NOW })).toEqual({
      keep: [],
      tally: { delivered: 1, deduplicated: 0, deadLettered: 0, waiting: 0 },
    });
  });

  test('alone makes no call, and no sweep without a table', async () => {
    const { context, sent } = deliveryBench();
    const report = await deliverBatch([tickMessage(NOW)], NOW + UPDATE, context);
    expect(report).toMatchObject({ processed: [], calls: [], ticks: 1, sweep: undefined });
    expect(sent).toEqual([]);
  });

  test('of several in a batch starts one sweep, by the age of the newest', async () => {
    const bench = resolvingBench();
    await bench.open();
    const ages = [600_000, 0, 300_000];
    const report = await bench.deliver(...ages.map((age) => tickMessage(NOW - age)));
    expect(report).toMatchObject({ ticks: 3, sweep: { open: 1 } });
    expect(bench.operations).toEqual(['due', 'claim', 'markResolved']);
  });

  test('starts its sweep after the events of its batch, wherever it is in the batch', async () => {
    const bench = resolvingBench();
    await bench.open();
    await bench.open({ view: 'other' });
    await bench.deliver(tickMessage(NOW), queued());
    expect(bench.operations.slice(0, 3)).toEqual(['postpone', 'recordSeverity', 'due']);
    // The event has postponed the resolve of its incident.
    expect(bench.resolves.map(({ event }) => event.dedup_key)).toEqual([
      'glasnostic:a:other:requests',
    ]);
  });

  test('whose sweep fails leaves the dispositions of the events as they are', async () => {
    const bench = resolvingBench(undefined, {
      onOperation: (name) => {
        if (name === 'due') throw new TypeError('undefined is not a function');
      },
    });
    const { processed, tableErrors, sweep } = await bench.deliver(queued(), tickMessage(NOW));
    expect(processed.map(({ disposition }) => disposition.kind)).toEqual(['delivered']);
    expect(tableErrors).toEqual(['TypeError: undefined is not a function']);
    expect(sweep).toBeUndefined();
  });

  test('that fails in the bridge leaves them as they are, too', async () => {
    const bench = resolvingBench();
    bench.failing.add('postpone');
    await bench.deliver(queued());
    bench.failing.clear();
    bench.wait(UPDATE);
    const context = {
      ...bench.context,
      keys: {
        ...bench.keys,
        keyOf: async (service: string) => {
          if (service === 'shop') throw new TypeError('undefined is not a function');
          return bench.keys.keyOf(service);
        },
      },
    };
    const event = queued({ environment: 'b', at: bench.context.now() });
    const batch = [event, tickMessage(bench.context.now())];
    const report = await deliverBatch(batch, bench.context.now() + UPDATE, context);
    expect(report.processed.map(({ disposition }) => disposition.kind)).toEqual(['delivered']);
    expect(report.internalErrors).toEqual(['TypeError: undefined is not a function']);
  });
});

/** An instance that deduplicated an event into one that another instance has received since. */
async function withFinalUpdate(script?: Script): Promise<ResolvingBench> {
  const bench = resolvingBench(script);
  await bench.deliver(queued());
  bench.wait(15_000);
  await bench.deliver(queued({ at: NOW + 10_000 }), queued({ at: NOW + 12_000 }));
  bench.wait(47_000);
  return bench;
}

describe('a final update', () => {
  test('is sent at a tick when its key has no event in the batch', async () => {
    const bench = await withFinalUpdate();
    await bench.tick();
    expect(bench.views()).toEqual(['4', '4']);
    await bench.tick();
    expect(bench.views()).toEqual(['4', '4']);
  });

  test('is sent once when its key has an event in the batch', async () => {
    const bench = await withFinalUpdate();
    const now = bench.context.now();
    await bench.deliver(queued({ view: 'other', at: now }), tickMessage(now));
    expect(bench.views()).toEqual(['4', 'other', '4']);
  });

  test('postpones the resolve of its incident', async () => {
    const bench = await withFinalUpdate();
    const now = bench.context.now();
    await bench.tick();
    expect(bench.incidents.get(incidentOf())?.due).toBe(now + QUIET_TIME + UPDATE);
  });

  test.each([
    { what: 'is being resolved', age: CLAIM_DURATION },
    { what: 'has been resolved', age: CLAIM_DURATION + 1 },
  ])('is not sent when its incident $what: it would open another one', async ({ age }) => {
    const bench = await withFinalUpdate();
    const item = bench.incidents.get(incidentOf());
    const at = bench.context.now() - age;
    const claim = item === undefined ? undefined : await bench.table.claim(item, at);
    await bench.table.markResolved(claim ?? { incidentKey: '', at: 0 }, at);
    await bench.tick();
    expect(bench.sent).toHaveLength(1);
    expect(bench.incidents.get(incidentOf())?.isResolved).toBe(age <= CLAIM_DURATION);
  });

  test('that fails is not sent again at the same tick', async () => {
    const bench = await withFinalUpdate((_, call) =>
      call === 1 ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );
    await bench.tick();
    expect(bench.sent).toHaveLength(2);
    await bench.tick();
    expect(bench.sent).toHaveLength(3);
  });
});
