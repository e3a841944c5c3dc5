import { describe, expect, test } from '@jest/globals';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import { deliveryBench, OUTCOMES, viewOf } from '../../support/delivery-bench.ts';
import { again, causesOf, incidents } from '../../support/delivery-ends.ts';
import { KEYS, NOW, queued } from '../../support/delivery-fixtures.ts';

const HOUR = 3_600_000;
const CRITICAL = 90;

describe('PagerDuty out of reach', () => {
  test('costs as many calls as may be under way, and then one probe a batch', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await causesOf(bench, incidents(200));
    const first = bench.sent.length;
    expect(first).toBeLessThanOrEqual(3 + DEFAULT_DELIVERY_SETTINGS.concurrentCalls);
    const causes = await causesOf(bench, incidents(200, { value: CRITICAL }));
    expect(bench.sent).toHaveLength(first);
    expect(new Set(causes)).toEqual(new Set(['circuit_open']));
    bench.wait(60_000);
    await causesOf(bench, incidents(200, { at: NOW + 30_000 }));
    expect(bench.sent).toHaveLength(first + 1);
  });

  test('of one key does not stop the calls of another', async () => {
    const bench = deliveryBench(({ routing_key: key }) =>
      key === KEYS['shop'] ? OUTCOMES.unreachable : OUTCOMES.delivered,
    );
    await causesOf(bench, incidents(20));
    expect(await causesOf(bench, [queued({ view: 'x' }), queued({ environment: 'b' })])).toEqual([
      'circuit_open',
      'delivered',
    ]);
  });

  test('ends with one probe, and the rest of that batch is delivered', async () => {
    let isDown = true;
    const bench = deliveryBench(() => (isDown ? OUTCOMES.unreachable : OUTCOMES.delivered));
    await causesOf(bench, incidents(20));
    isDown = false;
    bench.wait(60_000);
    const before = bench.sent.length;
    expect(new Set(await causesOf(bench, incidents(20, { at: NOW + 50_000 })))).toEqual(
      new Set(['delivered']),
    );
    expect(bench.sent).toHaveLength(before + 20);
  });

  test('ends with the first subject that needs a call, and the rest of that batch is delivered', async () => {
    let isDown = false;
    const bench = deliveryBench(() => (isDown ? OUTCOMES.unreachable : OUTCOMES.delivered));
    await causesOf(bench, [queued({ view: 'known', value: CRITICAL })]);
    isDown = true;
    await causesOf(bench, incidents(20));
    isDown = false;
    bench.wait(30_000);
    // The most urgent one: its update is not due, so no call about it shows that PagerDuty is back.
    const known = queued({ view: 'known', value: CRITICAL, at: NOW + 28_000 });
    const others = Array.from({ length: 9 }, (_, view) =>
      queued({ view: `new ${view}`, at: NOW + 28_000 }),
    );
    expect(await causesOf(bench, [known, ...others])).toEqual([
      'update_due',
      ...others.map(() => 'delivered'),
    ]);
  });

  test('is probed by a single waiting message that comes back', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    const batch = incidents(20);
    await causesOf(bench, batch);
    bench.wait(60_000);
    const before = bench.sent.length;
    const [first] = batch;
    expect(first && (await causesOf(bench, [again(first)]))).toEqual(['unreachable']);
    expect(bench.sent).toHaveLength(before + 1);
  });

  test('is probed with the incident that failed least, and then the highest severity', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    for (let i = 0; i < 3; i++) {
      await causesOf(bench, [queued({ view: 'poison', value: CRITICAL, at: NOW + i })]);
      bench.wait(60_000);
    }
    const at = NOW + 170_000;
    const before = bench.sent.length;
    await causesOf(bench, [
      queued({ view: 'poison', value: CRITICAL, at }),
      queued({ view: 'warning', at }),
      queued({ view: 'critical', value: CRITICAL, at }),
    ]);
    expect(bench.views().slice(before)).toEqual(['critical']);
  });

  test('is probed with an incident that does not cool down, and then the others are sent', async () => {
    let isDown = true;
    const bench = deliveryBench((event) => {
      if (!isDown) return OUTCOMES.delivered;
      return viewOf(event) === 'hangs' ? OUTCOMES.unanswered : OUTCOMES.unavailable;
    });
    const batch = [
      queued({ view: 'hangs', value: CRITICAL }),
      queued({ view: '1' }),
      queued({ view: '2' }),
    ];
    await causesOf(bench, batch);
    isDown = false;
    // The circuit breaker is half-open after 5 s. The incident without an answer cools down longer.
    bench.wait(5_200);
    const ends = await causesOf(
      bench,
      batch.map((one) => again(one)),
    );
    expect(ends).toEqual(['incident_failing', 'delivered', 'delivered']);
  });

  test('is probed once, also when the probe falls due in the middle of a batch', async () => {
    const bench = deliveryBench(({ routing_key: key }) => {
      if (key === KEYS['shop']) return OUTCOMES.unreachable;
      bench.wait(6_000);
      return OUTCOMES.delivered;
    });
    await causesOf(bench, incidents(20));
    const before = bench.sent.length;
    const at = NOW + 1;
    await causesOf(bench, [queued({ environment: 'b' }), ...incidents(5, { value: CRITICAL, at })]);
    // One call for the other key, and one probe.
    expect(bench.sent).toHaveLength(before + 2);
  });

  test('is probed with an event that has a key', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await causesOf(bench, incidents(20));
    bench.wait(60_000);
    const before = bench.sent.length;
    const at = NOW + 50_000;
    await causesOf(bench, [
      ...incidents(20, { environment: 'keyless', at }),
      queued({ view: 'good', at, receiveCount: 2 }),
    ]);
    expect(bench.views().slice(before)).toEqual(['good']);
  });

  test('does not give up an event that is old enough, but was younger at the last call', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await causesOf(bench, incidents(20));
    bench.wait(1_000);
    const batch = [
      queued({ view: 'x', sentAt: NOW + 500 - 24 * HOUR }),
      queued({ view: 'y', sentAt: NOW - 500 - 24 * HOUR }),
    ];
    expect(await causesOf(bench, batch)).toEqual(['circuit_open', 'deadLetter']);
  });
});
