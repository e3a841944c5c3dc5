import { holdsWithin } from '../../../local/traffic/wait.ts';
import { delay, postAtRate } from '../../../testkit/scenario.ts';
import {
  afterAnswers,
  allOpen,
  callsOf,
  type Contestant,
  eventOf,
  openedAt,
} from '../contestant.ts';
import { delaysText, type Load, names } from '../load.ts';

/** Incidents that are sent once, evenly over the time before the outage ends. */
interface Outage {
  readonly seconds: number;
  readonly views: readonly string[];
  /** Time in which they are sent, seconds. */
  readonly sentWithin: number;
  /** Longest wait for the last incident, seconds after the outage. */
  readonly settled: number;
}

/** Delays after the outage, and the calls during it. */
async function measure(contestant: Contestant, outage: Outage) {
  const { standIn } = contestant;
  const { seconds, views, sentWithin, settled } = outage;
  standIn.setMode({ kind: 'down' });
  const events = views.map((view) => eventOf('a', view));
  const rate = views.length / sentWithin;
  await Promise.all([delay(seconds * 1000), postAtRate(contestant, events, rate)]);
  const calls = callsOf(standIn, 'a').filter(({ mode }) => mode === 'down').length;
  const end = Date.now();
  standIn.setMode({ kind: 'ok' });
  await holdsWithin(afterAnswers(contestant, settled), () => allOpen(standIn, views));
  const opened = openedAt(standIn);
  return { calls, delays: views.map((view) => (opened.get(view) ?? Infinity) - end) };
}

const SHORT = { seconds: 180, views: names('outage', 30), sentWithin: 150, settled: 300 };

/** A short outage: how late the incidents open. */
export const outage: Load = {
  id: 'outage',
  views: { a: SHORT.views },
  run: async (contestant) => {
    const { delays, calls } = await measure(contestant, SHORT);
    return { cells: [delaysText(delays, [0.5, 1]), `${calls}`], figures: { delays, calls } };
  },
};

const LONG = { seconds: 360, views: names('outage', 10), sentWithin: 10, settled: 300 };

/** An outage that is longer than Alertmanager's default `resolve_timeout`, 5 min. */
export const longOutage: Load = {
  id: 'longOutage',
  views: { a: LONG.views },
  run: async (contestant) => {
    const { delays, calls } = await measure(contestant, LONG);
    const open = delays.filter(Number.isFinite).length;
    const last = open === 0 ? '' : `; last after ${delaysText(delays, [1])}`;
    return { cells: [`${open} of ${delays.length}${last}`], figures: { delays, calls } };
  },
};
