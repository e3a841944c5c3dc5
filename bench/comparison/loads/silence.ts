import { holdsWithin } from '../../../local/traffic/wait.ts';
import { pause } from '../../../ops/pace.ts';
import { post } from '../../../testkit/scenario.ts';
import { afterAnswers, type Contestant, eventOf, viewOf } from '../contestant.ts';
import { delaysText, type Load, names } from '../load.ts';

const VIEWS = names('silence', 10);
/** Time between two events of a view, seconds. */
const INTERVAL = 5;
/** How much longer each view lasts than the one before, seconds. */
const STEP = 5;
/** End of the load, seconds after its begin. */
const END = 660;

/** When each view's incident was resolved, milliseconds since 1970. */
function resolvedAt({ standIn }: Contestant): ReadonlyMap<string, number> {
  const resolved = standIn.incidents().filter(({ status }) => status === 'resolved');
  return new Map(resolved.map((one) => [viewOf(one) ?? '', Date.parse(one.updatedAt)]));
}

/** Views that end one after the other: their times until they are resolved differ. */
export const silence: Load = {
  id: 'silence',
  views: { a: VIEWS },
  resolves: true,
  run: async (contestant) => {
    const begin = performance.now();
    const lastEvent = new Map<string, number>();
    for (let second = 0; second <= STEP * VIEWS.length; second += INTERVAL) {
      await pause(begin + second * 1000 - performance.now());
      for (const view of VIEWS.filter((_, n) => second <= STEP * (n + 1))) {
        lastEvent.set(view, Date.now());
        await post(contestant, eventOf('a', view));
      }
    }
    const left = END - (performance.now() - begin) / 1000;
    await holdsWithin(afterAnswers(contestant, left), () =>
      VIEWS.every((view) => resolvedAt(contestant).has(view)),
    );
    const resolved = resolvedAt(contestant);
    const delays = [...lastEvent].map(([view, at]) => (resolved.get(view) ?? Infinity) - at);
    return { cells: [delaysText(delays, [0.5, 1])], figures: { delays } };
  },
};
