/** Counts the messages that purges removed. SQS's answer to `PurgeQueue` has no number. */

import type { JsonObject } from '../../lambda/shared/json.ts';
import { entriesOf, queueNameIn, type AwsService } from '../aws-endpoint/protocol.ts';

/** What a purge of a queue would remove, without ticks. */
export interface Purgeable {
  readonly messages: number;
  /** Receipt handles of those in flight. */
  readonly receiptHandles: readonly string[];
}

/** A service that counts purges. */
export interface CountedPurges {
  readonly call: AwsService;
  /** Messages that purges removed from a queue. */
  readonly purged: (queueName: string) => number;
}

/** Receipt handles that a call deletes. */
function deletedBy(operation: string, input: JsonObject): readonly unknown[] {
  if (operation === 'DeleteMessage') return [input['ReceiptHandle']];
  if (operation !== 'DeleteMessageBatch') return [];
  return entriesOf(input, 'Entries').map(({ ReceiptHandle }) => ReceiptHandle);
}

/**
 * Counts the purges of a service.
 *
 * A purge also removes messages in flight. Their receiver has them, and may process and delete them
 * afterwards: such a message then counts as deleted, and not as purged.
 *
 * @param look reads what a purge of a queue would remove
 */
export function countPurges(
  service: AwsService,
  look: (queueName: string) => Promise<Purgeable>,
): CountedPurges {
  const counts = new Map<string, number>();
  /** Queue names by receipt handles of purged messages. */
  const inFlight = new Map<unknown, string>();
  const running = new Set<Promise<unknown>>();
  let purging: Promise<unknown> = Promise.resolve();

  const add = (name: string, messages: number): void => {
    counts.set(name, (counts.get(name) ?? 0) + messages);
  };
  const purge: AwsService = async (operation, input) => {
    // No other call between the look and the purge, so that the number is exact.
    await Promise.allSettled(running);
    const name = queueNameIn(input);
    const { messages, receiptHandles } = await look(name);
    const answer = await service(operation, input);
    if (answer.status !== 200) return answer;
    add(name, messages);
    for (const handle of receiptHandles) inFlight.set(handle, name);
    return answer;
  };
  return {
    call: async (operation, input) => {
      if (operation === 'PurgeQueue') {
        const answer = purging.then(() => purge(operation, input));
        purging = answer.catch(() => undefined);
        return answer;
      }
      await purging;
      const call = service(operation, input);
      running.add(call);
      const answer = await call.finally(() => running.delete(call));
      for (const handle of deletedBy(operation, input)) {
        const name = inFlight.get(handle);
        if (name !== undefined && inFlight.delete(handle)) add(name, -1);
      }
      return answer;
    },
    purged: (queueName) => counts.get(queueName) ?? 0,
  };
}
