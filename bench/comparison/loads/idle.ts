import { holdsWithin } from '../../../local/traffic/wait.ts';
import { pause } from '../../../ops/pace.ts';
import { post } from '../../../testkit/scenario.ts';
import { afterAnswers, allOpen, delaysOf, eventOf } from '../contestant.ts';
import { delaysText, type Load, names } from '../load.ts';

const VIEWS = names('idle', 100);
/** Limit for the last incident, seconds. */
const SETTLED = 45;

/** One new incident per second, and nothing else. */
export const idle: Load = {
  id: 'idle',
  views: { a: VIEWS },
  run: async (contestant) => {
    const posted = new Map<string, number>();
    const begin = performance.now();
    for (const [index, view] of VIEWS.entries()) {
      await pause(begin + index * 1000 - performance.now());
      posted.set(view, Date.now());
      await post(contestant, eventOf('a', view));
    }
    await holdsWithin(afterAnswers(contestant, SETTLED), () => allOpen(contestant.standIn, VIEWS));
    const delays = delaysOf(contestant.standIn, posted);
    return { cells: [delaysText(delays, [0.5, 0.99])], figures: { delays } };
  },
};
