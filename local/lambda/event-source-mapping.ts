/** Lambda's event source mapping: gathers batches of messages, invokes, deletes processed messages. */

import { setTimeout as wait } from 'node:timers/promises';
import { isTick } from '../../lambda/shared/message.ts';
import type { AwsEndpoint } from '../aws-endpoint/aws-endpoint.ts';
import type { Caller } from '../iam/authorization.ts';
import { entriesOf } from '../aws-endpoint/protocol.ts';
import { recordsToDelete, toRecord, type SqsRecord } from './event-source-records.ts';
import type { FunctionPool } from './pool.ts';
import type { MappingModel, QueueModel } from '../stack/model.ts';

/** SQS receives and deletes at most ten messages per call. */
const MESSAGES_PER_CALL = 10;
/** Most receives of one poller at the same time. */
const PARALLEL_RECEIVES = 10;
/** Longest payload of an invocation. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** SQS's longest poll, seconds. */
const LONG_POLL_SECONDS = 20;
/** Time until the next receive after an empty one, while a batch waits for more, milliseconds. */
const EMPTY_QUEUE_PAUSE = 100;
/** Time until the next receive after SQS failed, milliseconds. */
const FAILURE_PAUSE = 1000;
/** Attempts to delete a message. If all fail, SQS delivers it again. */
const DELETE_ATTEMPTS = 3;

/** Counts of a mapping since its start. */
export interface MappingCounts {
  /** Receives that returned messages. */
  readonly receives: number;
  readonly batches: number;
  /** Batches of nothing but ticks. */
  readonly tickBatches: number;
  readonly records: number;
  /** Batches whose invocation failed. */
  readonly failedBatches: number;
  readonly deleted: number;
  /** Deletions that failed in all attempts. */
  readonly deletionsFailed: number;
  readonly largestBatch: number;
}

/** A running mapping. */
export interface EventSourceMapping {
  readonly counts: () => MappingCounts;
  /** Starts no further batch; resolves when the current ones have ended. Stop the pool meanwhile. */
  readonly stop: () => Promise<void>;
}

/** The queue and the function of a mapping. */
export interface MappingOptions {
  readonly mapping: MappingModel;
  readonly queue: QueueModel;
  readonly pool: Pick<FunctionPool, 'invoke'>;
  readonly aws: Pick<AwsEndpoint, 'call'>;
  /** The function: Lambda calls SQS with its role. */
  readonly caller: Caller;
  /** Called with the message IDs of a batch before the function is invoked with it. */
  readonly onBatch?: (messageIds: readonly string[]) => void;
}

