/** A storm of many incidents at PagerDuty's real limit, on a virtual clock: it takes ten minutes. */

import type { IntegrationKeys } from '../../lambda/delivery/integration-keys.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../lambda/delivery/settings.ts';
import { writeEventMessage } from '../../lambda/shared/message.ts';
import { routeTable } from '../../lambda/shared/routes.ts';
import { viewEvent } from '../../testkit/scenario.ts';
import type { Row } from '../measuring/row.ts';
import { runUntilEmpty } from '../../testkit/simulation/bridge.ts';
import { virtualClock } from '../../testkit/simulation/clock.ts';
import { pagerDutyModel, type PagerDutyModel } from '../../testkit/simulation/pagerduty.ts';
import { queueModel } from '../../testkit/simulation/queue.ts';
import { seededRandom } from '../../testkit/simulation/random.ts';
import { callRows, STORM_EVENTS, STORM_RATE } from './rows.ts';

const INCIDENTS = 1000;
/** Calls per event that are fine: two an incident. One is the least that opens it. */
const SHARE_OF_CALLS = (2 * INCIDENTS) / STORM_EVENTS;
/** The last incident may open this much later than the limit makes it. */
const LATENESS = 1.25;
const MINUTE = 60_000;

const settings = DEFAULT_DELIVERY_SETTINGS;

/** One service, whose key is always there. */
const KEYS: IntegrationKeys = {
  keyOf: async () => ({ kind: 'key', key: 'k'.repeat(32) }),
  reread: async () => ({ kind: 'key', key: 'k'.repeat(32) }),
};

/** When each incident opened, milliseconds after `begin`, ascending. */
function openings({ calls }: PagerDutyModel, begin: number): readonly number[] {
  const opened = new Map<string, number>();
  for (const { at, dedupKey, outcome } of calls) {
    if (outcome === 'delivered' && !opened.has(dedupKey)) opened.set(dedupKey, at - begin);
  }
  return [...opened.values()].toSorted((a, b) => a - b);
}

async function simulate(): Promise<{ pagerDuty: PagerDutyModel; opened: readonly number[] }> {
  const begin = Date.parse('2026-01-01T00:00:00Z');
  const random = seededRandom(1);
  const clock = virtualClock(begin);
  const queue = queueModel({ now: clock.now, visibilityTimeout: 6 * MINUTE });
  const pagerDuty = pagerDutyModel({
    clock,
    modeAt: () => 'up',
    callsPerMinute: settings.callsPerMinute,
    callTimeout: settings.callTimeoutSeconds * 1000,
    latency: () => 50 + 200 * random(),
  });
  for (let n = 0; n < STORM_EVENTS; n += 1) {
    const at = begin + (n * 1000) / STORM_RATE;
    const head = { receivedAt: new Date(at).toISOString(), requestId: `r${n}` };
    const event = JSON.stringify(viewEvent(`${n % INCIDENTS}`));
    queue.send(`m${n}`, writeEventMessage(head, event), at);
  }
  let processed = 0;
  await runUntilEmpty({
    clock,
    queue,
    pagerDuty: pagerDuty.send,
    settings,
    random,
    keys: KEYS,
    routes: routeTable([{ environment: '*', service: 'platform' }]),
    onBatch: (_, tally) => {
      processed += tally.delivered + tally.deduplicated;
    },
  });
  const opened = openings(pagerDuty, begin);
  if (processed !== STORM_EVENTS || opened.length !== INCIDENTS || queue.deadLetters.length > 0) {
    throw new Error(
      `Of ${STORM_EVENTS} events ${processed} settled, ${opened.length} incidents open.`,
    );
  }
  return { pagerDuty, opened };
}

/**
 * Simulates the storm.
 *
 * @throws Error when an event was lost or given up, or an incident is missing
 */
export async function stormOnTheClock(progress: (text: string) => void): Promise<readonly Row[]> {
  progress(`${STORM_EVENTS} events of ${INCIDENTS} incidents, on a virtual clock`);
  const { pagerDuty, opened } = await simulate();
  const minutes = opened.map((at) => at / MINUTE);
  const [first = NaN, middle = NaN, last = NaN] = [0, Math.floor(INCIDENTS / 2), INCIDENTS - 1].map(
    (n) => minutes[n],
  );
  const least = INCIDENTS / settings.callsPerMinute;
  const name = `storm, ${INCIDENTS} incidents`;
  return [
    ...callRows({
      name,
      calls: pagerDuty.calls.length,
      throttled: pagerDuty.calls.filter(({ status }) => status === 429).length,
      share: SHARE_OF_CALLS,
      note: `every event accounted for; ${INCIDENTS / (STORM_EVENTS / 100)} % is the least`,
    }),
    {
      measurement: `${name}: the last one open`,
      unit: 'min',
      median: last,
      spread: [first, last],
      baseline: { name: `${settings.callsPerMinute} calls a minute`, median: least },
      ratio: last / least,
      goal: `at most ${LATENESS} x`,
      isMet: last <= LATENESS * least,
      runs: 1,
      note: `half of them after ${middle.toFixed(1)} min; the spread is the first and the last`,
    },
  ];
}
