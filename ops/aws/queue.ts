/** One SQS queue as the commands use it: batches, entry by entry, with retries that lose nothing. */

import { setTimeout as wait } from 'node:timers/promises';

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type BatchResultErrorEntry,
  type MessageAttributeValue,
  type SQSClient,
} from '@aws-sdk/client-sqs';

import { MAX_BATCH_ENTRIES, sqsBatches } from '../../lambda/shared/batches.ts';
import type { RawLetter } from '../dead-letters/dead-letter.ts';
import { isHopeless } from './faults.ts';

/** How many messages a queue says it holds. SQS calls every one of these approximate. */
export interface QueueDepth {
  /** Ready to be received. */
  readonly visible: number;
  /** Received by somebody and not yet deleted or given back. */
  readonly inFlight: number;
  readonly delayed: number;
}

/** A message to send. */
export interface Outgoing {
  readonly body: string;
  readonly groupId?: string | undefined;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
}

/** Items whose entry failed for good, and why. Every other item's entry was confirmed. */
export type Failures<T> = ReadonlyMap<T, string>;

/** A queue. Errors that no repetition mends (permission, credentials, no such queue) are thrown. */
export interface MessageQueue {
  readonly url: string;
  /**
   * Whether `depth` and a receive without waiting can be relied on: those of the local bridge can,
   * SQS's are approximate.
   */
  readonly isExact: boolean;
  /**
   * Takes messages, hidden from others for a while. `over-limit` when SQS has more in flight than
   * it allows.
   */
  readonly receive: (options: {
    readonly max: number;
    /** Seconds. */
    readonly hideFor: number;
    /** Seconds; 0 asks only some of SQS's servers. */
    readonly waitFor: number;
  }) => Promise<readonly RawLetter[] | 'over-limit'>;
  /** Hides received messages for so many seconds from now; 0 gives them back. */
  readonly hide: <T extends Received>(
    messages: readonly T[],
    seconds: number,
  ) => Promise<Failures<T>>;
  readonly remove: <T extends Received>(messages: readonly T[]) => Promise<Failures<T>>;
  readonly send: <T extends Outgoing>(messages: readonly T[]) => Promise<Failures<T>>;
  readonly depth: () => Promise<QueueDepth>;
}

/** What it takes to name a received message to SQS. */
export type Received = Pick<RawLetter, 'receiptHandle'>;

/** Room for a message's attributes and their names, in bytes. */
const ATTRIBUTE_BYTES = 4_000;

/** Batch calls under way at once for one list of messages. */
const PARALLEL_CALLS = 10;

/** How often an entry that failed at SQS's own fault is tried again. */
const ENTRY_RETRIES = 3;

/** Wait before the first repetition, milliseconds; doubled for each after it. */
const RETRY_PAUSE = 200;

interface BatchAnswer {
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined;
}

/** Makes one batch call until each entry is confirmed, refused, or was tried often enough. */
async function callBatch<T>(
  items: readonly T[],
  call: (entries: readonly T[]) => Promise<BatchAnswer>,
): Promise<Failures<T>> {
  const failures = new Map<T, string>();
  let left = items;
  for (let attempt = 0; left.length > 0; attempt += 1) {
    if (attempt > 0) await wait(RETRY_PAUSE * 2 ** (attempt - 1));
    const again: T[] = [];
    try {
      const { Failed = [] } = await call(left);
      for (const { Id, Code = 'Unknown', Message = '', SenderFault } of Failed) {
        const item = left[Number(Id)];
        if (item === undefined) continue;
        failures.set(item, `${Code}${Message === '' ? '' : `: ${Message}`}`);
        if (SenderFault !== true && attempt < ENTRY_RETRIES) again.push(item);
      }
    } catch (error) {
      // The SDK has already repeated what can be repeated.
      if (isHopeless(error)) throw error;
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      for (const item of left) failures.set(item, reason);
    }
    for (const item of again) failures.delete(item);
    left = again;
  }
  return failures;
}

async function callAll<T>(
  batches: readonly (readonly T[])[],
  call: (entries: readonly T[]) => Promise<BatchAnswer>,
): Promise<Failures<T>> {
  const failures = new Map<T, string>();
  const queue = [...batches];
  const worker = async (): Promise<void> => {
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      for (const [item, reason] of await callBatch(batch, call)) failures.set(item, reason);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_CALLS, batches.length) }, worker));
  return failures;
}

function tens<T>(items: readonly T[]): T[][] {
  return sqsBatches(items, () => 0);
}

function bytesOf({ body, attributes = {} }: Outgoing): number {
  let bytes = Buffer.byteLength(body) + ATTRIBUTE_BYTES;
  for (const { StringValue, BinaryValue } of Object.values(attributes)) {
    bytes += Buffer.byteLength(StringValue ?? '') + (BinaryValue?.byteLength ?? 0);
  }
  return bytes;
}

/** SQS answers so when a standard queue has about 120,000 messages in flight. */
function isOverLimit(error: unknown): boolean {
  return error instanceof Error && /OverLimit/.test(error.name);
}

/** Uses a queue by SQS's calls. */
export function messageQueue(sqs: SQSClient, url: string, isExact = false): MessageQueue {
  return {
    url,
    isExact,
    receive: async ({ max, hideFor, waitFor }) => {
      try {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: url,
            MaxNumberOfMessages: Math.min(max, MAX_BATCH_ENTRIES),
            VisibilityTimeout: hideFor,
            WaitTimeSeconds: waitFor,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['All'],
          }),
        );
        return Messages.map((message) => ({
          messageId: message.MessageId ?? '',
          receiptHandle: message.ReceiptHandle ?? '',
          body: message.Body ?? '',
          attributes: message.MessageAttributes ?? {},
          system: message.Attributes ?? {},
        }));
      } catch (error) {
        if (isOverLimit(error)) return 'over-limit';
        throw error;
      }
    },
    hide: async (messages, seconds) =>
      callAll(tens(messages), async (entries) =>
        sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: url,
            Entries: entries.map(({ receiptHandle }, index) => ({
              Id: String(index),
              ReceiptHandle: receiptHandle,
              VisibilityTimeout: seconds,
            })),
          }),
        ),
      ),
    remove: async (messages) =>
      callAll(tens(messages), async (entries) =>
        sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl: url,
            Entries: entries.map(({ receiptHandle }, index) => ({
              Id: String(index),
              ReceiptHandle: receiptHandle,
            })),
          }),
        ),
      ),
    send: async (messages) =>
      callAll(sqsBatches(messages, bytesOf), async (entries) =>
        sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: url,
            Entries: entries.map(({ body, groupId, attributes }, index) => ({
              Id: String(index),
              MessageBody: body,
              ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
              ...(attributes === undefined || Object.keys(attributes).length === 0
                ? {}
                : { MessageAttributes: { ...attributes } }),
            })),
          }),
        ),
      ),
    depth: async () => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      );
      return {
        visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
        delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      };
    },
  };
}
