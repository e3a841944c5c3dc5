import { delay, post, postAtRate } from '../../../testkit/scenario.ts';
import { delaysOf, eventOf } from '../contestant.ts';
import { delaysText, type Load, names } from '../load.ts';

const BROKEN = names('broken', 5);
const PAGES = names('page', 18);
/** Time between two pages, seconds. */
const PAGE_INTERVAL = 10;
/** Events of the broken key per second. */
const BROKEN_RATE = 5;
/** Time in which a page counts as open, milliseconds. */
const IN_TIME = 60_000;

function* brokenEvents(): Iterable<object> {
  for (let n = 0; n < PAGES.length * PAGE_INTERVAL * BROKEN_RATE; n += 1) {
    yield eventOf('a', BROKEN[n % BROKEN.length] ?? '');
  }
}

/** Pages of key B while all calls of key A are answered 500. */
export const isolation: Load = {
  id: 'isolation',
  views: { a: BROKEN, b: PAGES },
  run: async (contestant) => {
    const { standIn } = contestant;
    standIn.setMode({ kind: 'down', status: 500, service: 'a' });
    const posted = new Map<string, number>();
    const pages = async (): Promise<void> => {
      for (const view of PAGES) {
        await delay(PAGE_INTERVAL * 1000);
        posted.set(view, Date.now());
        await post(contestant, eventOf('b', view));
      }
    };
    await Promise.all([postAtRate(contestant, brokenEvents(), BROKEN_RATE), pages()]);
    await delay(IN_TIME);
    const delays = delaysOf(standIn, posted);
    const inTime = delays.filter((one) => one <= IN_TIME).length;
    return {
      cells: [`${inTime} of ${PAGES.length}; p50 ${delaysText(delays, [0.5])}`],
      figures: { delays, calls: standIn.callCounts() },
    };
  },
};
