import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Bridge } from '../../local/bridge.ts';
import { depth, drained, post, startScenario, until, viewEvent } from '../support/e2e.ts';

const KILLS = 50;

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario({
    // A crashed batch comes back after six times the time-out: twelve seconds.
    timeoutSeconds: 2,
    delivery: { callTimeoutSeconds: 0.5, callsPerMinute: 100_000, updateIntervalSeconds: 0 },
  });
});

afterAll(async () => {
  await bridge.stop();
});

test(`every event is accounted for although the delivery process is killed at ${KILLS} random moments`, async () => {
  // Slow enough that most kills hit a call, and not the time between two batches.
  bridge.standIn?.setMode({ kind: 'slow', milliseconds: 30 });
  let kills = 0;
  let posted = 0;
  while (kills < KILLS) {
    expect(await post(bridge, viewEvent(`view-${posted}`))).toBe(202);
    posted += 1;
    if (bridge.delivery.processes().some(({ busy }) => busy) && Math.random() < 0.5) {
      if (bridge.delivery.kill() !== undefined) kills += 1;
    }
  }
  await drained(bridge, 60);

  const views = new Set(bridge.standIn?.incidents().map(({ dedupKey }) => dedupKey));
  expect(views.size).toBe(posted);
  expect(bridge.standIn?.incidents().every(({ severity }) => severity === 'warning')).toBe(true);
  expect(await depth(bridge, 'deadLetters')).toBe(0);
  await until(() => bridge.delivery.counts().crashes >= KILLS, { seconds: 5 });
});
