import { describe, expect, test } from '@jest/globals';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import { deliveryBench, OUTCOMES, type Script, viewOf } from '../../support/delivery-bench.ts';
import { again, causesOf, dispositionsOf, incidents } from '../../support/delivery-ends.ts';
import { KEYS, NOW, queued } from '../../support/delivery-fixtures.ts';

const MINUTE = 60_000;
const CRITICAL = 90;

/** Refuses the events of views that begin with `bad`, in words that quote one of their fields. */
const quoting: Script = (event) =>
  viewOf(event)?.startsWith('bad') === true ? OUTCOMES.keyRefused : OUTCOMES.delivered;

describe('a refusal whose words are about the routing key', () => {
  test('is about the event when a check of the key is accepted', async () => {
    const bench = deliveryBench(quoting);
    const batch = [queued({ view: 'bad' }), queued({ view: 'good' })];
    expect(await dispositionsOf(bench, batch)).toEqual([
      { kind: 'deadLetter', reason: 'rejected', status: 400, detail: '400 Invalid routing key' },
      { kind: 'delivered' },
    ]);
    expect(bench.checks).toEqual([NOW]);
    expect(bench.keys.rereads).toEqual(['shop']);
  });

  test('is about the key when the check is refused too: no further call with it', async () => {
    const bench = deliveryBench(() => OUTCOMES.keyRefused, { check: () => OUTCOMES.keyRefused });
    expect(await dispositionsOf(bench, [queued({ view: 'first' })])).toMatchObject([
      { kind: 'waiting', cause: 'key_refused', status: 400, detail: '400 Invalid routing key' },
    ]);
    expect(await causesOf(bench, incidents(50))).toEqual(Array(50).fill('key_refused'));
    expect([bench.sent.length, bench.checks.length]).toEqual([1, 1]);
  });

  test.each(['unavailable', 'unanswered', 'unreachable', 'throttled'] as const)(
    'is not decided by a check with the outcome %s: its events wait for the next check',
    async (outcome) => {
      let check: (typeof OUTCOMES)[keyof typeof OUTCOMES] = OUTCOMES[outcome];
      const bench = deliveryBench(quoting, { check: () => check });
      const bad = queued({ view: 'bad' });
      const [end] = await dispositionsOf(bench, [bad]);
      expect(end).toMatchObject({ kind: 'waiting', cause: 'key_refused' });
      expect(end?.kind === 'waiting' && end.wait).toBeGreaterThanOrEqual(MINUTE);
      check = OUTCOMES.delivered;
      // Another event of the subject would be refused as well, and makes no call.
      bench.wait(30_000);
      const count = bench.sent.length;
      await causesOf(bench, [queued({ view: 'bad', value: CRITICAL, at: NOW + 20_000 })]);
      expect(bench.sent).toHaveLength(count);
      bench.wait(60_000);
      expect(await causesOf(bench, [again(bad)])).toEqual(['deadLetter']);
      expect(bench.checks).toHaveLength(2);
    },
  );

  test('does not open the circuit breaker of the key before it was checked', async () => {
    const bench = deliveryBench(quoting, { check: () => OUTCOMES.unavailable });
    await causesOf(bench, [queued({ view: 'bad1' }), queued({ view: 'bad2' })]);
    expect(await causesOf(bench, [queued({ view: 'good' })])).toEqual(['delivered']);
  });

  test('ends with the age of the event while the key stays refused', async () => {
    const bench = deliveryBench(() => OUTCOMES.keyRefused, { check: () => OUTCOMES.keyRefused });
    const old = queued({ at: NOW - 86_400_000 });
    expect(await dispositionsOf(bench, [old])).toMatchObject([
      { kind: 'deadLetter', reason: 'retries_exhausted', status: 400 },
    ]);
  });

  test('waits for a function that has time for the check', async () => {
    const bench = deliveryBench((event) => {
      bench.wait(4_900);
      return quoting(event, 0);
    });
    const ends = await dispositionsOf(bench, [queued({ view: 'bad' })], NOW + 12_000);
    expect(ends).toMatchObject([{ kind: 'waiting', cause: 'out_of_time', wait: 0 }]);
    expect(bench.checks).toEqual([]);
  });

  test('leaves the other services alone', async () => {
    const bench = deliveryBench(
      ({ routing_key: key }) => (key === KEYS['bank'] ? OUTCOMES.delivered : OUTCOMES.keyRefused),
      { check: () => OUTCOMES.keyRefused },
    );
    const batch = [queued(), queued({ environment: 'b' })];
    expect(await causesOf(bench, batch)).toEqual(['key_refused', 'delivered']);
  });
});

