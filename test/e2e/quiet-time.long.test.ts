import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Bridge } from '../../local/bridge.ts';
import type { Incident } from '../../local/pagerduty/incidents.ts';
import { inQueue, messageCounts } from '../../local/sqs/queue-depth.ts';
import {
  accounting,
  depth,
  post,
  startScenario,
  until,
  viewEvent,
} from '../../testkit/scenario.ts';
import { openIncidentRows } from '../support/open-incident-rows.ts';

const QUIET_SECONDS = 2;
const UPDATE_INTERVAL_SECONDS = 0.5;

/** Time between two ticks, seconds. */
const TICK_SECONDS = 0.25;

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario(
    {
      // An event right after a resolve waits for a multiple of the call timeout.
      delivery: { updateIntervalSeconds: UPDATE_INTERVAL_SECONDS, callTimeoutSeconds: 1 },
      routes: [
        { environment: '*', service: 'local-service', resolveAfterMinutes: QUIET_SECONDS / 60 },
      ],
    },
    { tickSeconds: TICK_SECONDS },
  );
});

afterAll(async () => {
  await bridge.stop();
});

const incidents = (): readonly Incident[] => bridge.standIn?.incidents() ?? [];
const counter = (name: string): number => bridge.journal.counters()[name] ?? 0;

test('an incident opens, is updated, is resolved after its quiet time, and opens again as a new one', async () => {
  expect(await post(bridge, viewEvent('checkout', { value: 31 }))).toBe(202);
  await until(() => incidents().length === 1, { seconds: 20 });
  const lastEvent = Date.now();
  expect(await post(bridge, viewEvent('checkout', { value: 32 }))).toBe(202);
  await until(() => incidents()[0]?.updates === 1, { seconds: 10 });

  await until(() => incidents()[0]?.status === 'resolved', { seconds: 30 });
  const resolvedAt = Date.parse(incidents()[0]?.updatedAt ?? '');
  const earliest = lastEvent + (QUIET_SECONDS + UPDATE_INTERVAL_SECONDS) * 1000;
  expect(resolvedAt).toBeGreaterThanOrEqual(earliest);
  // The batch of the tick reports after its calls.
  await until(() => counter('IncidentsResolved') === 1, { seconds: 10 });
  const line = bridge.journal.lines().find(({ text }) => text.includes('Incident resolved'));
  expect(line?.fields).toMatchObject({ pagerduty_service: 'local-service', status: 202 });

  expect(await post(bridge, viewEvent('checkout', { value: 33 }))).toBe(202);
  await until(() => incidents().length === 2, { seconds: 20 });
  expect(incidents().map(({ status, updates, details }) => [status, updates, details['value']]))
    // A resolve is no event: it changes nothing but the status.
    .toEqual([
      ['resolved', 1, 32],
      ['triggered', 0, 33],
    ]);
  expect(incidents()[1]?.dedupKey).toBe(incidents()[0]?.dedupKey);

  await until(() => incidents()[1]?.status === 'resolved', { seconds: 30 });
  // A resolved incident stays in the table until no answer about it can be under way.
  await until(async () => (await openIncidentRows(bridge)).length === 0, { seconds: 30 });
  expect(await accounting(bridge)).toMatchObject({ accepted: 3, waiting: 0, lost: 0 });
  expect(await depth(bridge, 'deadLetters')).toBe(0);
  expect(counter('TimersFailed')).toBe(0);
});

test('while delivery is stopped, ticks are sent and not reported, and nothing is resolved', async () => {
  const before = incidents().length;
  expect(await post(bridge, viewEvent('cart'))).toBe(202);
  await until(() => incidents().length === before + 1, { seconds: 20 });
  const [row] = await openIncidentRows(bridge);
  await bridge.mapping.stop();

  const reported = counter('Ticks');
  expect(reported).toBeGreaterThan(0);
  expect(await post(bridge, viewEvent('cart'))).toBe(202);
  await until(() => Date.now() > (row?.due ?? Infinity) + 3_000 * TICK_SECONDS, { seconds: 20 });
  expect(bridge.schedule?.counts().sent).toBeGreaterThan(reported + 5);
  expect(counter('Ticks')).toBe(reported);
  expect(incidents().at(-1)?.status).toBe('triggered');
  // The event waits. The ticks are in the queue too, and no account of events counts them.
  const { events, ticks } = await messageCounts(bridge, 'events');
  expect(inQueue(events)).toBe(1);
  expect(inQueue(ticks)).toBeGreaterThan(5);
  expect(await accounting(bridge)).toMatchObject({ waiting: 1, lost: 0 });
});
