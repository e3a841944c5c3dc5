import { describe, expect, test } from '@jest/globals';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import { deliveryBench, OUTCOMES, viewOf } from '../../support/delivery-bench.ts';
import { again, causesOf, endsOf } from '../../support/delivery-ends.ts';
import { NOW, queued } from '../../support/delivery-fixtures.ts';

const MINUTE = 60_000;
const CRITICAL = 90;

/** A bench on which PagerDuty was notified of view 4 at NOW. */
async function notified() {
  const bench = deliveryBench();
  await causesOf(bench, [queued({ at: NOW - 1_000 })]);
  const details = (call: number) => bench.sent[call]?.event.payload.custom_details ?? {};
  return { bench, details };
}

describe('a subject that PagerDuty was notified of', () => {
  test('needs no call for an event that was accepted a second before that call, or earlier', async () => {
    const { bench } = await notified();
    const batch = [queued({ at: NOW - 1_000 }), queued({ at: NOW - 999 })];
    expect(await causesOf(bench, batch)).toEqual(['deduplicated', 'update_due']);
    expect(bench.sent).toHaveLength(1);
  });

  test('hears of an event that was accepted while that call was under way', async () => {
    const bench = deliveryBench(() => {
      bench.wait(4_000);
      return OUTCOMES.delivered;
    });
    await causesOf(bench, [queued({ at: NOW - 1_000 })]);
    expect(await causesOf(bench, [queued({ at: NOW + 1_000 })])).toEqual(['update_due']);
  });

  test('hears of later events one update interval after the call: the newest waits for it', async () => {
    const { bench, details } = await notified();
    bench.wait(20_000);
    const newest = queued({ at: NOW + 15_000 });
    expect(await endsOf(bench, [queued({ at: NOW + 10_000 }), newest])).toEqual([
      { cause: 'deduplicated', wait: 0 },
      { cause: 'update_due', wait: 40_000 },
    ]);
    bench.wait(40_000);
    expect(await causesOf(bench, [again(newest)])).toEqual(['delivered']);
    expect(details(1)).toMatchObject({
      deduplicated: {
        count: 2,
        first: new Date(NOW + 10_000).toISOString(),
        last: new Date(NOW + 15_000).toISOString(),
      },
    });
  });

  test('makes the newest of several waiting events come back first; its call stands for all', async () => {
    const { bench } = await notified();
    bench.wait(5_000);
    const first = queued({ at: NOW + 5_000 });
    const second = queued({ at: NOW + 25_000 });
    expect(await endsOf(bench, [first])).toEqual([{ cause: 'update_due', wait: 55_000 }]);
    bench.wait(20_000);
    // More than a deduplication window newer, so it is not deduplicated into the first.
    expect(await endsOf(bench, [second])).toEqual([{ cause: 'update_due', wait: 34_000 }]);
    bench.wait(34_000);
    expect(await causesOf(bench, [again(second)])).toEqual(['delivered']);
    bench.wait(1_000);
    expect(await causesOf(bench, [again(first)])).toEqual(['deduplicated']);
    expect(bench.sent).toHaveLength(2);
  });

  test('is called at once when the severity is raised, and not when it falls', async () => {
    const { bench } = await notified();
    expect(await causesOf(bench, [queued({ value: CRITICAL, at: NOW })])).toEqual(['delivered']);
    expect(await causesOf(bench, [queued({ value: 42, at: NOW + 1 })])).toEqual(['update_due']);
    expect(bench.sent.map(({ event }) => event.payload.severity)).toEqual(['warning', 'critical']);
  });

  test('is called at once about another kind', async () => {
    const { bench } = await notified();
    expect(await causesOf(bench, [queued({ isLimit: true, at: NOW + 1 })])).toEqual(['delivered']);
  });

  test('is called at once after 30 update intervals: the incident may be another one', async () => {
    const { bench } = await notified();
    bench.wait(10_000);
    await causesOf(bench, [queued({ at: NOW + 9_000 })]);
    bench.wait(30 * MINUTE);
    expect(await causesOf(bench, [queued({ at: NOW + 30 * MINUTE })])).toEqual(['delivered']);
  });

  test('is called at once with a new key: the incident is another one there', async () => {
    const { bench } = await notified();
    bench.keys.known.set('shop', 'rotated0123456789abcdefghijklmno');
    expect(await causesOf(bench, [queued({ at: NOW - 2_000 })])).toEqual(['delivered']);
  });

  test('is called with each event when there is no update interval', async () => {
    const settings = { ...DEFAULT_DELIVERY_SETTINGS, updateIntervalSeconds: 0 };
    const bench = deliveryBench(undefined, { settings });
    for (let i = 1; i <= 4; i++) {
      expect(await causesOf(bench, [queued({ at: NOW + i })])).toEqual(['delivered']);
      bench.wait(1);
    }
  });

  test('is another one in another service', async () => {
    const { bench } = await notified();
    expect(await causesOf(bench, [queued({ environment: 'b' })])).toEqual(['delivered']);
  });

  test('is called again if the call was not accepted', async () => {
    const bench = deliveryBench((event) =>
      viewOf(event) === '1' ? OUTCOMES.unreachable : OUTCOMES.refused,
    );
    const batch = [queued({ view: '1' }), queued({ view: '2' })];
    await causesOf(bench, batch);
    await causesOf(bench, batch);
    expect(bench.sent).toHaveLength(4);
  });

  test('lets no old event open a resolved incident again', async () => {
    const { bench } = await notified();
    bench.wait(10 * MINUTE);
    const old = queued({ at: NOW - 80_000_000, receiveCount: 90 });
    expect(await causesOf(bench, [old])).toEqual(['deduplicated']);
  });
});

