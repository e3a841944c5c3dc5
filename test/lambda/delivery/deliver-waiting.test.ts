import { describe, expect, test } from '@jest/globals';

import {
  integrationKeys,
  parseIntegrationKeysSecret,
} from '../../../lambda/delivery/keys/integration-keys.ts';
import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import { cached } from '../../../lambda/shared/secret.ts';
import { deliveryBench, OUTCOMES, viewOf } from '../../support/delivery-bench.ts';
import { again, causesOf, endsOf, incidents } from '../../support/delivery-ends.ts';
import { KEYS, NOW, queued } from '../../support/delivery-fixtures.ts';

const HOUR = 3_600_000;

describe('a call that failed', () => {
  test('makes the newest event of its subject wait, and the others with it', async () => {
    const bench = deliveryBench(() => OUTCOMES.unavailable);
    const batch = [queued({ at: NOW - 2_000 }), queued({ at: NOW - 1_000 })];
    expect(await endsOf(bench, batch)).toEqual([
      { cause: 'deduplicated', wait: 0 },
      { cause: 'unavailable', wait: 3_750 },
    ]);
  });

  test.each([
    { age: 0, wait: 3_750 },
    { age: 120_000, wait: 7_500 },
    { age: HOUR, wait: 135_000 },
    { age: 20 * HOUR, wait: 135_000 },
  ])('$age ms old makes it wait $wait ms, however often it was received', async ({ age, wait }) => {
    for (const receiveCount of [1, 9, 700]) {
      const bench = deliveryBench(() => OUTCOMES.unavailable);
      const end = await endsOf(bench, [queued({ at: NOW - age, receiveCount })]);
      expect(end).toEqual([{ cause: 'unavailable', wait }]);
    }
  });

  test('makes it wait for as long as PagerDuty asks, and up to half as long again', async () => {
    const bench = deliveryBench(() => ({ ...OUTCOMES.unavailable, retryAfter: 60_000 }));
    expect(await endsOf(bench, [queued()])).toEqual([{ cause: 'unavailable', wait: 75_000 }]);
  });

  test('without an answer cools its incident down at once; the others are delivered', async () => {
    const bench = deliveryBench((event) => {
      if (viewOf(event) !== 'bad') return OUTCOMES.delivered;
      bench.wait(5_000);
      return OUTCOMES.unanswered;
    });
    expect(await causesOf(bench, [queued({ view: 'bad' })])).toEqual(['unanswered']);
    // 12.5 s from the end of the call, and an eighth more for this `random`.
    bench.wait(14_000);
    expect(await causesOf(bench, [queued({ view: 'bad', at: NOW + 40_000 })])).toEqual([
      'incident_failing',
    ]);
    expect(await causesOf(bench, [queued({ view: 'good' })])).toEqual(['delivered']);
    bench.wait(63);
    expect(await causesOf(bench, [queued({ view: 'bad', at: NOW + 80_000 })])).toEqual([
      'unanswered',
    ]);
  });

  test('ends in giving up at the age of the stage, and only after a last call', async () => {
    const bench = deliveryBench(() => OUTCOMES.unavailable);
    const old = [
      queued({ view: '1', sentAt: NOW - 24 * HOUR }),
      queued({ view: '2', sentAt: NOW - 24 * HOUR + 1, receiveCount: 799 }),
    ];
    expect(await causesOf(bench, old)).toEqual(['deadLetter', 'unavailable']);
    expect(bench.sent).toHaveLength(2);
  });

  test('at any age does not keep an event from being delivered', async () => {
    const bench = deliveryBench();
    expect(
      await causesOf(bench, [queued({ sentAt: NOW - 300 * HOUR, receiveCount: 999 })]),
    ).toEqual(['delivered']);
  });
});

describe('what waits during an outage', () => {
  test('is bounded by incidents, not by events', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    const waiting = new Map<string, ReturnType<typeof queued>>();
    let events = 0;
    for (let second = 0; second < 600; second++) {
      const at = NOW + second * 1000;
      const batch = incidents(10, { at });
      events += batch.length;
      const causes = await causesOf(bench, batch);
      for (const [index, message] of batch.entries()) {
        if (causes[index] !== 'deduplicated') waiting.set(message.messageId, message);
      }
      bench.wait(1_000);
    }
    expect(events).toBe(6_000);
    // None comes back here, so each window and each end of a wait leaves one more per incident.
    expect(waiting.size).toBeLessThan(1_200);
  });
});

describe('a missing key', () => {
  test('makes its events wait, without a call, for up to a minute; the others are delivered', async () => {
    const bench = deliveryBench();
    const batch = [queued({ environment: 'keyless' }), queued()];
    expect(await endsOf(bench, batch)).toEqual([
      { cause: 'key_missing', wait: 45_000 },
      { cause: 'delivered', wait: 0 },
    ]);
    expect(bench.sent).toHaveLength(1);
  });

  test('is found when it is set', async () => {
    const bench = deliveryBench();
    const message = queued({ environment: 'keyless' });
    await causesOf(bench, [message]);
    bench.keys.known.set('keyless', 'keylessKEY0123456789abcdefghijkl');
    expect(await causesOf(bench, [again(message)])).toEqual(['delivered']);
  });

  test('does not open the circuit breaker of another key', async () => {
    const bench = deliveryBench();
    await causesOf(bench, incidents(50, { environment: 'keyless' }));
    expect(await causesOf(bench, [queued()])).toEqual(['delivered']);
  });
});

test.each([
  ['a secret that is not a JSON object', 'shop = 1'],
  ['a malformed key', JSON.stringify({ ...KEYS, shop: 'nokey' })],
])('%s keeps the good key that is known in use, and is reported', async (_, malformed) => {
  let text = JSON.stringify(KEYS);
  const plain = deliveryBench();
  const keys = integrationKeys(
    cached({
      read: async () => parseIntegrationKeysSecret(text),
      timeToLive: 300_000,
      refreshInterval: 1_000,
      now: plain.context.now,
      onStale: () => undefined,
    }),
  );
  const context = { ...plain.context, keys };
  const deliver = async (view: string) =>
    deliverBatch([queued({ view })], context.now() + 60_000, context);
  expect((await deliver('1')).keyProblems.size).toBe(0);
  text = malformed;
  plain.wait(300_000);
  const report = await deliver('2');
  expect(report.processed).toMatchObject([{ disposition: { kind: 'delivered' } }]);
  expect(report.keyProblems.size).toBe(1);
  expect([...report.keyProblems].join('')).not.toContain('nokey');
  expect(plain.sent.map(({ event }) => event.routing_key)).toEqual([KEYS['shop'], KEYS['shop']]);
});

test('an update does not come back earlier because of those that another instance has taken', async () => {
  const bench = deliveryBench();
  await causesOf(bench, [queued()]);
  bench.wait(20_000);
  expect(await endsOf(bench, [queued({ at: NOW + 20_000 })])).toMatchObject([
    { cause: 'update_due' },
  ]);
  // The other instance takes that update, and this one sends a later event.
  bench.wait(70_000);
  expect(await causesOf(bench, [queued({ at: NOW + 89_000 })])).toEqual(['delivered']);
  bench.wait(20_000);
  expect(await endsOf(bench, [queued({ at: NOW + 110_000 })])).toEqual([
    { cause: 'update_due', wait: 40_000 },
  ]);
});
