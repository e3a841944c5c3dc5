import type { DeadLetter } from './dead-letter.ts';
import type { ProcessedMessage } from './disposition.ts';
import type { QueuedMessage } from './candidate.ts';
import type { Deferral, Queues } from './queues.ts';

/** Number of events per disposition. Together they account for every message of a batch. */
export interface Tally {
  readonly delivered: number;
  readonly deduplicated: number;
  readonly deadLettered: number;
  readonly waiting: number;
}

/** Result of settling a batch. */
export interface SettledBatch {
  /** Messages that stay in the queue. The event source mapping deletes all others. */
  readonly keep: readonly QueuedMessage[];
  readonly tally: Tally;
}

/**
 * Settles the messages of a batch on their queues: sends dead letters and defers what waits. A
 * message leaves the events queue only if it was delivered or deduplicated, or if its dead letter
 * was sent.
 *
 * @param options.retryAfter wait of a message whose dead letter could not be sent, milliseconds
 * @param options.until when it must end, milliseconds since 1970
 */
export async function settle(
  processed: readonly ProcessedMessage[],
  queues: Queues,
  options: { readonly retryAfter: number; readonly until: number },
): Promise<SettledBatch> {
  const deadLetters: DeadLetter[] = [];
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
      case 'deadLetter':
        deadLetters.push({ message, disposition });
        break;
      case 'waiting':
        deferrals.push({ message, wait: disposition.wait });
        break;
    }
  }
  const unsent = await queues.sendToDeadLetterQueue(deadLetters, options.until);
  for (const message of unsent) deferrals.push({ message, wait: options.retryAfter });
  await queues.defer(deferrals, options.until);
  return {
    keep: deferrals.map(({ message }) => message),
    tally: {
      delivered,
      deduplicated,
      deadLettered: deadLetters.length - unsent.size,
      waiting: deferrals.length,
    },
  };
}
