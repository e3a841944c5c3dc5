/** What an outage of PagerDuty of a whole day does to the bridge, on a virtual clock. */

import { DEFAULT_DELIVERY_SETTINGS } from '../lambda/delivery/settings.ts';
import type { Measurement, Row } from './measuring/row.ts';
import { type OutageResult, simulateOutage, WHOLE_DAY } from '../testkit/simulation/day.ts';

/** Calls an hour that find out whether PagerDuty is back: two instances, one probe a minute each. */
const PROBES_PER_HOUR = 120;
/** Longest time between two probes, minutes: nobody can know of the recovery before the next one. */
const PROBE_INTERVAL = DEFAULT_DELIVERY_SETTINGS.circuitCapSeconds / 60;
/** The last incident may open after so many of them. */
const INTERVALS = 5;

function tell(result: OutageResult, progress: (text: string) => void): void {
  const { opened, calls, delivered, deduplicated, deadLettered } = result;
  const figures = {
    'outage, hours': WHOLE_DAY.hours,
    events: WHOLE_DAY.events,
    'delivered, deduplicated, given up': `${delivered}, ${deduplicated}, ${deadLettered}`,
    'calls during the outage': result.callsDuringOutage,
    'calls after it': result.callsAfterOutage,
    'calls answered 429': result.throttled,
    'accepted calls with old news': result.staleCalls,
    'incidents, opened': `${WHOLE_DAY.incidents}, ${opened.length}`,
    'oldest event when it was settled, hours': (result.oldestAge / 3_600_000).toFixed(2),
    'messages handed out, most often one': `${result.received}, ${result.mostReceives}`,
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
  const once = { runs: 1 };
  return [
    {
      ...once,
      measurement: 'a day of outage: calls during it',
      unit: 'calls',
      median: during,
      spread: [during, during],
      baseline: { name: 'a probe a minute and instance', median: probes },
      ratio: during / probes,
      goal: 'at most 1.1 x',
      isMet: during <= 1.1 * probes,
      note: `every one of ${WHOLE_DAY.events} events accounted for, none given up`,
    },
    {
      ...once,
      measurement: 'a day of outage: the last incident open after it',
      unit: 'min',
      median: last,
      spread: [minutes[0] ?? NaN, last],
      baseline: { name: 'time between two probes', median: PROBE_INTERVAL },
      ratio: last / PROBE_INTERVAL,
      goal: `at most ${INTERVALS} x`,
      isMet: last <= INTERVALS * PROBE_INTERVAL,
      note: `half of them after ${middle.toFixed(1)} min; the spread is the first and the last`,
    },
    {
      ...once,
      measurement: 'a day of outage: calls answered 429',
      unit: 'calls',
      median: throttled,
      spread: [throttled, throttled],
      baseline: { name: 'calls', median: calls.length },
      ratio: throttled / calls.length,
      goal: 'at most 1 %',
      isMet: throttled <= 0.01 * calls.length,
    },
  ];
}

async function measure(progress: (text: string) => void): Promise<readonly Row[]> {
  progress(`an outage of ${WHOLE_DAY.hours} hours with ${WHOLE_DAY.events} events`);
  const result = await simulateOutage(WHOLE_DAY);
  tell(result, progress);
  const { delivered, deduplicated, deadLettered, opened } = result;
  const isConserved = delivered + deduplicated === WHOLE_DAY.events && deadLettered === 0;
  if (!isConserved || opened.length !== WHOLE_DAY.incidents) {
    throw new Error(`Events were lost or given up: ${JSON.stringify({ delivered, deduplicated })}`);
  }
  return rowsOf(result);
}

/** A day of outage. */
const simulatedDay: Measurement = {
  about: 'an outage of 24 hours on a virtual clock, with 20,000 events of 200 incidents',
  seconds: 90,
  measure,
};
export default simulatedDay;
