import { deliverBatch } from '../../lambda/delivery/deliver.ts';
import type { QueuedMessage } from '../../lambda/delivery/intake.ts';
import { type DeliveryBench, type MessageOptions, queued } from './delivery-fixtures.ts';

/** What became of a message: how it ended, or why and for how long it waits (milliseconds). */
export interface End {
  readonly cause: string;
  readonly wait: number;
}

/** Delivers a batch, and tells what became of each message, in the order of the batch. */
export async function endsOf(
  { context }: DeliveryBench,
  batch: readonly QueuedMessage[],
  deadline = context.now() + 60_000,
): Promise<readonly End[]> {
  const { processed } = await deliverBatch(batch, deadline, context);
  return batch.map((message) => {
    const disposition = processed.find((one) => one.message === message)?.disposition;
    if (disposition === undefined) throw new Error('A message was not settled.');
    return disposition.kind === 'waiting'
      ? { cause: disposition.cause, wait: disposition.wait }
      : { cause: disposition.kind, wait: 0 };
  });
}

/** Messages about so many incidents. */
export function incidents(count: number, options: MessageOptions = {}): readonly QueuedMessage[] {
  return Array.from({ length: count }, (_, view) => queued({ ...options, view: String(view) }));
}