describe('a check of a key', () => {
  test('is one call for all refusals of a batch that began before it', async () => {
    const bench = deliveryBench(() => OUTCOMES.keyRefused);
    const critical = incidents(57, { value: CRITICAL });
    expect(await causesOf(bench, critical)).toEqual(Array(57).fill('deadLetter'));
    expect(bench.checks).toEqual([NOW]);
  });

  test('counts as a call of the key', async () => {
    const settings = { ...DEFAULT_DELIVERY_SETTINGS, callsPerMinute: 6 };
    const bench = deliveryBench(quoting, { settings });
    await causesOf(bench, [queued({ view: 'bad', value: CRITICAL })]);
    expect(await causesOf(bench, incidents(2, { value: CRITICAL }))).toEqual([
      'delivered',
      'paced',
    ]);
  });

  test('cools the key down when it is answered 429', async () => {
    const bench = deliveryBench(quoting, { check: () => OUTCOMES.throttled });
    await causesOf(bench, [queued({ view: 'bad' })]);
    expect(await causesOf(bench, [queued({ view: 'good' })])).toEqual(['key_throttled']);
  });

  test('counts as a failure when it is not answered: a second one opens the circuit breaker', async () => {
    const bench = deliveryBench(
      (event, call) => (viewOf(event) === 'hangs' ? OUTCOMES.unanswered : quoting(event, call)),
      { check: () => OUTCOMES.unanswered },
    );
    await causesOf(bench, [queued({ view: 'bad' })]);
    await causesOf(bench, [queued({ view: 'hangs' })]);
    expect(await causesOf(bench, [queued({ view: 'good' })])).toEqual(['circuit_open']);
  });

  test('says nothing about calls that began after it: 57 good pages are not lost', async () => {
    let isKeyRefused = false;
    const bench = deliveryBench((event, call) =>
      isKeyRefused ? OUTCOMES.keyRefused : quoting(event, call),
    );
    // One bad event leads to a check, which is accepted. Ten seconds later the key is refused.
    expect(await causesOf(bench, [queued({ view: 'bad' })])).toEqual(['deadLetter']);
    bench.wait(10_000);
    isKeyRefused = true;
    const pages = incidents(57, { value: CRITICAL, at: NOW + 9_000 });
    expect(await causesOf(bench, pages)).toEqual(Array(57).fill('key_refused'));
    expect(bench.checks).toHaveLength(1);
    // A minute later it is right again.
    isKeyRefused = false;
    bench.wait(MINUTE + 2_000);
    const ends = await causesOf(
      bench,
      pages.map((page) => again(page)),
    );
    expect(ends).toEqual(Array(57).fill('delivered'));
  });

  test('is made once a minute, and no dead letter is without one after its call', async () => {
    const refusedAt = new Map<string | undefined, number>();
    const bench = deliveryBench((event) => {
      refusedAt.set(viewOf(event), bench.context.now());
      bench.wait(100);
      return OUTCOMES.keyRefused;
    });
    let left = incidents(57, { value: CRITICAL });
    let deadLetters = 0;
    for (let second = 0; second < 3600 && left.length > 0; second += 5) {
      const ends = await dispositionsOf(bench, left.slice(0, 10));
      const kept = left.slice(0, 10).filter((_, index) => ends[index]?.kind === 'waiting');
      for (const [index, message] of left.slice(0, 10).entries()) {
        if (ends[index]?.kind !== 'deadLetter') continue;
        deadLetters += 1;
        const called = refusedAt.get(JSON.parse(message.body).event.event.view.id) ?? Infinity;
        expect(bench.checks.at(-1)).toBeGreaterThanOrEqual(called);
      }
      left = [...left.slice(10), ...kept.map((message) => again(message))];
      bench.wait(5_000);
    }
    expect(deadLetters).toBe(57);
    for (const [index, check] of bench.checks.slice(1).entries()) {
      expect(check - (bench.checks[index] ?? NaN)).toBeGreaterThanOrEqual(MINUTE);
    }
  });
});
