/** Seconds gathered into what a chart can show. */

import { ANSWER_CLASSES, type AnswerClass, type Sample } from '../state.ts';

/** Length of the chart, seconds. */
export const SPAN_SECONDS = 600;

/** Seconds in one point of the chart: one pixel a second is too thin to see. */
export const BUCKET_SECONDS = 5;

/** A chart of less than this, seconds, would be torn apart. */
const LEAST_SECONDS = 120;

/** The chart's points. */
export interface Buckets {
  /** Beginning and end of the chart, seconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Beginning of each bucket, seconds since 1970. */
  readonly times: readonly number[];
  readonly accepted: readonly number[];
  readonly delivered: readonly number[];
  readonly deduplicated: readonly number[];
  /** The most at the end of one of its seconds. */
  readonly waiting: readonly number[];
  readonly answers: Readonly<Record<AnswerClass, readonly number[]>>;
}

function add(row: number[], index: number, value: number): void {
  row[index] = (row[index] ?? 0) + value;
}

/** Gathers samples. Buckets begin at whole multiples of their length, so that they stay put. */
export function bucketsOf(samples: readonly Sample[], now: number): Buckets {
  const lastStart = Math.floor(now / BUCKET_SECONDS) * BUCKET_SECONDS;
  const count = SPAN_SECONDS / BUCKET_SECONDS;
  const first = lastStart - (count - 1) * BUCKET_SECONDS;
  const zeros = (): number[] => Array.from({ length: count }, () => 0);
  const [accepted, delivered, deduplicated, waiting] = [zeros(), zeros(), zeros(), zeros()];
  const answers = { '2xx': zeros(), '429': zeros(), '4xx': zeros(), '5xx': zeros(), none: zeros() };
  // A sample is the second that ends at its time.
  const indexOf = ({ time }: Sample): number => Math.floor((time - 1 - first) / BUCKET_SECONDS);
  for (const sample of samples) {
    const index = indexOf(sample);
    if (index < 0 || index >= count) continue;
    add(accepted, index, sample.accepted);
    add(delivered, index, sample.delivered);
    add(deduplicated, index, sample.deduplicated);
    waiting[index] = Math.max(waiting[index] ?? 0, sample.waiting);
    for (const name of ANSWER_CLASSES) add(answers[name], index, sample.answers[name]);
  }
  // In a bucket that has just begun, what waited a moment ago is waiting still.
  const newest = samples.at(-1);
  if (newest !== undefined && indexOf(newest) === count - 2) waiting[count - 1] = newest.waiting;
  const times = Array.from({ length: count }, (_, index) => first + index * BUCKET_SECONDS);
  const end = lastStart + BUCKET_SECONDS;
  // A bridge that has just started has no ten minutes to show.
  const earliest = Math.min(samples[0]?.time ?? end, end - LEAST_SECONDS);
  const start = Math.max(first, Math.floor(earliest / BUCKET_SECONDS) * BUCKET_SECONDS);
  return { start, end, times, accepted, delivered, deduplicated, waiting, answers };
}
