import type { Bridge } from '../bridge.ts';
import type { QueueRole } from '../parts.ts';
import { textMap } from '../stack/values.ts';

/** Number of messages in a queue, by state. */
export interface QueueDepth {
  /** Visible: can be received now. */
  readonly ready: number;
  /** Not visible: being processed, or waiting for the next attempt. */
  readonly inFlight: number;
  /** Sent with a delay that has not passed. */
  readonly delayed: number;
}

/** Counts the messages of a queue, by SQS's `GetQueueAttributes`. */
export async function queueDepth(
  { aws, queue }: Pick<Bridge, 'aws' | 'queue'>,
  role: QueueRole,
): Promise<QueueDepth> {
  const { body } = await aws.queues.call('GetQueueAttributes', {
    QueueUrl: queue(role).url,
    AttributeNames: ['All'],
  });
  const attributes = textMap(body['Attributes']);
  return {
    ready: Number(attributes['ApproximateNumberOfMessages']),
    inFlight: Number(attributes['ApproximateNumberOfMessagesNotVisible']),
    delayed: Number(attributes['ApproximateNumberOfMessagesDelayed']),
  };
}

/** All messages of a queue, whatever their state. */
export function inQueue({ ready, inFlight, delayed }: QueueDepth): number {
  return ready + inFlight + delayed;
}
