/** EventBridge Scheduler on this machine: sends the input of a schedule to its queue, at its rate. */

import type { AwsEndpoint } from '../aws-endpoint/aws-endpoint.ts';
import type { QueueModel, ScheduleModel } from '../stack/model.ts';

/** Counts of a schedule since its start. */
export interface ScheduleCounts {
  readonly sent: number;
  /** Attempts that failed, for instance because the role may not send. */
  readonly failed: number;
}

/** A running schedule. */
export interface Schedule {
  readonly counts: () => ScheduleCounts;
  /** Starts no further attempt; resolves when the current one has ended. */
  readonly stop: () => Promise<void>;
}

/** A schedule and what it needs. */
export interface ScheduleOptions {
  readonly schedule: ScheduleModel;
  /** The target. */
  readonly queue: QueueModel;
  readonly aws: Pick<AwsEndpoint, 'call'>;
  /** Time between two messages, seconds. @default the rate of the schedule */
  readonly everySeconds?: number | undefined;
  /** Called at each attempt to send. */
  readonly onAttempt?: (() => void) | undefined;
}

/**
 * Starts a schedule. Like in AWS, its role needs the permission to send. A message that cannot be
 * sent is not repeated: the next one follows.
 */
export function startSchedule(options: ScheduleOptions): Schedule {
  const { schedule, queue, aws, everySeconds = schedule.everySeconds } = options;
  const caller = { name: schedule.name, roleArn: schedule.roleArn };
  const counts = { sent: 0, failed: 0 };
  let current = Promise.resolve();

  const send = async (): Promise<void> => {
    options.onAttempt?.();
    const input = { QueueUrl: queue.url, MessageBody: schedule.input };
    // A fault may break the connection.
    const status = await aws.call(caller, 'sqs', 'SendMessage', input).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) counts.sent += 1;
    else counts.failed += 1;
  };
  const timer = schedule.enabled
    ? setInterval(() => {
        current = Promise.all([current, send()]).then(() => undefined);
      }, everySeconds * 1000)
    : undefined;

  return {
    counts: () => ({ ...counts }),
    stop: async () => {
      clearInterval(timer);
      await current;
    },
  };
}
