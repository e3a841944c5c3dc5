/**
 * A thousand distinct incidents on one integration key, at PagerDuty's real limit of 120 calls a
 * minute: `npm run bench -- --only many-incidents`. Takes about ten minutes, because that is how
 * long the limit makes it. Fails when an event is lost or over one call in a hundred is answered 429.
 */

import { startBridge } from '../local/bridge.ts';
import { conservation, depth, postAtRate, until, viewEvent } from '../test/support/e2e.ts';

const INCIDENTS = 1000;
const PER_SECOND = 200;
/** Most calls a minute, and so the shortest time in which all of them can be told. */
const CALLS_PER_MINUTE = 120;
/** Of all calls, at most this share may be answered 429. */
const MOST_THROTTLED = 0.01;

const bridge = await startBridge({ throttle: false });
const startedAt = Date.now();
const seconds = (): number => Math.round((Date.now() - startedAt) / 1000);
try {
  const events = Array.from({ length: INCIDENTS }, (_, view) => viewEvent(`${view}`));
  const statuses = await postAtRate(bridge, events, PER_SECOND);
  console.log(`${seconds()} s: posted, answered ${JSON.stringify(statuses)}`);
  let shown = 0;
  await until(
    async () => {
      if (seconds() >= shown + 60) {
        shown = seconds();
        console.log(`${shown} s: ${bridge.standIn?.incidents().length} incidents open`);
      }
      return (await depth(bridge, 'events')) === 0;
    },
    { seconds: 1800 },
  );
  const took = seconds();
  const calls = bridge.standIn?.callCounts() ?? {};
  const all = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const incidents = bridge.standIn?.incidents().length ?? 0;
  const balance = await conservation(bridge);
  console.log(`incidents open       ${incidents} of ${INCIDENTS}`);
  console.log(`calls by status      ${JSON.stringify(calls)}`);
  console.log(
    `took                 ${took} s; the limit allows ${(INCIDENTS / CALLS_PER_MINUTE) * 60} s`,
  );
  console.log(`law of conservation  ${JSON.stringify(balance)}`);
  const throttled = (calls['429'] ?? 0) / all;
  if (incidents !== INCIDENTS || balance.lost !== 0 || throttled > MOST_THROTTLED) {
    console.error('An event was lost, or too many calls were answered 429.');
    process.exitCode = 1;
  }
} finally {
  await bridge.stop();
}
