/** One SQS queue as the commands use it: batches whose entries are confirmed and retried one by one. */

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

import { forEachLimited, MAX_BATCH_ENTRIES, sqsBatches } from '../../lambda/shared/batches.ts';
import { isHopeless } from './faults.ts';

/** Number of messages in a queue. SQS calls each of these numbers approximate. */
export interface QueueDepth {
  /** Ready to be received. */
  readonly visible: number;
  /** Received, and neither deleted nor given back. */
  readonly inFlight: number;
  readonly delayed: number;
}

/** A message as it was received. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** All its message attributes. */
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** SQS's own attributes, such as `SentTimestamp` and `MessageGroupId`. */
  readonly system: Readonly<Record<string, string>>;
}

type Receipt = Pick<ReceivedMessage, 'receiptHandle'>;

/** A message to send. */
export interface OutgoingMessage {
  readonly body: string;
  readonly groupId?: string | undefined;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
}

/** Items whose entry failed for good, and why. Every other item's entry was confirmed. */
export type Failures<T> = ReadonlyMap<T, string>;

/** A queue. Throws errors that no retry resolves: permission, credentials, no such queue. */
export interface MessageQueue {
  readonly url: string;
  /**
   * Whether `depth` and a receive without waiting are exact: those of the local bridge are, SQS's are
   * approximate.
   */
  readonly isExact: boolean;
  /** Receives messages. `over-limit` when SQS has as many in flight as it allows. */
  readonly receive: (options: {
    readonly max: number;
    /** Seconds. */
    readonly visibilityTimeout: number;
    /** Seconds; 0 asks only some of SQS's servers. */
    readonly waitTime: number;
  }) => Promise<readonly ReceivedMessage[] | 'over-limit'>;
  /** Makes received messages visible again at once. */
  readonly giveBack: <T extends Receipt>(messages: readonly T[]) => Promise<Failures<T>>;
  readonly delete: <T extends Receipt>(messages: readonly T[]) => Promise<Failures<T>>;
  readonly send: <T extends OutgoingMessage>(messages: readonly T[]) => Promise<Failures<T>>;
  readonly depth: () => Promise<QueueDepth>;
}

/** Room for a message's attributes and their names, in bytes. */
const ATTRIBUTE_BYTES = 4_000;

/** Concurrent batch calls for one list of messages. */
const PARALLEL_CALLS = 10;

/** Retries of an entry that failed through SQS's own fault. */
const ENTRY_RETRIES = 3;

/** Wait before the first retry, milliseconds; doubled for each further one. */
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
      // The SDK has already retried what can be retried.
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
  await forEachLimited(batches, PARALLEL_CALLS, async (batch) => {
    for (const [item, reason] of await callBatch(batch, call)) failures.set(item, reason);
  });
  return failures;
}

/** Makes a batch call about received messages. */
async function callForReceipts<T extends Receipt>(
  messages: readonly T[],
  call: (
    entries: { readonly Id: string; readonly ReceiptHandle: string }[],
  ) => Promise<BatchAnswer>,
): Promise<Failures<T>> {
  const batches = sqsBatches(messages, () => 0);
  return callAll(batches, async (batch) =>
    call(
      batch.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
      })),
    ),
  );
}

function bytesOf({ body, attributes = {} }: OutgoingMessage): number {
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
    receive: async ({ max, visibilityTimeout, waitTime }) => {
      try {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: url,
            MaxNumberOfMessages: Math.min(max, MAX_BATCH_ENTRIES),
            VisibilityTimeout: visibilityTimeout,
            WaitTimeSeconds: waitTime,
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
    giveBack: async (messages) =>
      callForReceipts(messages, async (entries) =>
        sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: url,
            Entries: entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 })),
          }),
        ),
      ),
    delete: async (messages) =>
      callForReceipts(messages, async (entries) =>
        sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entries })),
      ),
    send: async (messages) =>
      callAll(sqsBatches(messages, bytesOf), async (entries) =>
        sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: url,
            Entries: entries.map(({ body, groupId, attributes }, index) => ({
              Id: String(index),
              MessageBody: body,
              MessageGroupId: groupId,
              MessageAttributes: attributes && { ...attributes },
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