/** Starts a mapping's pollers: as many as its maximum concurrency. */
export function startEventSourceMapping(options: MappingOptions): EventSourceMapping {
  const { mapping, queue, pool, aws, caller } = options;
  const { batchSize, batchWindowSeconds } = mapping;
  const counts = {
    receives: 0,
    batches: 0,
    tickBatches: 0,
    records: 0,
    failedBatches: 0,
    deleted: 0,
    deletionsFailed: 0,
    largestBatch: 0,
  };
  const stopping = new AbortController();
  const stopped = (): boolean => stopping.signal.aborted;
  const aborted = new Promise<SqsRecord[]>((resolve) => {
    stopping.signal.addEventListener('abort', () => {
      resolve([]);
    });
  });
  const pause = (milliseconds: number): Promise<void> =>
    wait(milliseconds, undefined, { signal: stopping.signal }).catch(() => undefined);

  /** Messages of one receive; `undefined` when SQS fails. */
  const receive = async (max: number, waitSeconds: number): Promise<SqsRecord[] | undefined> => {
    const answer = await aws.call(caller, 'sqs', 'ReceiveMessage', {
      QueueUrl: queue.url,
      MaxNumberOfMessages: Math.min(max, MESSAGES_PER_CALL),
      WaitTimeSeconds: waitSeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    if (answer.status !== 200) return undefined;
    const messages = entriesOf(answer.body, 'Messages');
    if (messages.length > 0) counts.receives += 1;
    return messages.map((message) => toRecord(message, queue.arn));
  };

  /** Waits for the first messages of a batch. */
  const receiveFirst = async (): Promise<SqsRecord[]> => {
    for (;;) {
      if (stopped()) return [];
      const received = receive(batchSize, LONG_POLL_SECONDS).catch(() => undefined);
      const records = await Promise.race([received, aborted]);
      if (records === undefined) await pause(FAILURE_PAUSE);
      else if (records.length > 0) return records;
    }
  };

  /** Several receives at once, for no more messages than the batch can still take. */
  const receiveMore = async (room: number, parallel: number): Promise<SqsRecord[]> => {
    const sizes = Array.from(
      { length: Math.min(parallel, Math.ceil(room / MESSAGES_PER_CALL)) },
      (_, index) => Math.min(MESSAGES_PER_CALL, room - index * MESSAGES_PER_CALL),
    );
    const received = await Promise.allSettled(sizes.map((size) => receive(size, 0)));
    return received.flatMap((result) =>
      result.status === 'fulfilled' ? (result.value ?? []) : [],
    );
  };

  /** Gathers a batch. `left` are records that did not fit into this poller's last batch. */
  const gather = async (left: SqsRecord[]): Promise<{ batch: SqsRecord[]; rest: SqsRecord[] }> => {
    const records = left.length > 0 ? left : await receiveFirst();
    let bytes = sizeOf(records);
    const closesAt = Date.now() + batchWindowSeconds * 1000;
    let parallel = 1;
    while (records.length < batchSize && bytes < MAX_PAYLOAD_BYTES && !stopped()) {
      const remaining = closesAt - Date.now();
      if (remaining <= 0) break;
      const more = await receiveMore(batchSize - records.length, parallel);
      records.push(...more);
      bytes += sizeOf(more);
      // Full receives mean that the queue has more messages; fewer messages mean that it is empty.
      parallel =
        more.length < parallel * MESSAGES_PER_CALL ? 1 : Math.min(PARALLEL_RECEIVES, parallel * 2);
      if (parallel === 1) await pause(Math.min(EMPTY_QUEUE_PAUSE, remaining));
    }
    return splitBySize(records);
  };

  const remove = async (records: readonly SqsRecord[]): Promise<void> => {
    let left = records.map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
    }));
    for (let attempt = 0; attempt < DELETE_ATTEMPTS && left.length > 0; attempt += 1) {
      const answer = await aws
        .call(caller, 'sqs', 'DeleteMessageBatch', { QueueUrl: queue.url, Entries: left })
        .catch(() => undefined);
      if (answer?.status === 200) {
        const refused = new Set(entriesOf(answer.body, 'Failed').map(({ Id }) => Id));
        const tried = left.length;
        left = left.filter(({ Id }) => refused.has(Id));
        counts.deleted += tried - left.length;
      }
    }
    counts.deletionsFailed += left.length;
  };

  const handle = async (batch: readonly SqsRecord[]): Promise<void> => {
    counts.batches += 1;
    if (batch.every(({ body }) => isTick(body))) counts.tickBatches += 1;
    counts.records += batch.length;
    counts.largestBatch = Math.max(counts.largestBatch, batch.length);
    options.onBatch?.(batch.map(({ messageId }) => messageId));
    const result = await pool.invoke({ Records: batch });
    const done = result.ok
      ? recordsToDelete(batch, result.payload, mapping.reportsItemFailures)
      : [];
    if (!result.ok) counts.failedBatches += 1;
    await Promise.all(chunksOf(done, MESSAGES_PER_CALL).map(remove));
  };

  const poll = async (): Promise<void> => {
    let rest: SqsRecord[] = [];
    while (!stopped()) {
      const gathered = await gather(rest);
      rest = gathered.rest;
      if (gathered.batch.length > 0 && !stopped()) await handle(gathered.batch);
    }
  };

  const pollers = mapping.enabled
    ? Array.from({ length: mapping.maxConcurrency }, () => poll())
    : [];

  return {
    counts: () => ({ ...counts }),
    stop: async () => {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
}

function sizeOf(records: readonly SqsRecord[]): number {
  return records.reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)) + 1, 0);
}

/** As many records as fit into one payload (at least one), and the rest. */
function splitBySize(records: SqsRecord[]): { batch: SqsRecord[]; rest: SqsRecord[] } {
  let bytes = '{"Records":[]}'.length;
  const end = records.findIndex((record, index) => {
    bytes += sizeOf([record]);
    return bytes > MAX_PAYLOAD_BYTES && index > 0;
  });
  return end === -1
    ? { batch: records, rest: [] }
    : { batch: records.slice(0, end), rest: records.slice(end) };
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
