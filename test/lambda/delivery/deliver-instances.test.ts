/**
 * Two instances with one queue: interleavings that random worlds rarely produce, each written out
 * step by step. Times are in seconds after NOW, as in the record of the decision.
 */

import { describe, expect, test } from '@jest/globals';

import type { QueuedMessage } from '../../../lambda/delivery/candidate.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import {
  type DeliveryBench,
  deliveryBench,
  OUTCOMES,
  otherInstance,
} from '../../support/delivery-bench.ts';
import { again, causesOf, dispositionsOf } from '../../support/delivery-ends.ts';
import { type MessageOptions, NOW, queued } from '../../support/delivery-fixtures.ts';

/** A message that was accepted so many seconds after NOW. */
function at(seconds: number, options: MessageOptions = {}): QueuedMessage {
  return queued({ at: NOW + seconds * 1000, ...options });
}

/** Moves the clock to so many seconds after NOW. */
function moveTo({ context, wait }: DeliveryBench, seconds: number): void {
  wait(NOW + seconds * 1000 - context.now());
}

/** The times of the calls, in seconds after NOW. */
function callTimes({ sent }: DeliveryBench): number[] {
  return sent.map((call) => (call.at - NOW) / 1000);
}

describe('an event that stands for a newer one', () => {
  test('is not deduplicated by another instance that has notified in between', async () => {
    // A cannot call; B can.
    let isDown = true;
    const b = deliveryBench();
    const a = otherInstance({
      ...b,
      context: {
        ...b.context,
        pagerDuty: async (event) => (isDown ? OUTCOMES.unanswered : b.context.pagerDuty(event)),
      },
    });
    const waiting = at(10);
    moveTo(b, 10);
    expect(await causesOf(a, [waiting])).toEqual(['unanswered']);
    // B notifies PagerDuty at t = 20.
    moveTo(b, 20);
    expect(await causesOf(b, [at(19)])).toEqual(['delivered']);
    expect(await causesOf(a, [again(waiting)])).toEqual(['unanswered']);
    // A deduplicates what was accepted at t = 24 into the waiting event. B does not see that.
    moveTo(b, 24);
    expect(await causesOf(a, [at(24)])).toEqual(['deduplicated']);
    moveTo(b, 40);
    isDown = false;
    // It comes back to B: accepted before B's call, but it may stand for later events.
    expect(await causesOf(b, [again(waiting, 2)])).toEqual(['update_due']);
    moveTo(b, 80);
    expect(await causesOf(b, [again(waiting, 3)])).toEqual(['delivered']);
    expect(callTimes(b)).toEqual([20, 80]);
  });

  test.each([
    { accepted: 25, ends: 'deduplicated' },
    { accepted: 25.001, ends: 'incident_failing' },
    { accepted: 30, ends: 'incident_failing' },
  ])(
    'does not stand for one accepted more than a window later: $accepted s is $ends',
    async ({ accepted, ends }) => {
      const a = deliveryBench(() => OUTCOMES.unanswered);
      const waiting = at(10);
      moveTo(a, 10);
      expect(await causesOf(a, [waiting])).toEqual(['unanswered']);
      moveTo(a, 20);
      expect(await causesOf(a, [again(waiting)])).toEqual(['unanswered']);
      moveTo(a, accepted);
      expect(await causesOf(a, [at(accepted)])).toEqual([ends]);
    },
  );

  test.each([
    { began: 11, ends: 'update_due' },
    { began: 20, ends: 'update_due' },
    { began: 25.999, ends: 'update_due' },
    { began: 26, ends: 'deduplicated' },
  ])(
    'is $ends by an instance that notified at $began s, when it was accepted at 10 s',
    async ({ began, ends }) => {
      const b = deliveryBench();
      moveTo(b, began);
      expect(await causesOf(b, [at(1)])).toEqual(['delivered']);
      moveTo(b, 40);
      expect(await causesOf(b, [again(at(10))])).toEqual([ends]);
    },
  );

  test.each([
    { before: 0.001, ends: 'deduplicated' },
    { before: 0, ends: 'unanswered' },
  ])(
    'is relied on until it comes back: $before s before that another event is $ends',
    async ({ before, ends }) => {
      const a = deliveryBench(() => OUTCOMES.unanswered);
      const [end] = await dispositionsOf(a, [at(0)]);
      const wait = end?.kind === 'waiting' ? end.wait / 1000 : NaN;
      moveTo(a, wait - before);
      expect(await causesOf(a, [at(1)])).toEqual([ends]);
    },
  );
});

