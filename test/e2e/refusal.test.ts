import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Bridge } from '../../local/bridge.ts';
import {
  accounting,
  depth,
  drained,
  post,
  startScenario,
  until,
  viewEvent,
} from '../../testkit/scenario.ts';

let bridge: Bridge;

beforeAll(async () => {
  // On a machine that stands still for 2 s, the stage's own timeout would repeat a call, and another
  // event would be refused.
  bridge = await startScenario({ delivery: { callTimeoutSeconds: 20 }, timeoutSeconds: 60 });
});

afterAll(async () => {
  await bridge.stop();
});

test('an event that PagerDuty refuses is a dead letter within one attempt, and its neighbours are delivered', async () => {
  // Every second call is refused, so of six incidents three are, and three are not.
  bridge.standIn?.setMode({ kind: 'refuse', share: 0.5 });
  const statuses = await Promise.all(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((view) => post(bridge, viewEvent(view))),
  );
  expect(statuses).toEqual([202, 202, 202, 202, 202, 202]);

  await until(async () => (await depth(bridge, 'deadLetters')) === 3, { seconds: 60 });
  await drained(bridge, 60);

  expect(bridge.standIn?.incidents()).toHaveLength(3);
  expect(bridge.standIn?.callCounts()).toEqual({ 202: 3, 400: 3 });
  expect(await accounting(bridge)).toMatchObject({ delivered: 3, deadLettered: 3, lost: 0 });

  const { ready } = await bridge.inspect('deadLetters');
  for (const { attributes, body } of ready) {
    expect(attributes).toMatchObject({
      FailureReason: { StringValue: 'rejected' },
      HttpStatus: { StringValue: '400' },
      ReceiveCount: { StringValue: '1' },
    });
    expect(JSON.stringify(attributes)).toContain('Event object is invalid');
    expect(JSON.parse(body)).toMatchObject({ version: 1, event: { type: 'EVENT' } });
  }
});
