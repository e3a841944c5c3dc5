import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Bridge } from '../../local/bridge.ts';
import { drained, post, startScenario, until, viewEvent } from '../../testkit/scenario.ts';

/** Longer than a busy machine needs for the event after the resolve. */
const UPDATE_INTERVAL_SECONDS = 5;

/** The SDK and the poller make so many attempts. */
const DELETE_ATTEMPTS = 3;

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario({
    timeoutSeconds: 2,
    visibilitySeconds: 10,
    delivery: { callTimeoutSeconds: 0.5, updateIntervalSeconds: UPDATE_INTERVAL_SECONDS },
  });
});

afterAll(async () => {
  await bridge.stop();
});

const incidents = (): number => bridge.standIn?.incidents().length ?? 0;

test('a resolved incident stays resolved when an older event comes back, and a new event opens a new one', async () => {
  // PagerDuty has the event, but its message stays in the queue and comes back.
  bridge.aws.faults.add({
    action: 'sqs:DeleteMessageBatch',
    times: DELETE_ATTEMPTS,
    effect: { kind: 'respond', status: 500, code: 'InternalFailure' },
  });
  expect(await post(bridge, viewEvent('checkout'))).toBe(202);
  await until(() => incidents() === 1, { seconds: 10 });
  expect(bridge.standIn?.resolve(1)).toBe(true);

  await drained(bridge, 20);
  expect(bridge.mapping.counts().deletionsFailed).toBe(1);
  expect(bridge.journal.counters()).toMatchObject({ EventsDelivered: 1, EventsDeduplicated: 1 });
  expect(bridge.standIn?.incidents().map(({ status }) => status)).toEqual(['resolved']);

  expect(await post(bridge, viewEvent('checkout'))).toBe(202);
  await until(() => incidents() === 2, { seconds: UPDATE_INTERVAL_SECONDS + 5 });
  expect(bridge.standIn?.incidents().map(({ status }) => status)).toEqual([
    'resolved',
    'triggered',
  ]);
});

test('an event that comes right after the resolve opens a new incident when the update is due', async () => {
  const before = incidents();
  expect(await post(bridge, viewEvent('cart'))).toBe(202);
  await until(() => incidents() === before + 1, { seconds: 10 });
  expect(bridge.standIn?.resolve(before + 1)).toBe(true);
  // Another instance knows of no incident, and would open one at once.
  await until(() => bridge.delivery.processes().every(({ busy }) => !busy), { seconds: 20 });
  expect(await post(bridge, viewEvent('cart'))).toBe(202);
  await until(() => bridge.updatesNotDue().size === 1, { seconds: UPDATE_INTERVAL_SECONDS });
  await until(() => incidents() === before + 2, { seconds: UPDATE_INTERVAL_SECONDS + 5 });
  await drained(bridge, 10);
  expect(bridge.updatesNotDue().size).toBe(0);
});
