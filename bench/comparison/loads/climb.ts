import { pause } from '../../../ops/pace.ts';
import { delay, post } from '../../../testkit/scenario.ts';
import { type Contestant, eventOf, viewOf } from '../contestant.ts';
import type { Load } from '../load.ts';

const EVENTS = 50;
/** Silence after the last event, seconds. */
const SILENCE = 180;

/** The value of each event, from the first, 1, to the last. The threshold is 30. */
const CLIMBS = [
  // A warning throughout.
  { view: 'climb-slow', valueOf: (n: number) => 31 + n / 4 },
  // An error from 45 on, critical from 60 on.
  { view: 'climb-fast', valueOf: (n: number) => 31 + n },
] as const;

/** Which event's value the newest incident of a view has, and how many incidents there are. */
function lastValue({ standIn }: Contestant, { view, valueOf }: (typeof CLIMBS)[number]): string {
  const incidents = standIn.incidents().filter((incident) => viewOf(incident) === view);
  const value = Number(incidents.at(-1)?.details['value']);
  const nth = Array.from({ length: EVENTS }, (_, n) => n + 1).find((n) => valueOf(n) === value);
  const text = `${nth ?? 'none'} of ${EVENTS}`;
  return incidents.length > 1 ? `${text}, in ${incidents.length} incidents` : text;
}

/** A value that climbs once per second, and the last value that PagerDuty gets. */
export const climb: Load = {
  id: 'climb',
  views: { a: CLIMBS.map(({ view }) => view) },
  run: async (contestant) => {
    const begin = performance.now();
    for (let n = 1; n <= EVENTS; n += 1) {
      await pause(begin + n * 1000 - performance.now());
      for (const { view, valueOf } of CLIMBS)
        await post(contestant, eventOf('a', view, valueOf(n)));
    }
    await delay(SILENCE * 1000);
    return {
      cells: CLIMBS.map((one) => lastValue(contestant, one)),
      figures: { calls: contestant.standIn.callCounts() },
    };
  },
};
