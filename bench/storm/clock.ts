/** A storm of many incidents at PagerDuty's real limit, on a virtual clock: it takes ten minutes. */

import { DEFAULT_DELIVERY_SETTINGS } from '../../lambda/shared/delivery-settings.ts';
import { lawViolations } from '../../testkit/simulation/law.ts';
import { burst } from '../../testkit/simulation/loads.ts';
import { compare, type Row } from '../measuring/row.ts';
import { callRows, STORM_EVENTS, STORM_RATE } from './rows.ts';

const INCIDENTS = 1000;
/** Accepted calls per event: two per incident. One is the least that opens it. */
const SHARE_OF_CALLS = (2 * INCIDENTS) / STORM_EVENTS;
/** Limit of the time until the last incident is open, as a multiple of what the limit allows. */
const LATENESS = 1.25;

const { callsPerMinute } = DEFAULT_DELIVERY_SETTINGS;

/**
 * Simulates the storm.
 *
 * @throws Error when an event was lost or given up, or an incident is missing
 */
export async function stormOnTheClock(progress: (text: string) => void): Promise<readonly Row[]> {
  progress(`${STORM_EVENTS} events of ${INCIDENTS} incidents, on a virtual clock`);
  const load = { events: STORM_EVENTS, views: INCIDENTS, perSecond: STORM_RATE, seed: 1 };
  const { simulation, throttled, openedAt } = await burst(load);
  const violations = lawViolations(simulation);
  if (violations.length > 0 || openedAt.length !== INCIDENTS) {
    throw new Error(`${openedAt.length} incidents are open: ${violations.slice(0, 5).join('; ')}`);
  }
  const minutes = openedAt.map((at) => at / 60_000);
  const [first = NaN, middle = NaN] = [minutes[0], minutes[INCIDENTS / 2]];
  const last = minutes.at(-1) ?? NaN;
  const name = `storm, ${INCIDENTS} incidents`;
  return [
    ...callRows({
      name,
      calls: simulation.calls.length,
      throttled,
      share: SHARE_OF_CALLS,
      note: `every event accounted for; ${INCIDENTS / (STORM_EVENTS / 100)} % is the least`,
    }),
    compare({
      measurement: `${name}: the last one open`,
      unit: 'min',
      values: last,
      spread: [first, last],
      baseline: { name: `${callsPerMinute} calls per minute`, values: INCIDENTS / callsPerMinute },
      limit: LATENESS,
      note: `half of them after ${middle.toFixed(1)} min; the spread is the first and the last`,
    }),
  ];
}
