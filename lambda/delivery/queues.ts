import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type BatchResultErrorEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';

import { forEachLimited, sqsBatches } from '../shared/batches.ts';
import { errorFields, type Log } from '../shared/log.ts';
import { visibilitySeconds } from './backoff.ts';
import { type DeadLetter, deadLetterEntry } from './dead-letter.ts';
import type { QueuedMessage } from './intake.ts';

/** A message that should come back later. */
export interface Deferral {
  readonly message: QueuedMessage;
  /** Milliseconds. */
  readonly wait: number;
}

/** What delivery does to the queues. Neither throws: what fails is told entry by entry. */
export interface Queues {
  /** Writes dead letters; resolves to the messages whose letter was not written. */
  readonly bury: (letters: readonly DeadLetter[]) => Promise<ReadonlySet<QueuedMessage>>;
  /**
   * Makes messages come back after their wait. One that cannot be deferred comes back when its
   * visibility time-out ends, so failing costs time and nothing else.
   */
  readonly defer: (deferrals: readonly Deferral[]) => Promise<void>;
}

/** What {@link sqsQueues} needs. */
export interface QueuesOptions {
  readonly sqs: SQSClient;
  readonly eventsQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Batch calls under way at once. */
const CONCURRENT_CALLS = 10;

/** Bytes that a dead letter's attributes add to its body, at most. */
const ATTRIBUTE_BYTES = 2_000;

function bytesOf({ message }: DeadLetter): number {
  return Buffer.byteLength(message.body) + ATTRIBUTE_BYTES;
}

/** Does it with SQS batch calls. */
export function sqsQueues(options: QueuesOptions): Queues {
  const { sqs, log } = options;

  /** Calls with one batch and resolves to the positions that failed, whatever the reason. */
  const failedOf = async (
    what: string,
    size: number,
    send: () => Promise<{ readonly Failed?: BatchResultErrorEntry[] | undefined }>,
  ): Promise<ReadonlySet<number>> => {
    try {
      const { Failed = [] } = await send();
      for (const { Code, Message } of Failed) log.error(`${what} failed`, { code: Code, Message });
      return new Set(Failed.map(({ Id }) => Number(Id)));
    } catch (error) {
      log.error(`${what} failed`, { entries: size, ...errorFields(error) });
      return new Set(Array.from({ length: size }, (_, index) => index));
    }
  };

  return {
    bury: async (letters) => {
      const unwritten = new Set<QueuedMessage>();
      await forEachLimited(sqsBatches(letters, bytesOf), CONCURRENT_CALLS, async (batch) => {
        const Entries = batch.map((letter, index) =>
          deadLetterEntry(letter, String(index), options.now()),
        );
        const failed = await failedOf('Writing a dead letter', batch.length, async () =>
          sqs.send(new SendMessageBatchCommand({ QueueUrl: options.deadLetterQueueUrl, Entries })),
        );
        for (const [index, { message }] of batch.entries()) {
          if (failed.has(index)) unwritten.add(message);
        }
      });
      return unwritten;
    },
    defer: async (deferrals) => {
      const batches = sqsBatches(deferrals, () => 0);
      await forEachLimited(batches, CONCURRENT_CALLS, async (batch) => {
        const Entries = batch.map(({ message, wait }, index) => ({
          Id: String(index),
          ReceiptHandle: message.receiptHandle,
          VisibilityTimeout: visibilitySeconds(wait),
        }));
        await failedOf('Deferring a message', batch.length, async () =>
          sqs.send(
            new ChangeMessageVisibilityBatchCommand({ QueueUrl: options.eventsQueueUrl, Entries }),
          ),
        );
      });
    },
  };
}
