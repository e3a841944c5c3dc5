/** A thousand incidents on one integration key, at PagerDuty's real limit of 120 calls a minute. */

import { type Bridge, startBridge } from '../local/bridge.ts';
import { need } from '../local/parts.ts';
import { accounting, depth, postAtRate, until, viewEvent } from '../testkit/scenario.ts';
import type { Measurement, Row } from './measuring/row.ts';

const INCIDENTS = 1000;
const PER_SECOND = 200;
/** PagerDuty's limit, and with it the shortest time in which all of them can be told. */
const CALLS_PER_MINUTE = 120;
/** Of all calls, at most this share may be answered 429. */
const MOST_THROTTLED = 0.01;
/** The last incident may open this much later than the limit makes it. */
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
  const once = { runs: 1 };
  return [
    {
      ...once,
      measurement: `${INCIDENTS} incidents in real time: all open`,
      unit: 's',
      median: took,
      spread: [took, took],
      baseline: { name: `${CALLS_PER_MINUTE} calls a minute`, median: least },
      ratio: took / least,
      goal: `at most ${LATENESS} x`,
      isMet: took <= LATENESS * least,
      note: 'every event accounted for',
    },
    {
      ...once,
      measurement: `${INCIDENTS} incidents in real time: calls answered 429`,
      unit: 'calls',
      median: throttled,
      spread: [throttled, throttled],
      baseline: { name: 'calls', median: all },
      ratio: throttled / all,
      goal: `at most ${MOST_THROTTLED * 100} %`,
      isMet: throttled <= MOST_THROTTLED * all,
      note: JSON.stringify(calls),
    },
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

/** Many incidents, in real time. */
const manyIncidents: Measurement = {
  about: '1,000 incidents on one integration key at the real rate limit, in real time',
  seconds: 620,
  measure,
};
export default manyIncidents;
