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

/**
 * What delivery does to the queues. Neither throws: what fails is told entry by entry. What is not
 * done at the time `until`, milliseconds since 1970, counts as failed: a queue that hangs must not
 * keep the function from saying what was delivered.
 */
export interface Queues {
  /** Writes dead letters; resolves to the messages whose letter may not have been written. */
  readonly sendToDeadLetterQueue: (
    letters: readonly DeadLetter[],
    until: number,
  ) => Promise<ReadonlySet<QueuedMessage>>;
  /**
   * Makes messages come back after their wait. One that cannot be deferred comes back when its
   * visibility time-out ends, so failing costs time and nothing else.
   */
  readonly defer: (deferrals: readonly Deferral[], until: number) => Promise<void>;
}

/** What {@link sqsQueues} needs. */
export interface QueuesOptions {
  /** Makes the client; asked once, and not before there is something to send. */
  readonly sqs: () => SQSClient;
  readonly eventsQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What SQS says to a batch call. */
interface BatchAnswer {
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

/** Does it with SQS batch calls. */
export function sqsQueues(options: QueuesOptions): Queues {
  const { log } = options;
  let client: SQSClient | undefined;
  const sqs = (): SQSClient => {
    client ??= options.sqs();
    return client;
  };

  /**
   * Calls with one batch and resolves to the positions that SQS says it has done. Only what it
   * names as done is: an answer that names neither success nor failure is no reason to delete an
   * event.
   */
  const doneOf = async (
    what: string,
    entries: number,
    until: number,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<BatchAnswer>,
  ): Promise<ReadonlySet<number>> => {
    try {
      const abortSignal = AbortSignal.timeout(Math.max(0, Math.floor(until - options.now())));
      const { Successful = [], Failed = [] } = await send({ abortSignal });
      for (const { Code, Message } of Failed) log.error(`${what} failed`, { code: Code, Message });
      const unnamed = entries - Successful.length - Failed.length;
      if (unnamed > 0) log.error(`${what} was not confirmed`, { entries: unnamed });
      return new Set(Successful.map(({ Id }) => Number(Id)));
    } catch (error) {
      log.error(`${what} failed`, { entries, ...errorFields(error) });
      return new Set();
    }
  };

  return {
    sendToDeadLetterQueue: async (letters, until) => {
      const unwritten = new Set<QueuedMessage>();
      await forEachLimited(sqsBatches(letters, bytesOf), CONCURRENT_CALLS, async (batch) => {
        const Entries = batch.map((letter, index) =>
          deadLetterEntry(letter, String(index), options.now()),
        );
        const command = new SendMessageBatchCommand({
          QueueUrl: options.deadLetterQueueUrl,
          Entries,
        });
        const written = await doneOf('Writing a dead letter', batch.length, until, async (call) =>
          sqs().send(command, call),
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
        await doneOf('Deferring a message', batch.length, until, async (call) =>
          sqs().send(command, call),
        );
      });
    },
  };
}
