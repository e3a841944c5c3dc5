import { deliverBatch } from '../../lambda/delivery/deliver.ts';
import type { QueuedMessage } from '../../lambda/delivery/intake.ts';
import { type DeliveryBench, type MessageOptions, queued } from './delivery-fixtures.ts';

/** Result for a message: how it ended, or why and for how many milliseconds it waits. */
export interface End {
  readonly cause: string;
  readonly wait: number;
}

/** Delivers a batch. Returns the result for each message, in the order of the batch. */
export async function endsOf(
  { context }: DeliveryBench,
  batch: readonly QueuedMessage[],
  deadline = context.now() + 60_000,
): Promise<readonly End[]> {
  const { processed } = await deliverBatch(batch, deadline, context);
  return batch.map((message) => {
    const disposition = processed.find((one) => one.message === message)?.disposition;
    if (disposition === undefined) throw new Error('A message has no disposition.');
    return disposition.kind === 'waiting'
      ? { cause: disposition.cause, wait: disposition.wait }
      : { cause: disposition.kind, wait: 0 };
  });
}

/** One message per incident. */
export function incidents(count: number, options: MessageOptions = {}): readonly QueuedMessage[] {
  return Array.from({ length: count }, (_, view) => queued({ ...options, view: String(view) }));
}
