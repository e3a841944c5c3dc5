/** The last ten minutes, second by second. */

import { ANSWER_CLASSES, type Sample } from './state.ts';
import { answersOf, type Totals } from './facts.ts';

/** Seconds that the chart shows. */
export const HISTORY_SECONDS = 600;

/** Samples of the chart. */
export interface History {
  /** Adds the second that ends now. `at` in milliseconds since 1970. */
  readonly add: (totals: Totals, waiting: number, at: number) => Sample;
  readonly samples: () => readonly Sample[];
}

/** Starts a history at the totals of now. */
export function startHistory(start: Totals): History {
  let before = start;
  const samples: Sample[] = [];
  return {
    add: (totals, waiting, at) => {
      const [was, is] = [answersOf(before), answersOf(totals)];
      const answers = { ...is };
      for (const name of ANSWER_CLASSES) answers[name] -= was[name];
      const sample: Sample = {
        time: Math.round(at / 1000),
        accepted: totals.accepted - before.accepted,
        delivered: totals.delivered - before.delivered,
        deduplicated: totals.deduplicated - before.deduplicated,
        waiting,
        answers,
      };
      before = totals;
      samples.push(sample);
      if (samples.length > HISTORY_SECONDS) samples.shift();
      return sample;
    },
    samples: () => samples,
  };
}
