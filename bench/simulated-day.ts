/** An outage of PagerDuty of 24 hours, on a virtual clock. */

import { DEFAULT_DELIVERY_SETTINGS } from '../lambda/shared/delivery-settings.ts';
import { outage } from '../testkit/simulation/loads.ts';
import { lawViolations } from '../testkit/simulation/law.ts';
import { compare, type Measurement, type Row } from './measuring/row.ts';

const DAY = {
  hours: 24,
  incidents: 200,
  services: 5,
  events: 100,
  mode: 'mixed',
  seed: 1,
} as const;
/** Probes per hour of two instances and five keys, each one per minute. */
const PROBES_PER_HOUR = 2 * 60 * DAY.services;
/** Longest time between two probes, minutes. The next probe detects the recovery. */
const PROBE_INTERVAL = DEFAULT_DELIVERY_SETTINGS.circuitCapSeconds / 60;

async function measure(progress: (text: string) => void): Promise<readonly Row[]> {
  const events = DAY.incidents * DAY.events;
  progress(`an outage of ${DAY.hours} hours with ${events} events`);
  const result = await outage(DAY);
  const { simulation, opened, callsDuring, throttled } = result;
  const violations = lawViolations(simulation);
  if (violations.length > 0 || opened.length !== DAY.incidents) {
    throw new Error(`Pages were lost: ${violations.slice(0, 5).join('; ')}`);
  }
  const minutes = opened.map((at) => at / 60_000);
  const last = minutes.at(-1) ?? NaN;
  const middle = minutes[Math.floor(minutes.length / 2)] ?? NaN;
  return [
    compare({
      measurement: 'a day of outage: calls during it',
      unit: 'calls',
      values: callsDuring,
      baseline: {
        name: 'a probe per minute, instance and key',
        values: DAY.hours * PROBES_PER_HOUR,
      },
      limit: 1.1,
      note: `at most ${simulation.mostWaiting} of ${events} events waited at once`,
    }),
    compare({
      measurement: 'a day of outage: the last incident open after it',
      unit: 'min',
      values: last,
      spread: [minutes[0] ?? NaN, last],
      baseline: { name: 'time between two probes', values: PROBE_INTERVAL },
      limit: 5,
      note: `half of them after ${middle.toFixed(1)} min; the spread is the first and the last`,
    }),
    compare({
      measurement: 'a day of outage: calls answered 429',
      unit: 'calls',
      values: throttled,
      baseline: { name: 'calls', values: simulation.calls.length },
      limit: 0.01,
      goal: 'at most 1 %',
    }),
  ];
}

const simulatedDay: Measurement = {
  about: 'an outage of 24 hours on a virtual clock, with 20,000 events of 200 incidents',
  seconds: 90,
  measure,
};
export default simulatedDay;
