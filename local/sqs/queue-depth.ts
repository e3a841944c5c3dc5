import type { Bridge, QueueRole } from '../bridge.ts';
import { textMap } from '../stack/values.ts';

/** How many messages a queue holds. */
export interface QueueDepth {
  /** To be received now. */
  readonly ready: number;
  /** Hidden: being worked on, or waiting for their next try. */
  readonly inFlight: number;
  /** Sent with a delay that is not over. */
  readonly delayed: number;
}

/** Counts the messages of a queue, as SQS's `GetQueueAttributes` does. */
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

/** All messages of a queue, whatever keeps a receiver from having them. */
export function inQueue({ ready, inFlight, delayed }: QueueDepth): number {
  return ready + inFlight + delayed;
}
