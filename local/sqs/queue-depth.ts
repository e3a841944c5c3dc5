import type { Bridge } from '../bridge.ts';
import type { QueueRole } from '../parts.ts';
import type { MessageCounts, QueueDepth } from './fauxqs-view.ts';

/** Counts the messages of a queue: the ticks apart from all others. */
export function messageCounts(
  { aws, queue }: Pick<Bridge, 'aws' | 'queue'>,
  role: QueueRole,
): Promise<MessageCounts> {
  return aws.queues.count(queue(role).name);
}

/** Counts the events or dead letters of a queue. Ticks are neither. */
export async function queueDepth(
  bridge: Pick<Bridge, 'aws' | 'queue'>,
  role: QueueRole,
): Promise<QueueDepth> {
  const { events } = await messageCounts(bridge, role);
  return events;
}

/** All messages, whatever their state. */
export function inQueue({ ready, inFlight, delayed }: QueueDepth): number {
  return ready + inFlight + delayed;
}

/** Messages that purges removed from a queue, without ticks. */
export function purgedFrom({ aws, queue }: Pick<Bridge, 'aws' | 'queue'>, role: QueueRole): number {
  return aws.queues.purged(queue(role).name);
}
