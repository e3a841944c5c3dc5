import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { lastPageBound } from '../../lambda/shared/delivery-settings.ts';
import type { Bridge } from '../../local/bridge.ts';
import type { StandInMode } from '../../local/pagerduty/mode.ts';
import {
  accounting,
  depth,
  drained,
  post,
  postAtRate,
  scenarioStage,
  startScenario,
  until,
  viewEvent,
} from '../../testkit/scenario.ts';

const OUTAGE_SECONDS = 9;

const SCENARIO = {
  delivery: {
    retryBaseSeconds: 1,
    retryCapSeconds: 4,
    circuitCapSeconds: 2,
    callTimeoutSeconds: 1,
  },
};

/**
 * SQS takes whole seconds, and the machine may be busy. The rate limit takes 15 s for 30 pages: the
 * failed calls of the outage count, and a new instance begins with half of its share.
 */
const MARGIN_SECONDS = 20;

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario(SCENARIO);
});

afterAll(async () => {
  await bridge.stop();
});

const callsOf = (): number => bridge.standIn?.calls().length ?? 0;

test('an outage of 503s, hangs and resets loses no event, costs few calls, and the last page comes within the bound of the stage', async () => {
  expect(await post(bridge, viewEvent('before'))).toBe(202);
  await until(() => bridge.standIn?.incidents().length === 1, { seconds: 10 });

  const outage: StandInMode['kind'][] = ['down', 'hang', 'reset'];
  const before = callsOf();
  for (const [index, kind] of outage.entries()) {
    bridge.standIn?.setMode({ kind });
    const views = Array.from({ length: 10 }, (_, n) => viewEvent(`${kind}-${n}`));
    // Each mode lasts three seconds.
    const answers = await postAtRate(bridge, views, (10 * outage.length) / OUTAGE_SECONDS);
    expect(answers).toMatchObject([{ status: 202, count: 10 }]);
    expect(bridge.standIn?.incidents()).toHaveLength(1);
    expect(await depth(bridge, 'events')).toBe(10 * (index + 1));
  }
  const during = callsOf() - before;

  bridge.standIn?.setMode({ kind: 'ok' });
  const recovered = Date.now();
  await until(() => bridge.standIn?.incidents().length === 31, {
    seconds: lastPageBound(scenarioStage(SCENARIO).delivery) / 1000 + MARGIN_SECONDS,
    state: () => ({ calls: bridge.standIn?.callCounts(), since: Date.now() - recovered }),
  });
  await drained(bridge, 30);

  expect(await depth(bridge, 'deadLetters')).toBe(0);
  expect(await accounting(bridge)).toMatchObject({ accepted: 31, delivered: 31, lost: 0 });
  // Two instances: each makes a few calls until its circuit breaker opens, then a probe every 1.5 to 2 s.
  expect(during).toBeLessThanOrEqual(50);
});
