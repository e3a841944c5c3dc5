import type { QueuedMessage } from '../../lambda/delivery/candidate.ts';
import { deliverBatch } from '../../lambda/delivery/deliver.ts';
import type { Disposition } from '../../lambda/delivery/disposition.ts';
import type { DeliveryBench } from './delivery-bench.ts';
import { type MessageOptions, queued } from './delivery-fixtures.ts';

/** How a message ended, or why and for how long it waits (milliseconds). */
export interface End {
  readonly cause: string;
  readonly wait: number;
}

/** Delivers a batch; resolves to the dispositions of its messages, in the order of the batch. */
export async function dispositionsOf(
  { context }: DeliveryBench,
  batch: readonly QueuedMessage[],
  deadline = context.now() + 60_000,
): Promise<readonly Disposition[]> {
  const { processed } = await deliverBatch(batch, deadline, context);
  if (processed.length !== batch.length) throw new Error('Not one disposition for each message.');
  return batch.map((message) => {
    const disposition = processed.find((one) => one.message === message)?.disposition;
    if (disposition === undefined) throw new Error('A message has no disposition.');
    return disposition;
  });
}

/** Delivers a batch; resolves to the ends of its messages, in the order of the batch. */
export async function endsOf(
  bench: DeliveryBench,
  batch: readonly QueuedMessage[],
  deadline?: number,
): Promise<readonly End[]> {
  const dispositions = await dispositionsOf(bench, batch, deadline);
  return dispositions.map((disposition) =>
    disposition.kind === 'waiting'
      ? { cause: disposition.cause, wait: disposition.wait }
      : { cause: disposition.kind, wait: 0 },
  );
}

/** Delivers a batch; resolves to how each message ended, or why it waits. */
export async function causesOf(
  bench: DeliveryBench,
  batch: readonly QueuedMessage[],
  deadline?: number,
): Promise<readonly string[]> {
  return (await endsOf(bench, batch, deadline)).map(({ cause }) => cause);
}

/** A message as it comes back from the queue. */
export function again(message: QueuedMessage, times = 1): QueuedMessage {
  const receiveCount = message.receiveCount + times;
  const { messageId } = message;
  return { ...message, receiveCount, receiptHandle: `receipt-${messageId}-${receiveCount}` };
}

/** Messages about so many incidents. */
export function incidents(count: number, options: MessageOptions = {}): readonly QueuedMessage[] {
  return Array.from({ length: count }, (_, view) => queued({ ...options, view: String(view) }));
}