describe('the count of a call', () => {
  test('includes the events that the call before stood for afterwards', async () => {
    const { bench, details } = await notified();
    await causesOf(bench, [queued({ at: NOW - 2_000 }), queued({ at: NOW - 3_000 })]);
    bench.wait(MINUTE);
    await causesOf(bench, [queued({ at: NOW + 50_000 })]);
    expect(details(1)).toMatchObject({ deduplicated: { count: 3 } });
  });

  test('does not include a message of that call that came once more', async () => {
    const bench = deliveryBench();
    const message = queued({ at: NOW - 1_000 });
    await causesOf(bench, [message]);
    await causesOf(bench, [again(message)]);
    bench.wait(MINUTE);
    await causesOf(bench, [queued({ at: NOW + 50_000 })]);
    expect(bench.sent[1]?.event.payload.custom_details).not.toHaveProperty('deduplicated');
  });

  test('starts anew after each call', async () => {
    const bench = deliveryBench();
    for (let i = 0; i < 3; i++) {
      const at = NOW + i * MINUTE;
      expect(await causesOf(bench, [queued({ at: at - 1_000 })])).toEqual(['delivered']);
      expect(await causesOf(bench, [queued({ at: at - 2_000 })])).toEqual(['deduplicated']);
      bench.wait(MINUTE);
    }
    const counts = bench.sent.map(({ event }) => event.payload.custom_details['deduplicated']);
    expect(counts).toMatchObject([undefined, { count: 2 }, { count: 2 }]);
  });

  test('is kept when a call fails', async () => {
    const bench = deliveryBench((_, call) =>
      call === 1 ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );
    await causesOf(bench, [queued({ at: NOW - 1_000 })]);
    await causesOf(bench, [queued({ at: NOW - 2_000 })]);
    bench.wait(MINUTE);
    const late = queued({ at: NOW + 50_000 });
    expect(await causesOf(bench, [late])).toEqual(['unavailable']);
    bench.wait(MINUTE);
    expect(await causesOf(bench, [again(late)])).toEqual(['delivered']);
    expect(bench.sent[2]?.event.payload.custom_details).toMatchObject({
      deduplicated: { count: 2 },
    });
  });
});

