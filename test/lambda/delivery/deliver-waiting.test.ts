import { describe, expect, test } from '@jest/globals';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/delivery/settings.ts';
import { endsOf, incidents } from '../../support/delivery-ends.ts';
import { deliveryBench, NOW, OUTCOMES, queued, viewOf } from '../../support/delivery-fixtures.ts';

const HOUR = 3_600_000;

describe('a call that failed', () => {
  test('makes all events of its incident wait, by the back-off of the one that was sent', async () => {
    const bench = deliveryBench(() => OUTCOMES.unavailable);
    const batch = [queued({ receiveCount: 9, at: NOW - 2 }), queued({ receiveCount: 4 })];
    expect(await endsOf(bench, batch)).toEqual([
      { cause: 'unavailable', wait: 450_000 },
      { cause: 'unavailable', wait: 450_000 },
    ]);
  });

  test('makes them wait for as long as PagerDuty asks', async () => {
    const bench = deliveryBench(() => ({ ...OUTCOMES.unavailable, retryAfter: 1_800_000 }));
    expect(await endsOf(bench, [queued()])).toEqual([{ cause: 'unavailable', wait: 1_800_000 }]);
  });

  test('ends in giving up at the age of the stage, and only after a last call', async () => {
    const bench = deliveryBench(() => OUTCOMES.unavailable);
    const old = [
      queued({ view: '1', sentAt: NOW - 24 * HOUR }),
      queued({ view: '2', sentAt: NOW - 24 * HOUR + 1, receiveCount: 999 }),
    ];
    expect(await endsOf(bench, old)).toMatchObject([{ cause: 'dead' }, { cause: 'unavailable' }]);
    expect(bench.sent).toHaveLength(2);
  });

  test('at any age does not keep an event from being delivered', async () => {
    const bench = deliveryBench();
    expect(await endsOf(bench, [queued({ sentAt: NOW - 300 * HOUR })])).toMatchObject([
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
    expect(await endsOf(bench, batch)).toMatchObject([
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
    expect(await endsOf(bench, batch)).toEqual([
      { cause: 'key_missing', wait: 45_000 },
      { cause: 'delivered', wait: 0 },
    ]);
    expect(bench.sent).toHaveLength(1);
  });

  test('is found again when it is set', async () => {
    const bench = deliveryBench();
    await endsOf(bench, [queued({ environment: 'keyless' })]);
    bench.keys.known.set('keyless', 'keylessKEY0123456789abcdefghijkl');
    expect(await endsOf(bench, [queued({ environment: 'keyless' })])).toMatchObject([
      { cause: 'delivered' },
    ]);
  });

  test('does not open the circuit', async () => {
    const bench = deliveryBench();
    await endsOf(bench, incidents(50, { environment: 'keyless' }));
    expect(await endsOf(bench, [queued()])).toMatchObject([{ cause: 'delivered' }]);
  });
});

describe('PagerDuty out of reach', () => {
  test('costs as many calls as may be under way, and then one probe a batch', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await endsOf(bench, incidents(200));
    const first = bench.sent.length;
    expect(first).toBeLessThanOrEqual(3 + DEFAULT_DELIVERY_SETTINGS.concurrentCalls);
    const waits = await endsOf(bench, incidents(200));
    expect(bench.sent).toHaveLength(first);
    expect(new Set(waits.map(({ cause }) => cause))).toEqual(new Set(['circuit_open']));
    bench.wait(60_000);
    await endsOf(bench, incidents(200, { at: NOW + 30_000 }));
    expect(bench.sent).toHaveLength(first + 1);
  });

  test('is noticed to be over by one probe, and the rest of that batch is delivered', async () => {
    let down = true;
    const bench = deliveryBench(() => (down ? OUTCOMES.unreachable : OUTCOMES.delivered));
    await endsOf(bench, incidents(20));
    down = false;
    bench.wait(60_000);
    const ends = await endsOf(bench, incidents(20));
    expect(new Set(ends.map(({ cause }) => cause))).toEqual(new Set(['delivered']));
  });

  test('is probed with the event that failed least', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await endsOf(bench, incidents(20));
    bench.wait(60_000);
    const before = bench.sent.length;
    await endsOf(bench, [
      queued({ view: 'poison', receiveCount: 90, value: 90 }),
      queued({ view: 'fresh', receiveCount: 1 }),
    ]);
    expect(bench.views().slice(before)).toEqual(['fresh']);
  });

  test('is probed with an event that has a key, if there is one', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await endsOf(bench, incidents(20));
    bench.wait(60_000);
    const before = bench.sent.length;
    await endsOf(bench, [
      ...incidents(20, { environment: 'keyless' }),
      queued({ view: 'good', receiveCount: 2 }),
    ]);
    expect(bench.views().slice(before)).toEqual(['good']);
  });

  test('does not give up an event that is old enough, but was younger at the last call', async () => {
    const bench = deliveryBench(() => OUTCOMES.unreachable);
    await endsOf(bench, incidents(20));
    bench.wait(1_000);
    const batch = [
      queued({ view: 'x', sentAt: NOW + 500 - 24 * HOUR }),
      queued({ view: 'y', sentAt: NOW - 500 - 24 * HOUR }),
    ];
    expect(await endsOf(bench, batch)).toMatchObject([
      { cause: 'circuit_open' },
      { cause: 'dead' },
    ]);
  });
});
