import { openDeadLetters } from '../../../local/console/dead-letters.ts';
import type { Bridge } from '../../../local/bridge.ts';
import { holdsWithin } from '../../../local/traffic/wait.ts';
import { delay, depth, postAtRate } from '../../../testkit/scenario.ts';
import { afterAnswers, allOpen, eventOf, openedAt } from '../contestant.ts';
import { duration, type Load, names } from '../load.ts';

const VIEWS = names('refusal', 20);
const [REFUSED = ''] = VIEWS;
/** Time for which PagerDuty refuses the event, seconds. */
const REFUSED_SECONDS = 30;
/** Limit for the incident after that, seconds: a little more than the longest group interval. */
const SETTLED = 320;

/** Replays the dead letters, as `./bridge dlq replay` does. @returns how many there were */
async function replay(bridge: Bridge): Promise<number> {
  const count = await depth(bridge, 'deadLetters');
  const deadLetters = openDeadLetters(bridge);
  await deadLetters.replay({});
  await deadLetters.stop();
  return count;
}

/** PagerDuty refuses one event of 20 for a while. */
export const refusal: Load = {
  id: 'refusal',
  views: { a: VIEWS },
  refuses: () => {
    let until = Infinity;
    return (event) => {
      if (!new RegExp(`View ${REFUSED}\\b`).test(JSON.stringify(event))) return false;
      // From the first refusal on.
      until = Math.min(until, Date.now() + REFUSED_SECONDS * 1000);
      return Date.now() < until;
    };
  },
  run: async (contestant) => {
    const { standIn, bridge } = contestant;
    await postAtRate(
      contestant,
      VIEWS.map((view) => eventOf('a', view)),
      5,
    );
    const refusals = (): number => standIn.callCounts()['400'] ?? 0;
    await holdsWithin(60, () => refusals() > 0);
    await delay(REFUSED_SECONDS * 1000 + 500);
    const mended = Date.now();
    const deadLetters = bridge === undefined ? 0 : await replay(bridge);
    await holdsWithin(afterAnswers(contestant, SETTLED), () => allOpen(standIn, VIEWS));
    const after = (openedAt(standIn).get(REFUSED) ?? Infinity) - mended;
    const others = VIEWS.filter((view) => view !== REFUSED && openedAt(standIn).has(view)).length;
    const fate = bridge === undefined ? 'tried again' : `${deadLetters} dead letter, replayed`;
    const text = Number.isFinite(after) ? `${fate}: open after ${duration(after)}` : 'lost';
    return { cells: [text], figures: { after, others, deadLetters, calls: standIn.callCounts() } };
  },
};
