import { holdsWithin } from '../../../local/traffic/wait.ts';
import { delay, post, postAtRate } from '../../../testkit/scenario.ts';
import { afterAnswers, allOpen, delaysOf, eventOf } from '../contestant.ts';
import { countText, delaysText, type Load, names } from '../load.ts';

const NOISY = names('noisy', 200);
const PAGES = names('page', 18);
/** Events per second: each noisy view repeats every ten seconds. */
const NOISE_RATE = 20;
/** Time between two pages, seconds. The first one comes after this time. */
const PAGE_INTERVAL = 15;
const NOISE_SECONDS = PAGE_INTERVAL * (PAGES.length + 1);
/** Limit for the last page after the noise, seconds. */
const SETTLED = 60;
/** Three times the threshold. */
const CRITICAL = 90;

function* noise(): Iterable<object> {
  for (let n = 0; n < NOISE_SECONDS * NOISE_RATE; n += 1) {
    yield eventOf('a', NOISY[n % NOISY.length] ?? '', 40 + (n % 5));
  }
}

/** New critical pages of a key, the first ones while its noisy views are new too. */
export const behindNoise: Load = {
  id: 'noise',
  views: { a: [...NOISY, ...PAGES] },
  run: async (contestant) => {
    const { standIn } = contestant;
    const posted = new Map<string, number>();
    const pages = async (): Promise<void> => {
      for (const view of PAGES) {
        await delay(PAGE_INTERVAL * 1000);
        posted.set(view, Date.now());
        await post(contestant, eventOf('a', view, CRITICAL));
      }
    };
    await Promise.all([postAtRate(contestant, noise(), NOISE_RATE), pages()]);
    await holdsWithin(afterAnswers(contestant, SETTLED), () => allOpen(standIn, PAGES));
    const delays = delaysOf(standIn, posted);
    const { 429: throttled = 0 } = standIn.callCounts();
    return {
      cells: [delaysText(delays, [0.5, 0.9, 1]), countText(throttled)],
      figures: { delays, calls: standIn.callCounts() },
    };
  },
};
