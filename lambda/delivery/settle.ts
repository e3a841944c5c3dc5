import type { DeadLetter } from './dead-letter.ts';
import type { ProcessedMessage } from './disposition.ts';
import type { QueuedMessage } from './intake.ts';
import type { Deferral, Queues } from './queues.ts';

/** How many events ended in which way: the law of conservation of one batch. */
export interface Tally {
  readonly delivered: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  readonly waiting: number;
}

/** What is left to say after a batch was settled. */
export interface SettledBatch {
  /** The messages that stay in the queue. All others are deleted by the event source mapping. */
  readonly keep: readonly QueuedMessage[];
  readonly tally: Tally;
}

/**
 * Carries out the dispositions of a batch. Only a message that was delivered, deduplicated or
 * safely written to the dead-letter queue leaves the events queue.
 *
 * @param options.buryAgainAfter wait of a message whose dead letter could not be written,
 *   milliseconds
 * @param options.until when it must be over, milliseconds since 1970
 */
export async function settle(
  processed: readonly ProcessedMessage[],
  queues: Queues,
  options: { readonly retryAfter: number; readonly until: number },
): Promise<SettledBatch> {
  const letters: DeadLetter[] = [];
  const deferrals: Deferral[] = [];
  let delivered = 0;
  let deduplicated = 0;
  for (const { message, disposition } of processed) {
    switch (disposition.kind) {
      case 'delivered':
        delivered += 1;
        break;
      case 'deduplicated':
        deduplicated += 1;
        break;
      case 'dead':
        letters.push({ message, disposition });
        break;
      case 'waiting':
        deferrals.push({ message, wait: disposition.wait });
        break;
    }
  }
  const unwritten = await queues.sendToDeadLetterQueue(letters, options.until);
  for (const message of unwritten) deferrals.push({ message, wait: options.retryAfter });
  await queues.defer(deferrals, options.until);
  return {
    keep: deferrals.map(({ message }) => message),
    tally: {
      delivered,
      deduplicated,
      deadLettered: letters.length - unwritten.size,
      waiting: deferrals.length,
    },
  };
}
