/** Lambda's event source mapping: gathers messages into batches, invokes, deletes what was done. */

import { setTimeout as wait } from 'node:timers/promises';
import type { AwsEndpoint, Caller } from '../aws-endpoint/aws-endpoint.ts';
import { entriesOf } from '../aws-endpoint/protocol.ts';
import { recordsToDelete, toRecord, type SqsRecord } from './event-source-records.ts';
import type { FunctionPool } from './pool.ts';
import type { MappingModel, QueueModel } from '../stack/model.ts';

/** SQS gives and deletes at most ten messages in one call. */
const MESSAGES_PER_CALL = 10;
/** Receives of one poller under way at once, at most. */
const PARALLEL_RECEIVES = 10;
/** An invocation's payload. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** SQS's longest poll, seconds. */
const LONG_POLL_SECONDS = 20;
/** Time between two looks at a queue that was just found empty, while a batch waits for more. */
const EMPTY_QUEUE_PAUSE = 100;
/** Time until the next attempt after SQS failed. */
const FAILURE_PAUSE = 1000;
/** How often a deletion that SQS refused is tried again. The message comes back if all fail. */
const DELETE_ATTEMPTS = 3;

/** What a mapping has done so far. */
export interface MappingCounts {
  /** Receives that brought messages. */
  readonly receives: number;
  readonly batches: number;
  readonly records: number;
  /** Batches whose function failed or whose answer was not understood. */
  readonly failedBatches: number;
  readonly deleted: number;
  /** Deletions that SQS refused to the end. */
  readonly deletionsFailed: number;
  readonly largestBatch: number;
}

/** A mapping at work. */
export interface EventSourceMapping {
  readonly counts: () => MappingCounts;
  /** Takes no further batch; resolves when those under way have ended. Stop the pool meanwhile. */
  readonly stop: () => Promise<void>;
}

/** What a mapping connects. */
export interface MappingOptions {
  readonly mapping: MappingModel;
  readonly queue: QueueModel;
  readonly pool: Pick<FunctionPool, 'invoke'>;
  readonly aws: Pick<AwsEndpoint, 'call'>;
  /** Lambda calls SQS with the permissions of the function's role. */
  readonly caller: Caller;
}

/** Starts a mapping's pollers: as many as its maximum concurrency. */
export function startEventSourceMapping(options: MappingOptions): EventSourceMapping {
  const { mapping, queue, pool, aws, caller } = options;
  const { batchSize, batchWindowSeconds } = mapping;
  const counts = {
    receives: 0,
    batches: 0,
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

  /** Messages of one receive; none when SQS fails. */
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

  /** Several receives at once, no more than the rest of the batch takes. */
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

  /** Records that were received and did not fit into the last batch of this poller. */
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
      // Full hands promise more; a queue that gave less is empty for now.
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
    counts.records += batch.length;
    counts.largestBatch = Math.max(counts.largestBatch, batch.length);
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

/** The longest head of the records that fits into one payload (at least one record), and the rest. */
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
