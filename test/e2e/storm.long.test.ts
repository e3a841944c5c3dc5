import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { type BridgeProcess, startBridgeProcess } from '../support/bridge-process.ts';
import { postAtRate, until, viewEvent } from '../../testkit/scenario.ts';

const EVENTS = 10_000;
const VIEWS = 10;
const PER_SECOND = 500;

/** Climbs from 31 to 44 through the storm: every event is a warning, as the threshold is 30. */
function valueOf(n: number): number {
  return 31 + (13 * n) / EVENTS;
}

let bridge: BridgeProcess;

beforeAll(async () => {
  bridge = await startBridgeProcess();
});

afterAll(async () => {
  await bridge.stop();
});

test(`a storm of ${EVENTS} events of ${VIEWS} views opens ${VIEWS} incidents within seconds, with few calls and no 429`, async () => {
  const firstPosted = new Map<string, number>();
  function* storm(): Iterable<object> {
    for (let n = 0; n < EVENTS; n += 1) {
      const view = `${n % VIEWS}`;
      if (!firstPosted.has(view)) firstPosted.set(view, Date.now());
      yield viewEvent(view, { value: valueOf(n) });
    }
  }
  const answers = await postAtRate(bridge, storm(), PER_SECOND);
  expect(answers).toMatchObject([{ status: 202, count: EVENTS }]);
  await until(
    async () => {
      const { ready, inFlight, delayed } = (await bridge.counters()).queues['events'] ?? {};
      return ready === 0 && inFlight === 0 && delayed === 0;
    },
    { seconds: 90, state: bridge.counters },
  );

  const { metrics, pagerDutyCalls } = await bridge.counters();
  // Without the incident of the sample event that each start sends.
  const incidents = (await bridge.incidents()).filter(({ dedupKey }) => dedupKey.includes('env-1'));
  expect(incidents).toHaveLength(VIEWS);
  const waits = incidents.map(({ dedupKey, openedAt }) => {
    const view = dedupKey.split(':')[2] ?? '';
    return Date.parse(openedAt) - (firstPosted.get(view) ?? NaN);
  });
  expect(Math.max(...waits)).toBeLessThan(3000);

  // The last update of each view was due when the storm had nearly ended, or after it.
  const oldest = valueOf(0.8 * EVENTS);
  for (const { details } of incidents) expect(Number(details['value'])).toBeGreaterThan(oldest);

  const calls = pagerDutyCalls['202'] ?? 0;
  expect(pagerDutyCalls).toEqual({ 202: calls });
  // The sample event, an opening per view and instance, and updates: a third of 120 calls per minute.
  const minutes = Math.ceil((Date.now() - Math.min(...firstPosted.values())) / 61_000);
  expect(calls).toBeLessThanOrEqual(1 + 2 * VIEWS + 40 * minutes);
  const { EventsDelivered: delivered = 0 } = metrics;
  expect(metrics).toMatchObject({
    EventsAccepted: EVENTS + 1,
    EventsDeduplicated: EVENTS + 1 - delivered,
  });
  // Some calls are updates that no message of their batch asks for.
  expect(delivered).toBeLessThanOrEqual(calls);
});
