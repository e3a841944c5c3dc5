import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Bridge } from '../../local/bridge.ts';
import { watchIncidents } from '../../local/console/incidents.ts';
import { drained, postAtRate, startScenario, viewEvent } from '../../testkit/scenario.ts';

const UPDATE_INTERVAL_SECONDS = 4;
const VIEWS = 5;
const PER_SECOND = 200;
const EVENTS = 1_000;

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario(
    {
      // With so short an interval, updates would use up their third of the rate limit.
      delivery: { updateIntervalSeconds: UPDATE_INTERVAL_SECONDS, callsPerMinute: 1_200 },
    },
    {
      standIn: { rateLimit: { calls: 1_200, windowSeconds: 60 } },
      // An instance sends its final updates with a batch. After the storm, a tick is the only batch
      // that an instance is sure to get, and updates are due within a second and a half.
      tickSeconds: 0.25,
    },
  );
});

afterAll(async () => {
  await bridge.stop();
});

/** Climbs from 31 to 44 through the storm: every event is a warning, as the threshold is 30. */
function valueOf(n: number): number {
  return 31 + (13 * n) / EVENTS;
}

test('after a storm, each incident says one of the last values and nearly the whole count', async () => {
  if (bridge.standIn === undefined) throw new Error('no stand-in');
  const watched = watchIncidents(bridge.standIn);
  const storm = Array.from({ length: EVENTS }, (_, n) =>
    viewEvent(`${n % VIEWS}`, { value: valueOf(n) }),
  );
  const began = performance.now();
  const answers = await postAtRate(bridge, storm, PER_SECOND);
  const seconds = (performance.now() - began) / 1000;
  expect(answers).toMatchObject([{ status: 202, count: EVENTS }]);
  await drained(bridge, 60);
  watched.stop();

  const incidents = watched.list();
  expect(incidents).toHaveLength(VIEWS);
  // The last call may be of the instance that did not see the newest events.
  const oldest = valueOf(EVENTS - 1 - PER_SECOND * UPDATE_INTERVAL_SECONDS);
  for (const { incident } of incidents) {
    expect(Number(incident.details['value'])).toBeGreaterThan(oldest);
  }
  const heard = incidents.reduce((sum, { notified }) => sum + notified.events, 0);
  // On a busy machine, the last update of an instance can be too late to be sent.
  expect(heard).toBeGreaterThanOrEqual(0.9 * EVENTS);
  expect(heard).toBeLessThanOrEqual(EVENTS);
  const calls = bridge.standIn.callCounts();
  // Two instances, an opening and then an update per interval each. The storm takes longer on a busy
  // machine.
  const rounds = Math.ceil(seconds / UPDATE_INTERVAL_SECONDS) + 2;
  expect(calls).toEqual({ 202: calls['202'] });
  expect(calls['202']).toBeLessThanOrEqual(2 * VIEWS * rounds);
});
