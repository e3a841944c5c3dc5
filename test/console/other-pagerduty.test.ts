import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { startBridgeWithConsole } from '../../local/bridge-with-console.ts';
import type { Bridge } from '../../local/bridge.ts';
import { startStandIn, type StandIn } from '../../local/pagerduty/stand-in.ts';
import { nextPipeline } from '../support/live.ts';
import { drained, post, startScenario, viewEvent } from '../../testkit/scenario.ts';

let other: StandIn;
let bridge: Bridge;

beforeAll(async () => {
  other = await startStandIn();
  bridge = await startScenario({}, { pagerDutyUrl: other.url }, startBridgeWithConsole);
});

afterAll(async () => {
  await bridge?.stop();
  await other?.stop();
});

test('the calls to another PagerDuty are counted from the log of delivery, and its mode cannot be set', async () => {
  expect(await post(bridge, viewEvent('a'))).toBe(202);
  await drained(bridge, 30);
  const { view } = await nextPipeline(bridge, ({ accounting }) => accounting.delivered === 1);
  expect(view.mode).toBeUndefined();
  expect(view.steps.find(({ name }) => name === 'pagerduty')?.figures).toEqual([
    ['calls accepted', 1],
    ['throttled', 0],
    ['failed', 0],
    ['refused', 0],
  ]);
  const { status } = await fetch(`${bridge.url}/api/pagerduty/mode`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"kind":"down"}',
  });
  expect(status).toBe(404);
});
