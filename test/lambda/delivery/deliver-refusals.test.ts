import { describe, expect, test } from '@jest/globals';

import type { QueuedMessage } from '../../../lambda/delivery/candidate.ts';
import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import type { Disposition } from '../../../lambda/delivery/disposition.ts';
import {
  type DeliveryBench,
  deliveryBench,
  OUTCOMES,
  viewOf,
} from '../../support/delivery-bench.ts';
import { KEYS, NOW, queued } from '../../support/delivery-fixtures.ts';

/** The dispositions of the messages of a batch, by message ID. */
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

const DEAD = { kind: 'deadLetter', reason: 'rejected', status: 400, detail: '400 invalid event' };

describe('an event that PagerDuty refuses', () => {
  test('is a dead letter at once, in its words; its neighbours are delivered', async () => {
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
    // Nothing in the refusal is about the key.
    expect(bench.checks).toEqual([]);
  });

  test('does not hide the others of its subject: the next newest is tried', async () => {
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

  test('and a second one end all of their subject: a storm of them is no storm of calls', async () => {
    const bench = deliveryBench(() => OUTCOMES.refused);
    const batch = Array.from({ length: 100 }, (_, i) => queued({ at: NOW - 1 - i }));
    const ends = Object.values(await deliver(bench, batch));
    expect(ends).toEqual(ends.map(() => DEAD));
    expect(bench.sent).toHaveLength(2);
  });

  test('does not decide about the next newest, which may have to wait', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? OUTCOMES.refused : OUTCOMES.unavailable,
    );
    const batch = [queued({ id: 'bad', at: NOW - 1 }), queued({ id: 'good', at: NOW - 2 })];
    expect(await deliver(bench, batch)).toMatchObject({
      bad: DEAD,
      good: { kind: 'waiting', cause: 'unavailable' },
    });
  });

  test('closes the circuit breaker: PagerDuty answers', async () => {
    let outcome: (typeof OUTCOMES)[keyof typeof OUTCOMES] = OUTCOMES.unreachable;
    const bench = deliveryBench(() => outcome);
    await deliver(
      bench,
      ['1', '2', '3'].map((view) => queued({ view })),
    );
    bench.wait(60_000);
    outcome = OUTCOMES.refused;
    await deliver(bench, [queued()]);
    outcome = OUTCOMES.delivered;
    expect(await deliver(bench, [queued({ id: 'one' })])).toEqual({ one: { kind: 'delivered' } });
  });
});

const NEW_KEY = 'rotated0123456789abcdefghijklmno';

/** A PagerDuty that knows one key. */
function answersTo(key: string): DeliveryBench {
  return deliveryBench((event) =>
    event.routing_key === key ? OUTCOMES.delivered : OUTCOMES.keyRefused,
  );
}

describe('a refused key that was replaced in the secret', () => {
  test('is read again, and the call is made once more with the new one', async () => {
    const bench = answersTo(NEW_KEY);
    bench.keys.secret.set('shop', NEW_KEY);
    const ends = await deliver(bench, [
      queued({ id: 'one', at: NOW - 2 }),
      queued({ id: 'two', at: NOW - 1 }),
    ]);
    expect(ends).toEqual({ one: { kind: 'deduplicated' }, two: { kind: 'delivered' } });
    expect(bench.sent.map(({ event }) => event.routing_key)).toEqual([KEYS['shop'], NEW_KEY]);
    expect(bench.checks).toEqual([]);
  });

  test('opens the incident with the new one, ahead of updates', async () => {
    let accepted = KEYS['shop'];
    const bench = deliveryBench((event) =>
      event.routing_key === accepted ? OUTCOMES.delivered : OUTCOMES.keyRefused,
    );
    const { context } = bench;
    await deliver(bench, [queued({ value: 90 })]);
    bench.wait(100_000);
    accepted = NEW_KEY;
    bench.keys.secret.set('shop', NEW_KEY);
    const event = queued({ value: 90, at: NOW + 99_000 });
    const { calls } = await deliverBatch([event], context.now() + 60_000, context);
    expect(calls.map(({ callClass }) => callClass)).toEqual(['update', 'high']);
  });

  test('is checked when the new one is refused too; there is no third call', async () => {
    const bench = deliveryBench(() => OUTCOMES.keyRefused);
    let rereads = 0;
    bench.keys.reread = async () => {
      rereads += 1;
      return { kind: 'key', key: `rotated${rereads}123456789abcdefghijklmno` };
    };
    expect(await deliver(bench, [queued({ id: 'one' })])).toMatchObject({
      one: { kind: 'deadLetter', detail: '400 Invalid routing key' },
    });
    // With the key that was read, whatever another batch has read since.
    expect(bench.sent.map(({ event }) => event.routing_key.slice(0, 8))).toEqual([
      'shopKEY0',
      'rotated1',
    ]);
    expect(bench.checks).toHaveLength(1);
  });

  test('makes its events wait when it was taken out, without a replacement', async () => {
    const bench = answersTo(NEW_KEY);
    const detail = 'No key for shop';
    bench.keys.reread = async () => ({ kind: 'missing', detail, isMalformed: false });
    expect(await deliver(bench, [queued({ id: 'one' })])).toMatchObject({
      one: { kind: 'waiting', cause: 'key_missing', detail },
    });
    expect(bench.checks).toEqual([]);
  });

  test('still lets the next newest event be tried with the new key', async () => {
    const bench = deliveryBench((event, call) => {
      if (event.routing_key !== NEW_KEY) return OUTCOMES.keyRefused;
      return call === 1 ? OUTCOMES.refused : OUTCOMES.delivered;
    });
    bench.keys.secret.set('shop', NEW_KEY);
    const batch = [queued({ id: 'bad', at: NOW - 1 }), queued({ id: 'good', at: NOW - 2 })];
    expect(await deliver(bench, batch)).toEqual({ bad: DEAD, good: { kind: 'delivered' } });
  });
});
