/** An outage of PagerDuty of 24 hours, on a virtual clock. */

import { DEFAULT_DELIVERY_SETTINGS } from '../lambda/delivery/settings.ts';
import { compare, type Measurement, type Row } from './measuring/row.ts';
import { type OutageResult, simulateOutage, WHOLE_DAY } from '../testkit/simulation/day.ts';

/** Probes per hour of two instances, each one per minute. */
const PROBES_PER_HOUR = 120;
/** Longest time between two probes, minutes. The next probe detects the recovery. */
const PROBE_INTERVAL = DEFAULT_DELIVERY_SETTINGS.circuitCapSeconds / 60;
/** Limit of the time until the last incident is open, in probe intervals. */
const INTERVALS = 5;

function print(result: OutageResult, progress: (text: string) => void): void {
  const { opened, calls, delivered, deduplicated, deadLettered } = result;
  const figures = {
    'outage, hours': WHOLE_DAY.hours,
    events: WHOLE_DAY.events,
    'delivered, deduplicated, given up': `${delivered}, ${deduplicated}, ${deadLettered}`,
    'calls during the outage': result.callsDuringOutage,
    'calls after it': result.callsAfterOutage,
    'calls answered 429': result.throttled,
    'accepted calls with an older event': result.staleCalls,
    'incidents, opened': `${WHOLE_DAY.incidents}, ${opened.length}`,
    'oldest event when it left the queue, hours': (result.oldestAge / 3_600_000).toFixed(2),
    'receives, most of one message': `${result.received}, ${result.mostReceives}`,
    'calls in all': calls.length,
  };
  for (const [name, figure] of Object.entries(figures)) progress(`${name.padEnd(40)} ${figure}`);
}

function rowsOf(result: OutageResult): readonly Row[] {
  const minutes = result.opened.map((at) => at / 60_000);
  const last = minutes.at(-1) ?? NaN;
  const middle = minutes[Math.floor(minutes.length / 2)] ?? NaN;
  const probes = WHOLE_DAY.hours * PROBES_PER_HOUR;
  const { callsDuringOutage: during, throttled, calls } = result;
  return [
    compare({
      measurement: 'a day of outage: calls during it',
      unit: 'calls',
      values: during,
      baseline: { name: 'a probe per minute and instance', values: probes },
      limit: 1.1,
      note: `every one of ${WHOLE_DAY.events} events accounted for, none given up`,
    }),
    compare({
      measurement: 'a day of outage: the last incident open after it',
      unit: 'min',
      values: last,
      spread: [minutes[0] ?? NaN, last],
      baseline: { name: 'time between two probes', values: PROBE_INTERVAL },
      limit: INTERVALS,
      note: `half of them after ${middle.toFixed(1)} min; the spread is the first and the last`,
    }),
    compare({
      measurement: 'a day of outage: calls answered 429',
      unit: 'calls',
      values: throttled,
      baseline: { name: 'calls', values: calls.length },
      limit: 0.01,
      goal: 'at most 1 %',
    }),
  ];
}

async function measure(progress: (text: string) => void): Promise<readonly Row[]> {
  progress(`an outage of ${WHOLE_DAY.hours} hours with ${WHOLE_DAY.events} events`);
  const result = await simulateOutage(WHOLE_DAY);
  print(result, progress);
  const { delivered, deduplicated, deadLettered, opened } = result;
  const isComplete = delivered + deduplicated === WHOLE_DAY.events && deadLettered === 0;
  if (!isComplete || opened.length !== WHOLE_DAY.incidents) {
    throw new Error(`Events were lost or given up: ${JSON.stringify({ delivered, deduplicated })}`);
  }
  return rowsOf(result);
}

const simulatedDay: Measurement = {
  about: 'an outage of 24 hours on a virtual clock, with 20,000 events of 200 incidents',
  seconds: 90,
  measure,
};
export default simulatedDay;