/** Sends a warning so many minutes after a critical event; resolves to what the calls say. */
async function severitiesAfter(minutes: readonly number[]): Promise<(readonly unknown[])[]> {
  const bench = deliveryBench();
  await causesOf(bench, [queued({ value: CRITICAL, at: NOW - 1_000 })]);
  let last = 0;
  for (const minute of minutes) {
    bench.wait((minute - last) * MINUTE);
    last = minute;
    const at = NOW + minute * MINUTE - 1_000;
    expect(await causesOf(bench, [queued({ value: 42, at })])).toEqual(['delivered']);
  }
  return bench.sent.slice(1).map(({ event }) => {
    const { severity, custom_details: details } = event.payload;
    return [severity, details['value'], details['event_severity']];
  });
}

describe('the severity of an incident', () => {
  test('does not fall for 30 update intervals: a lower value is said, with its own severity', async () => {
    expect(await severitiesAfter([29])).toEqual([['critical', 42, 'warning']]);
  });

  test('falls after 30 update intervals', async () => {
    expect(await severitiesAfter([30])).toEqual([['warning', 42, undefined]]);
  });

  test('is not kept up by the calls that say it: only by events that have it', async () => {
    expect(await severitiesAfter([10, 20, 29, 31, 40])).toEqual([
      ['critical', 42, 'warning'],
      ['critical', 42, 'warning'],
      ['critical', 42, 'warning'],
      ['warning', 42, undefined],
      ['warning', 42, undefined],
    ]);
  });

  test('is that of the incident, whichever kind of event had it', async () => {
    const bench = deliveryBench();
    await causesOf(bench, [queued({ value: CRITICAL })]);
    await causesOf(bench, [queued({ isLimit: true })]);
    expect(bench.sent.map(({ event }) => event.payload.severity)).toEqual(['critical', 'critical']);
  });

  test('is not that of an event whose call failed', async () => {
    const bench = deliveryBench((_, call) => (call === 0 ? OUTCOMES.refused : OUTCOMES.delivered));
    await causesOf(bench, [queued({ value: CRITICAL })]);
    await causesOf(bench, [queued()]);
    expect(bench.sent.map(({ event }) => event.payload.severity)).toEqual(['critical', 'warning']);
  });
});

/** An event that waits, and a newer one that was deduplicated into it. */
async function withNewer(outcomes: readonly (typeof OUTCOMES)[keyof typeof OUTCOMES][]) {
  const bench = deliveryBench((_, call) => outcomes[call] ?? OUTCOMES.delivered);
  const kept = queued({ id: 'kept', value: 40, at: NOW - 1_000 });
  await causesOf(bench, [kept]);
  bench.wait(3_000);
  const newer = queued({ id: 'newer', value: 50, at: NOW + 2_000 });
  expect(await causesOf(bench, [newer])).toEqual(['deduplicated']);
  bench.wait(10_000);
  const values = (): unknown[] =>
    bench.sent.map(({ event }) => event.payload.custom_details['value']);
  return { bench, kept: again(kept), values };
}

describe('the content of a call', () => {
  const { unanswered, delivered, refused } = OUTCOMES;

  test('is the newest that was seen, also when its event was deduplicated', async () => {
    const { bench, kept, values } = await withNewer([unanswered]);
    expect(await causesOf(bench, [kept])).toEqual(['delivered']);
    expect(values()).toEqual([40, 50]);
  });

  test('is forgotten when it was said', async () => {
    const { bench, kept, values } = await withNewer([unanswered]);
    await causesOf(bench, [kept]);
    bench.wait(MINUTE);
    expect(bench.context.state.newestUnsent.size).toBe(0);
    await causesOf(bench, [queued({ value: 35, at: NOW + MINUTE })]);
    expect(values()).toEqual([40, 50, 35]);
  });

  test("is the event's own when PagerDuty refuses the newest", async () => {
    const { bench, kept, values } = await withNewer([unanswered, refused, delivered]);
    expect(await causesOf(bench, [kept])).toEqual(['delivered']);
    expect(values()).toEqual([40, 50, 40]);
  });

  test('is not tried once more when PagerDuty refuses that as well', async () => {
    const { bench, kept, values } = await withNewer([unanswered, refused, refused]);
    expect(await causesOf(bench, [kept])).toEqual(['deadLetter']);
    expect(values()).toEqual([40, 50, 40]);
  });
});
