import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type BatchResultErrorEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';

import { forEachLimited, sqsBatches } from '../../shared/batches.ts';
import { errorFields, type Log } from '../../shared/log.ts';
import { visibilitySeconds } from '../waiting/wait-times.ts';
import { type DeadLetter, deadLetterEntry } from './dead-letter.ts';
import type { QueuedMessage } from '../candidate.ts';

/** A message that must become visible again later. */
export interface Deferral {
  readonly message: QueuedMessage;
  /** Time until then, milliseconds. */
  readonly wait: number;
}

/**
 * The calls of delivery to its queues. They never reject, and each entry can fail by itself. An
 * entry that is not done at the time `until`, milliseconds since 1970, counts as failed. So a queue
 * that does not answer cannot prevent the function from reporting what was delivered.
 */
export interface Queues {
  /** Sends dead letters. Resolves to the messages whose dead letter may not have been sent. */
  readonly sendToDeadLetterQueue: (
    deadLetters: readonly DeadLetter[],
    until: number,
  ) => Promise<ReadonlySet<QueuedMessage>>;
  /**
   * Makes messages visible again after their wait. A message that cannot be deferred becomes
   * visible when its visibility timeout ends.
   */
  readonly defer: (deferrals: readonly Deferral[], until: number) => Promise<void>;
}

/** Options of {@link sqsQueues}. */
export interface QueuesOptions {
  /** Makes the client. It is called once, when there is an entry to send. */
  readonly sqs: () => SQSClient;
  readonly eventsQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Response of SQS to a batch call. */
interface BatchResponse {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined;
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined;
}

/** Batch calls under way at once. */
const CONCURRENT_CALLS = 10;

/** Bytes that a dead letter's attributes add to its body, at most. */
const ATTRIBUTE_BYTES = 2_000;

function bytesOf({ message }: DeadLetter): number {
  return Buffer.byteLength(message.body) + ATTRIBUTE_BYTES;
}

/** {@link Queues} with SQS batch calls. */
export function sqsQueues(options: QueuesOptions): Queues {
  const { log } = options;
  let client: SQSClient | undefined;
  const sqs = (): SQSClient => {
    client ??= options.sqs();
    return client;
  };

  /**
   * Sends one batch. Resolves to the positions of the entries that SQS lists as successful. An
   * entry that is in neither list of the response counts as failed.
   */
  const sendBatch = async (
    action: string,
    entries: number,
    until: number,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<BatchResponse>,
  ): Promise<ReadonlySet<number>> => {
    try {
      const abortSignal = AbortSignal.timeout(Math.max(0, Math.floor(until - options.now())));
      const { Successful = [], Failed = [] } = await send({ abortSignal });
      for (const { Code, Message } of Failed)
        log.error(`${action} failed`, { code: Code, Message });
      const unnamed = entries - Successful.length - Failed.length;
      if (unnamed > 0) log.error(`${action} was not confirmed`, { entries: unnamed });
      return new Set(Successful.map(({ Id }) => Number(Id)));
    } catch (error) {
      log.error(`${action} failed`, { entries, ...errorFields(error) });
      return new Set();
    }
  };

  return {
    sendToDeadLetterQueue: async (deadLetters, until) => {
      const unwritten = new Set<QueuedMessage>();
      await forEachLimited(sqsBatches(deadLetters, bytesOf), CONCURRENT_CALLS, async (batch) => {
        const Entries = batch.map((deadLetter, index) =>
          deadLetterEntry(deadLetter, String(index), options.now()),
        );
        const command = new SendMessageBatchCommand({
          QueueUrl: options.deadLetterQueueUrl,
          Entries,
        });
        const written = await sendBatch(
          'Writing a dead letter',
          batch.length,
          until,
          async (call) => sqs().send(command, call),
        );
        for (const [index, { message }] of batch.entries()) {
          if (!written.has(index)) unwritten.add(message);
        }
      });
      return unwritten;
    },
    defer: async (deferrals, until) => {
      const batches = sqsBatches(deferrals, () => 0);
      await forEachLimited(batches, CONCURRENT_CALLS, async (batch) => {
        const Entries = batch.map(({ message, wait }, index) => ({
          Id: String(index),
          ReceiptHandle: message.receiptHandle,
          VisibilityTimeout: visibilitySeconds(wait),
        }));
        const command = new ChangeMessageVisibilityBatchCommand({
          QueueUrl: options.eventsQueueUrl,
          Entries,
        });
        await sendBatch('Deferring a message', batch.length, until, async (call) =>
          sqs().send(command, call),
        );
      });
    },
  };
}
