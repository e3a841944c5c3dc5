/**
 * Prints what an outage of PagerDuty of a whole day does to the bridge, and fails when an event is
 * lost or given up: `npx node bench/simulated-day.ts`. Takes a minute or two.
 */

import { simulateOutage, WHOLE_DAY } from './simulation/day.ts';

const startedAt = performance.now();
const result = await simulateOutage(WHOLE_DAY);
const { opened, calls, delivered, folded, deadLettered } = result;
const minutes = (milliseconds = NaN): string => (milliseconds / 60_000).toFixed(1);

const figures = {
  'outage, hours': WHOLE_DAY.hours,
  events: WHOLE_DAY.events,
  'delivered, folded, given up': `${delivered}, ${folded}, ${deadLettered}`,
  'calls during the outage': result.callsDuringOutage,
  'calls after it': result.callsAfterOutage,
  'calls answered 429': result.throttled,
  'accepted calls with old news': result.staleCalls,
  'incidents, opened': `${WHOLE_DAY.incidents}, ${opened.length}`,
  'opened after recovery, minutes: first, median, last': [
    minutes(opened[0]),
    minutes(opened[Math.floor(opened.length / 2)]),
    minutes(opened.at(-1)),
  ].join(', '),
  'oldest event when it was settled, hours': (result.oldestAge / 3_600_000).toFixed(2),
  'messages handed out, most often one': `${result.received}, ${result.mostReceives}`,
  'calls in all': calls.length,
  'took, seconds': ((performance.now() - startedAt) / 1000).toFixed(0),
};
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(52)} ${figure}`);

const isConserved = delivered + folded === WHOLE_DAY.events && deadLettered === 0;
if (!isConserved || opened.length !== WHOLE_DAY.incidents) {
  console.error('Events were lost or given up.');
  process.exitCode = 1;
}
