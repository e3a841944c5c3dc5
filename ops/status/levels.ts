/**
 * What the levels of the bridge say about the oldest page that waits. Pure. The level `OldestPage` is not
 * used, because it also has the age of pages that were sent.
 */

import type { Point } from './counters.ts';

const MINUTE = 60_000;

/**
 * Time for which a level counts, milliseconds, beside the delay of the figures. Only the instance that
 * put an event back publishes its level: when it takes a tick, and when the event is tried, which in an
 * outage is at least every five minutes (the highest `circuitCapSeconds`).
 */
const LEVEL_IS_NOW = 6 * MINUTE;

/** The oldest page that waits, as the newest levels know it. */
export interface OldestWait {
  readonly cause: 'PagerDuty' | 'its key';
  /** Its age, seconds; up to a minute too high, because a level has the begin of its minute. */
  readonly seconds: number;
}

/**
 * The oldest page of a deployed stage that waits for PagerDuty or for a key; `undefined` if no recent
 * level says so. The local bridge knows the age of its oldest event at once, and needs no level.
 *
 * @param now milliseconds since 1970
 * @param delayMinutes longest delay of the figures; 0 for the local bridge
 */
export function oldestWaitOf(
  points: readonly Point[],
  now: number,
  delayMinutes: number,
): OldestWait | undefined {
  if (delayMinutes === 0) return undefined;
  const from = now - delayMinutes * MINUTE - LEVEL_IS_NOW;
  const newest = points.findLast(
    ({ at, waits }) => at >= from && Math.max(waits.pagerDuty, waits.key) > 0,
  );
  if (newest === undefined) return undefined;
  const { pagerDuty, key } = newest.waits;
  const seconds = Math.max(pagerDuty, key) + Math.floor((now - newest.at) / 1000);
  return { cause: pagerDuty >= key ? 'PagerDuty' : 'its key', seconds };
}

/**
 * Age of the oldest event of a deployed stage, seconds. The age that SQS gives leaves out messages that
 * were received more than three times, which are those that wait longest.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 *
 * @param ofQueue the age that SQS or the local bridge gives; `undefined` if not known
 */
export function oldestSecondsOf(
  ofQueue: number | undefined,
  wait: OldestWait | undefined,
): number | undefined {
  return wait === undefined ? ofQueue : Math.max(ofQueue ?? 0, wait.seconds);
}
