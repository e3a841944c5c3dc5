import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import type { QueuedMessage } from '../../../lambda/delivery/candidate.ts';
import { type Levels, updateLevels } from '../../../lambda/delivery/levels.ts';
import { settle } from '../../../lambda/delivery/settle.ts';
import { TICK_BODY } from '../../../lambda/shared/message.ts';
import { type DeliveryBench, deliveryBench, OUTCOMES } from '../../support/delivery-bench.ts';
import { fakeKeys, KEYS, NO_LEVELS, NOW, queued } from '../../support/delivery-fixtures.ts';

const TICK = { ...queued({ body: TICK_BODY }), messageId: 'tick' };

/** Delivers a batch to working queues, and resolves to the levels after it. */
async function levelsAfter(
  { context }: DeliveryBench,
  messages: readonly QueuedMessage[],
  unwritten: readonly QueuedMessage[] = [],
): Promise<Levels> {
  const report = await deliverBatch(messages, context.now() + 60_000, context);
  const queues = {
    sendToDeadLetterQueue: async () => new Set(unwritten),
    defer: async () => undefined,
  };
  const options = { retryAfter: 5_000, until: Infinity };
  const batch = await settle(report.processed, queues, options);
  return updateLevels(context.state, report, batch, { ...options, now: context.now() });
}

const OLD = { at: NOW - 100_000 } as const;

describe('a batch', () => {
  test.each([OUTCOMES.unavailable, OUTCOMES.unanswered, OUTCOMES.unreachable, OUTCOMES.throttled])(
    'has the age of the oldest page that waits for PagerDuty: $cause',
    async (outcome) => {
      const bench = deliveryBench(() => outcome);
      const batch = [queued({ ...OLD, view: '1' }), queued({ view: '2' })];
      expect(await levelsAfter(bench, batch)).toEqual({
        ...NO_LEVELS,
        oldestPage: 100,
        waitingForPagerDuty: 100,
      });
    },
  );

  test.each([
    { what: 'missing', environment: 'keyless', check: OUTCOMES.delivered },
    { what: 'refused', environment: 'a', check: OUTCOMES.keyRefused },
  ])('has the age of the oldest page whose key is $what', async ({ environment, check }) => {
    const bench = deliveryBench(() => OUTCOMES.keyRefused, { check: () => check });
    expect(await levelsAfter(bench, [queued({ ...OLD, environment })])).toEqual({
      ...NO_LEVELS,
      oldestPage: 100,
      waitingForKey: 100,
    });
  });

  test('has a level of at least 1 while a page waits, also one that has just come', async () => {
    const bench = deliveryBench();
    const levels = await levelsAfter(bench, [queued({ at: NOW, environment: 'keyless' })]);
    expect(levels).toMatchObject({ oldestPage: 1, waitingForKey: 1 });
  });

  test('has the age of a page that it sent, and not that of an update', async () => {
    const bench = deliveryBench();
    expect(await levelsAfter(bench, [queued(OLD)])).toEqual({ ...NO_LEVELS, oldestPage: 100 });
    bench.wait(120_000);
    expect(await levelsAfter(bench, [queued({ at: NOW + 1_000 })])).toEqual(NO_LEVELS);
  });

  test('counts a replayed event from its replay on', async () => {
    const bench = deliveryBench(() => OUTCOMES.unavailable);
    const replay = queued({ ...OLD, sentAt: NOW - 3_000, isReplay: true });
    expect(await levelsAfter(bench, [replay])).toMatchObject({ waitingForPagerDuty: 3 });
  });

  test('has no level for an update that is not due', async () => {
    const bench = deliveryBench();
    await levelsAfter(bench, [queued()]);
    bench.wait(1_000);
    expect(await levelsAfter(bench, [queued({ at: NOW + 500 })])).toEqual(NO_LEVELS);
  });

  test('has no level for an update without a slot of the rate limit, and one for a page', async () => {
    const settings = { callsPerMinute: 2 };
    const bench = deliveryBench();
    const context = { ...bench.context, settings: { ...bench.context.settings, ...settings } };
    const limited = { ...bench, context };
    await levelsAfter(limited, [queued({ view: '1' })]);
    bench.wait(61_000);
    await levelsAfter(limited, [queued({ view: '2', at: NOW + 60_000 })]);
    const at = NOW + 60_500;
    expect(await levelsAfter(limited, [queued({ view: '1', at })])).toEqual(NO_LEVELS);
    expect(await levelsAfter(limited, [queued({ view: '3', at })])).toEqual({
      ...NO_LEVELS,
      oldestPage: 1,
    });
  });

  test('has one for a dead letter that could not be sent', async () => {
    const message = queued({ ...OLD, body: 'x' });
    expect(await levelsAfter(deliveryBench(), [message])).toEqual(NO_LEVELS);
    expect(await levelsAfter(deliveryBench(), [message], [message])).toMatchObject({
      oldestPage: 100,
    });
  });
});

describe('a tick', () => {
  test('has the levels of what the instance put back, until it can be received again', async () => {
    const bench = deliveryBench(() => OUTCOMES.unavailable);
    const { waitingForPagerDuty } = await levelsAfter(bench, [queued(OLD)]);
    expect(waitingForPagerDuty).toBe(100);
    bench.wait(4_000);
    expect(await levelsAfter(bench, [TICK])).toMatchObject({ waitingForPagerDuty: 104 });
    bench.wait(200_000);
    expect(await levelsAfter(bench, [TICK])).toEqual(NO_LEVELS);
    expect(bench.context.state.waits.size).toBe(0);
  });

  test('has no level for a page that came back and was sent', async () => {
    let isUp = false;
    const bench = deliveryBench(() => (isUp ? OUTCOMES.delivered : OUTCOMES.unavailable));
    const message = queued({ ...OLD, view: '1' });
    await levelsAfter(bench, [message]);
    isUp = true;
    bench.wait(60_000);
    expect(await levelsAfter(bench, [{ ...message, receiveCount: 2 }])).toEqual({
      ...NO_LEVELS,
      oldestPage: 160,
    });
    expect(await levelsAfter(bench, [TICK])).toEqual(NO_LEVELS);
  });

  test('has a level while an older key is in use, and none once the key is repaired', async () => {
    const keys = { problem: 'malformed' };
    const bench = deliveryBench(undefined, {
      keys: {
        ...fakeKeys(),
        keyOf: async () => ({ kind: 'key', key: KEYS['shop'] ?? '', ...keys }) as const,
      },
    });
    expect(await levelsAfter(bench, [queued()])).toMatchObject({ waitingForKey: 1 });
    expect(await levelsAfter(bench, [TICK])).toMatchObject({ waitingForKey: 1 });
    Reflect.deleteProperty(keys, 'problem');
    expect(await levelsAfter(bench, [TICK])).toEqual(NO_LEVELS);
    expect(await levelsAfter(bench, [TICK])).toEqual(NO_LEVELS);
  });
});
