/** 1,000 incidents on one integration key, at PagerDuty's limit of 120 calls per minute. */

import { type Bridge, startBridge } from '../local/bridge.ts';
import { need } from '../local/parts.ts';
import { accounting, depth, postAtRate, until, viewEvent } from '../testkit/scenario.ts';
import { compare, type Measurement, type Row } from './measuring/row.ts';

const INCIDENTS = 1000;
const PER_SECOND = 200;
/** PagerDuty's limit, which sets the shortest time to open all incidents. */
const CALLS_PER_MINUTE = 120;
/** Limit of the share of calls answered 429. */
const MOST_THROTTLED = 0.01;
/** Limit of the time until the last incident is open, as a multiple of the shortest time. */
const LATENESS = 1.5;

async function storm(bridge: Bridge, progress: (text: string) => void): Promise<number> {
  const standIn = need(bridge.standIn, 'stand-in');
  const startedAt = Date.now();
  const seconds = (): number => Math.round((Date.now() - startedAt) / 1000);
  const events = Array.from({ length: INCIDENTS }, (_, view) => viewEvent(`${view}`));
  const answers = await postAtRate(bridge, events, PER_SECOND);
  const statuses = answers.map(({ status, count }) => `${count} x ${status}`);
  progress(`${seconds()} s: posted, answered ${statuses.join(', ')}`);
  let shown = 0;
  await until(
    async () => {
      if (seconds() >= shown + 60) {
        shown = seconds();
        progress(`${shown} s: ${standIn.incidents().length} incidents open`);
      }
      return (await depth(bridge, 'events')) === 0;
    },
    { seconds: 1800 },
  );
  return seconds();
}

function rowsOf(took: number, calls: Readonly<Record<string, number>>): readonly Row[] {
  const all = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const throttled = calls['429'] ?? 0;
  const least = (INCIDENTS / CALLS_PER_MINUTE) * 60;
  const name = `${INCIDENTS} incidents in real time`;
  return [
    compare({
      measurement: `${name}: all open`,
      unit: 's',
      values: took,
      baseline: { name: `${CALLS_PER_MINUTE} calls per minute`, values: least },
      limit: LATENESS,
      note: 'every event accounted for',
    }),
    compare({
      measurement: `${name}: calls answered 429`,
      unit: 'calls',
      values: throttled,
      baseline: { name: 'calls', values: all },
      limit: MOST_THROTTLED,
      goal: `at most ${MOST_THROTTLED * 100} %`,
      note: JSON.stringify(calls),
    }),
  ];
}

async function measure(progress: (text: string) => void): Promise<readonly Row[]> {
  const bridge = await startBridge({ throttle: false });
  try {
    const took = await storm(bridge, progress);
    const standIn = need(bridge.standIn, 'stand-in');
    const incidents = standIn.incidents().length;
    const balance = await accounting(bridge);
    if (incidents !== INCIDENTS || balance.lost !== 0) {
      throw new Error(`${incidents} of ${INCIDENTS} incidents open: ${JSON.stringify(balance)}`);
    }
    return rowsOf(took, standIn.callCounts());
  } finally {
    await bridge.stop();
  }
}

const manyIncidents: Measurement = {
  about: '1,000 incidents on one integration key at the real rate limit, in real time',
  seconds: 620,
  measure,
};
export default manyIncidents;
