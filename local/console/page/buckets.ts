/** Groups samples into the points of the charts. */

import { HISTORY_SECONDS, type AnswerClass, type Sample } from '../state.ts';

/** Seconds per point: a point per second would be one pixel wide. */
export const BUCKET_SECONDS = 5;

/** Shortest time that the charts show, seconds. A shorter one would stretch the first points. */
const SHORTEST_SECONDS = 120;

/** Name of a line or of a part of the bars. */
export type SeriesName = 'waiting' | 'accepted' | 'delivered' | 'deduplicated' | AnswerClass;

/** The points of the charts. */
export interface Buckets {
  /** Start and end of the time axis, seconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Start of each bucket, seconds since 1970. */
  readonly times: readonly number[];
  /** Values of each bucket: sums, but for `waiting`, which is the largest value in the bucket. */
  readonly series: Readonly<Record<SeriesName, readonly number[]>>;
}

/** Groups samples. Buckets start at multiples of their length, so that they do not move. */
export function bucketsOf(samples: readonly Sample[], now: number): Buckets {
  const lastStart = Math.floor(now / BUCKET_SECONDS) * BUCKET_SECONDS;
  const count = HISTORY_SECONDS / BUCKET_SECONDS;
  const first = lastStart - (count - 1) * BUCKET_SECONDS;
  const end = lastStart + BUCKET_SECONDS;
  // A sample is the second that ends at its time.
  const bucketOf = ({ time }: Sample): number => Math.floor((time - 1 - first) / BUCKET_SECONDS);
  const buckets = Array.from({ length: count }, (): Sample[] => []);
  for (const sample of samples) buckets[bucketOf(sample)]?.push(sample);
  const sums = (valueOf: (sample: Sample) => number): number[] =>
    buckets.map((bucket) => bucket.reduce((sum, sample) => sum + valueOf(sample), 0));
  const waiting = buckets.map((bucket) => Math.max(0, ...bucket.map((each) => each.waiting)));
  // The current bucket may have no sample yet: it continues the one before.
  const newest = samples.at(-1);
  if (newest !== undefined && bucketOf(newest) === count - 2) waiting[count - 1] = newest.waiting;
  // A bridge that has just started has less than ten minutes to show.
  const earliest = Math.min(samples[0]?.time ?? end, end - SHORTEST_SECONDS);
  return {
    start: Math.max(first, Math.floor(earliest / BUCKET_SECONDS) * BUCKET_SECONDS),
    end,
    times: buckets.map((_, index) => first + index * BUCKET_SECONDS),
    series: {
      waiting,
      accepted: sums(({ accepted }) => accepted),
      delivered: sums(({ delivered }) => delivered),
      deduplicated: sums(({ deduplicated }) => deduplicated),
      '2xx': sums(({ answers }) => answers['2xx']),
      '429': sums(({ answers }) => answers['429']),
      '4xx': sums(({ answers }) => answers['4xx']),
      '5xx': sums(({ answers }) => answers['5xx']),
      none: sums(({ answers }) => answers.none),
    },
  };
}
