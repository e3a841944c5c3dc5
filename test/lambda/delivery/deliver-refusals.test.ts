import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import type { Disposition } from '../../../lambda/delivery/disposition.ts';
import type { QueuedMessage } from '../../../lambda/delivery/intake.ts';
import {
  type DeliveryBench,
  deliveryBench,
  KEYS,
  NOW,
  OUTCOMES,
  queued,
  viewOf,
} from '../../support/delivery-fixtures.ts';

/** What became of each message, by its ID. */
async function deliver(
  { context }: DeliveryBench,
  batch: readonly QueuedMessage[],
): Promise<Record<string, Disposition>> {
  const { processed } = await deliverBatch(batch, context.now() + 60_000, context);
  expect(processed).toHaveLength(batch.length);
  return Object.fromEntries(
    processed.map(({ message, disposition }) => [message.messageId, disposition]),
  );
}

const DEAD = { kind: 'dead', reason: 'rejected', status: 400, detail: '400 invalid event' };

describe('an event that PagerDuty refuses', () => {
  test('is a dead letter within one attempt, with its words; its neighbours are delivered', async () => {
    const bench = deliveryBench((event) =>
      viewOf(event) === 'bad' ? OUTCOMES.refused : OUTCOMES.delivered,
    );
    const batch = ['1', 'bad', '2'].map((view) => queued({ view, id: view }));
    expect(await deliver(bench, batch)).toEqual({
      1: { kind: 'delivered' },
      bad: DEAD,
      2: { kind: 'delivered' },
    });
    expect(bench.sent).toHaveLength(3);
  });

  test('does not hide the others of its incident: the next newest is sent', async () => {
    const bench = deliveryBench((_, call) => (call === 0 ? OUTCOMES.refused : OUTCOMES.delivered));
    const batch = ['old', 'newer', 'newest'].map((id, i) => queued({ id, at: NOW - 9_000 + i }));
    expect(await deliver(bench, batch)).toEqual({
      old: { kind: 'deduplicated' },
      newer: { kind: 'delivered' },
      newest: DEAD,
    });
    const details = bench.sent[1]?.event.payload.custom_details;
    expect(details).toMatchObject({ deduplicated: { count: 2 } });
  });

  test('takes its severity with it', async () => {
    const bench = deliveryBench((_, call) => (call === 0 ? OUTCOMES.refused : OUTCOMES.delivered));
    await deliver(bench, [queued({ value: 42, at: NOW - 2 }), queued({ value: 90, at: NOW - 1 })]);
    expect(bench.sent.map(({ event }) => event.payload.severity)).toEqual(['critical', 'warning']);
  });

  test('twice in one incident ends all of them: a storm of them must not be a storm of calls', async () => {
    const bench = deliveryBench(() => OUTCOMES.refused);
    const batch = Array.from({ length: 100 }, (_, i) => queued({ at: NOW - 1 - i }));
    const ends = Object.values(await deliver(bench, batch));
    expect(ends).toEqual(ends.map(() => DEAD));
    expect(bench.sent).toHaveLength(2);
  });

  test('leaves the second latest event its own fate: it may have to wait', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? OUTCOMES.refused : OUTCOMES.unavailable,
    );
    const batch = [queued({ id: 'bad', at: NOW - 1 }), queued({ id: 'good', at: NOW - 2 })];
    expect(await deliver(bench, batch)).toMatchObject({
      bad: DEAD,
      good: { kind: 'waiting', cause: 'unavailable' },
    });
  });
});

const NEW_KEY = 'rotated0123456789abcdefghijklmno';

/** A PagerDuty that knows one key. */
function answersTo(key: string): DeliveryBench {
  return deliveryBench((event) =>
    event.routing_key === key ? OUTCOMES.delivered : OUTCOMES.keyRefused,
  );
}

describe('a refusal that is sent of the routing key', () => {
  test('makes delivery read the key again, and call once more with the new one', async () => {
    const bench = answersTo(NEW_KEY);
    bench.keys.secret.set('shop', NEW_KEY);
    const ends = await deliver(bench, [
      queued({ id: 'one', at: NOW - 2 }),
      queued({ id: 'two', at: NOW - 1 }),
    ]);
    expect(ends).toEqual({ one: { kind: 'deduplicated' }, two: { kind: 'delivered' } });
    expect(bench.sent.map(({ event }) => event.routing_key)).toEqual([KEYS['shop'], NEW_KEY]);
  });

  test('counts when the key is the same after reading it again', async () => {
    const bench = answersTo(NEW_KEY);
    expect(await deliver(bench, [queued({ id: 'one' })])).toMatchObject({
      one: { kind: 'dead', reason: 'rejected', detail: '400 Invalid routing key' },
    });
    expect(bench.sent).toHaveLength(1);
    expect(bench.keys.rereads).toEqual(['shop']);
  });

  test('counts when the new key is refused too', async () => {
    const bench = deliveryBench(() => OUTCOMES.keyRefused);
    bench.keys.secret.set('shop', NEW_KEY);
    expect(await deliver(bench, [queued({ id: 'one' })])).toMatchObject({ one: { kind: 'dead' } });
    expect(bench.sent).toHaveLength(2);
  });

  test('never makes a third call, even if the key changes all the time', async () => {
    const bench = deliveryBench(() => OUTCOMES.keyRefused);
    let rereads = 0;
    bench.keys.reread = async () => {
      rereads += 1;
      return { kind: 'key', key: `rotated${rereads}123456789abcdefghijklmno` };
    };
    expect(await deliver(bench, [queued({ id: 'one' })])).toMatchObject({ one: { kind: 'dead' } });
    // With the key that was read, whatever another batch has read since.
    const [, second] = bench.sent;
    expect(second?.event.routing_key).toBe('rotated1123456789abcdefghijklmno');
    expect(bench.sent).toHaveLength(2);
  });

  test('leaves the other services alone', async () => {
    const bench = answersTo(KEYS['bank'] ?? '');
    const batch = [queued({ id: 'one' }), queued({ id: 'two', environment: 'b' })];
    expect(await deliver(bench, batch)).toMatchObject({
      one: { kind: 'dead' },
      two: { kind: 'delivered' },
    });
  });

  test('makes its events wait when the key has been taken out of the secret', async () => {
    const bench = answersTo(NEW_KEY);
    bench.keys.reread = async (service) => ({ kind: 'missing', detail: `No key for ${service}` });
    expect(await deliver(bench, [queued({ id: 'one' })])).toMatchObject({
      one: { kind: 'waiting', cause: 'key_missing', detail: 'No key for shop' },
    });
  });

  test('still gives the event its second latest event when the new key is right', async () => {
    const bench = deliveryBench((event, call) => {
      if (event.routing_key !== NEW_KEY) return OUTCOMES.keyRefused;
      return call === 1 ? OUTCOMES.refused : OUTCOMES.delivered;
    });
    bench.keys.secret.set('shop', NEW_KEY);
    const batch = [queued({ id: 'bad', at: NOW - 1 }), queued({ id: 'good', at: NOW - 2 })];
    expect(await deliver(bench, batch)).toEqual({ bad: DEAD, good: { kind: 'delivered' } });
  });
});