describe('a dead letter that stood for a newer event, and is replayed', () => {
  test('is heard of although a call began after it was accepted', async () => {
    const settings = { ...DEFAULT_DELIVERY_SETTINGS, giveUpAfterSeconds: 20 };
    const b = deliveryBench(undefined, { settings });
    const a = otherInstance({
      ...b,
      context: { ...b.context, pagerDuty: async () => OUTCOMES.unanswered },
    });
    const kept = at(0);
    expect(await causesOf(a, [kept])).toEqual(['unanswered']);
    // B notifies PagerDuty at t = 4. A deduplicates what was accepted at t = 5.
    moveTo(b, 4);
    expect(await causesOf(b, [at(-30)])).toEqual(['delivered']);
    moveTo(b, 5);
    expect(await causesOf(a, [at(5)])).toEqual(['deduplicated']);
    moveTo(b, 20);
    expect(await dispositionsOf(a, [again(kept)])).toMatchObject([
      { kind: 'deadLetter', standsFor: { count: 1 } },
    ]);
    // The replay comes to B as a new message.
    moveTo(b, 30);
    const replay = at(0, { sentAt: NOW + 30_000, isReplay: true });
    expect(await causesOf(b, [replay])).toEqual(['update_due']);
    moveTo(b, 64);
    expect(await causesOf(b, [again(replay)])).toEqual(['delivered']);
    expect(callTimes(b)).toEqual([4, 64]);
  });

  test.each([
    { began: 1, isReplay: false, ends: 'deduplicated' },
    { began: 1, isReplay: true, ends: 'update_due' },
    { began: 15.999, isReplay: true, ends: 'update_due' },
    { began: 16, isReplay: true, ends: 'deduplicated' },
  ])(
    'is $ends after a call that began at $began s, when it was accepted at 0 s; marked: $isReplay',
    async ({ began, isReplay, ends }) => {
      const b = deliveryBench();
      moveTo(b, began);
      expect(await causesOf(b, [at(-30)])).toEqual(['delivered']);
      moveTo(b, 30);
      expect(await causesOf(b, [at(0, { sentAt: NOW + 30_000, isReplay })])).toEqual([ends]);
    },
  );
});

const messageAt = (): QueuedMessage => at(0);

describe('a notified message whose deletion failed', () => {
  test('comes back to the instance that notified: deduplicated by its ID', async () => {
    const bench = deliveryBench();
    const message = messageAt();
    expect(await causesOf(bench, [message])).toEqual(['delivered']);
    moveTo(bench, 30);
    // Accepted too late for the begin of the call: only its ID shows that it was in it.
    expect(await causesOf(bench, [again(message)])).toEqual(['deduplicated']);
    expect(bench.sent).toHaveLength(1);
  });

  test('is not deduplicated by its ID after another instance may have received it', async () => {
    const a = deliveryBench();
    const message = messageAt();
    expect(await causesOf(a, [message])).toEqual(['delivered']);
    // B gets it, cannot call, and deduplicates an event that A never sees into it.
    const b = otherInstance({
      ...a,
      context: { ...a.context, pagerDuty: async () => OUTCOMES.unanswered },
    });
    moveTo(a, 6);
    expect(await causesOf(b, [again(message)])).toEqual(['unanswered']);
    moveTo(a, 8);
    expect(await causesOf(b, [at(8)])).toEqual(['deduplicated']);
    // It comes back to A with a receive count of three.
    moveTo(a, 30);
    expect(await causesOf(a, [again(message, 2)])).toEqual(['update_due']);
    moveTo(a, 60);
    expect(await causesOf(a, [again(message, 3)])).toEqual(['delivered']);
    expect(callTimes(a)).toEqual([0, 60]);
  });

  test('that was deduplicated into a call counts like the one that was delivered', async () => {
    const bench = deliveryBench();
    const batch = [at(0), at(0)];
    expect((await causesOf(bench, batch)).toSorted()).toEqual(['deduplicated', 'delivered']);
    moveTo(bench, 30);
    for (const message of batch) {
      expect(await causesOf(bench, [again(message)])).toEqual(['deduplicated']);
    }
    moveTo(bench, 40);
    const [one] = batch;
    expect(one && (await causesOf(bench, [again(one, 2)]))).toEqual(['update_due']);
  });
});

describe('two machines whose clocks differ', () => {
  test.each([
    { skew: 0.5, accepted: 9.6, ends: 'update_due' },
    { skew: 0.999, accepted: 10, ends: 'update_due' },
    { skew: 0, accepted: 9.001, ends: 'update_due' },
    { skew: 0, accepted: 9, ends: 'deduplicated' },
    { skew: -0.5, accepted: 8.5, ends: 'deduplicated' },
  ])(
    'by $skew s: an event accepted at $accepted s is $ends after a call at 10 s',
    async ({ skew, accepted, ends }) => {
      const bench = deliveryBench();
      const instance = otherInstance(bench, skew * 1000);
      moveTo(bench, 10);
      expect(await causesOf(instance, [at(1)])).toEqual(['delivered']);
      moveTo(bench, 12);
      expect(await causesOf(instance, [at(accepted)])).toEqual([ends]);
    },
  );

  test('lose no event that was accepted after the call, up to a difference of one second', async () => {
    for (let skew = -1; skew <= 1; skew += 0.1) {
      const bench = deliveryBench();
      const instance = otherInstance(bench, skew * 1000);
      moveTo(bench, 10);
      await causesOf(instance, [at(1)]);
      moveTo(bench, 12);
      // In true time it was accepted a moment after the call began.
      expect([skew, await causesOf(instance, [at(10.001)])]).toEqual([skew, ['update_due']]);
    }
  });
});
