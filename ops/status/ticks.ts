/**
 * Ticks on the events queue of a deployed stage. SQS counts them like events, and the commands never
 * receive from this queue. The number comes from CloudWatch: ticks that were sent after the last one
 * that delivery reported.
 */

import type { MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { QueueDepth } from '../aws/queue.ts';

/** Values of a metric: the begin of each period, milliseconds since 1970 -> the sum in it. */
export type Series = ReadonlyMap<number, number>;

/** Period of the series, seconds. Fourteen days of it, the longest retention, fit into one answer. */
export const TICK_PERIOD_SECONDS = 300;

/**
 * After so long without a tick from delivery, they wait in the queue, milliseconds. Before, CloudWatch
 * may only be late. While delivery works, a tick waits for less than a second.
 */
const SILENT_AFTER = 5 * 60_000;

/** The values of one query. */
export function seriesOf(results: readonly MetricDataResult[], id: string): Series {
  const { Timestamps: times = [], Values: values = [] } = results.find(({ Id }) => Id === id) ?? {};
  return new Map(times.map((time, index) => [time.getTime(), values[index] ?? 0]));
}

/**
 * Number of ticks that wait, give or take one or two.
 *
 * @param attempts attempts of the schedule to send
 * @param errors those that failed
 * @param reported ticks that delivery reported
 * @param now milliseconds since 1970
 */
export function waitingTicks(
  series: { readonly attempts: Series; readonly errors: Series; readonly reported: Series },
  now: number,
): number {
  const { attempts, errors, reported } = series;
  const last = [...reported].reduce(
    (latest, [begin, ticks]) => (ticks > 0 ? Math.max(latest, begin) : latest),
    -Infinity,
  );
  if (now - last - TICK_PERIOD_SECONDS * 1000 < SILENT_AFTER) return 0;
  let waiting = 0;
  for (const [begin, count] of attempts) {
    if (begin < last) continue;
    waiting += count - (errors.get(begin) ?? 0) - (reported.get(begin) ?? 0);
  }
  return Math.max(0, waiting);
}

/** The depth of the events queue without the ticks in it. Those that are visible go first. */
export function withoutTicks(
  { visible, inFlight, delayed }: QueueDepth,
  ticks: number,
): QueueDepth {
  const notVisible = Math.max(0, ticks - visible);
  return {
    visible: Math.max(0, visible - ticks),
    inFlight: Math.max(0, inFlight - notVisible),
    delayed,
  };
}
