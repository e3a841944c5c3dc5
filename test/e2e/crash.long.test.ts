import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Bridge } from '../../local/bridge.ts';
import {
  delay,
  depth,
  drained,
  post,
  startScenario,
  until,
  viewEvent,
} from '../../testkit/scenario.ts';

const KILLS = 25;

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario({
    timeoutSeconds: 2,
    // What a crashed batch leaves behind comes back after this time.
    visibilitySeconds: 12,
    delivery: { callTimeoutSeconds: 0.8, callsPerMinute: 100_000, updateIntervalSeconds: 0 },
  });
});

afterAll(async () => {
  await bridge.stop();
});

test(`every event is accounted for although the delivery process is killed at ${KILLS} random moments`, async () => {
  // Slow enough that most kills hit a call, and not the time between two batches.
  bridge.standIn?.setMode({ kind: 'slow', milliseconds: 30 });
  let posted = 0;
  for (let kills = 0; kills < KILLS; kills += 1) {
    for (let n = 0; n < 4; n += 1) {
      expect(await post(bridge, viewEvent(`view-${posted}`))).toBe(202);
      posted += 1;
    }
    const isBusy = (): boolean => bridge.delivery.processes().some(({ busy }) => busy);
    await until(isBusy, { seconds: 60 });
    // Anywhere from the start of the process to the end of the batch.
    await delay(Math.random() * 200);
    bridge.delivery.kill();
  }
  await drained(bridge, 100);

  const views = new Set(bridge.standIn?.incidents().map(({ dedupKey }) => dedupKey));
  expect(views.size).toBe(posted);
  expect(bridge.standIn?.incidents().every(({ severity }) => severity === 'warning')).toBe(true);
  expect(await depth(bridge, 'deadLetters')).toBe(0);
  expect(bridge.delivery.counts().crashes).toBeGreaterThan(KILLS / 2);
});

test('no page is lost although the delivery process is killed again and again during an outage', async () => {
  const killsInOutage = 8;
  const before = bridge.standIn?.incidents().length ?? 0;
  let posted = 0;
  for (let kills = 0; kills < killsInOutage; kills += 1) {
    bridge.standIn?.setMode({ kind: kills % 2 === 0 ? 'down' : 'hang' });
    const calls = bridge.standIn?.calls().length ?? 0;
    for (let n = 0; n < 4; n += 1) {
      expect(await post(bridge, viewEvent(`outage-${posted}`))).toBe(202);
      posted += 1;
    }
    const isCalled = (): boolean => (bridge.standIn?.calls().length ?? 0) > calls;
    await until(isCalled, { seconds: 60 });
    await delay(Math.random() * 200);
    bridge.delivery.kill();
  }
  expect(bridge.standIn?.incidents()).toHaveLength(before);
  bridge.standIn?.setMode({ kind: 'ok' });
  await drained(bridge, 100);

  const opened = bridge.standIn?.incidents().slice(before) ?? [];
  expect(new Set(opened.map(({ dedupKey }) => dedupKey)).size).toBe(posted);
  expect(await depth(bridge, 'deadLetters')).toBe(0);
});
