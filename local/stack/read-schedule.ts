/** Reads a schedule of EventBridge Scheduler from a template. */

import type { References } from './intrinsics.ts';
import type { ScheduleModel } from './model.ts';
import { LOCAL_PARTITION } from './physical.ts';
import { objectOr } from './template.ts';
import type { Properties } from './values.ts';

/** Seconds of each unit in `rate(<number> <unit>)`. */
const UNITS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** Seconds of a rate. @throws Error when the expression is not a rate */
function secondsOf(expression: string, source: string): number {
  const [, number, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new Error(
    `${source} has the schedule ${expression}, which the local bridge cannot run; add it to local/stack/read-schedule.ts.`,
  );
}

/**
 * Reads a schedule whose target is a queue.
 *
 * @throws Error naming the resource when the local bridge cannot run it
 */
export function readSchedule(resource: Properties, references: References): ScheduleModel {
  const { Arn: arn, RoleArn: roleArn, Input: input } = objectOr(resource.get('Target'));
  const isQueue = typeof arn === 'string' && arn.startsWith(`arn:${LOCAL_PARTITION}:sqs:`);
  if (!isQueue || typeof roleArn !== 'string' || typeof input !== 'string') {
    throw new Error(
      `${resource.logicalId} has no queue as target, or no role or input; the local bridge runs no other schedule.`,
    );
  }
  return {
    name: String(references.ref(resource.logicalId)),
    enabled: resource.get('State') !== 'DISABLED',
    everySeconds: secondsOf(resource.text('ScheduleExpression'), resource.logicalId),
    queueArn: arn,
    input,
    roleArn,
  };
}
