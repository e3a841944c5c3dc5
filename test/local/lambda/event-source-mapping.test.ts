import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isJsonObject } from '../../../lambda/shared/json.ts';
import { startAwsEndpoint, type AwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint.ts';
import {
  startEventSourceMapping,
  type EventSourceMapping,
} from '../../../local/lambda/event-source-mapping.ts';
import type { InvocationResult } from '../../../local/lambda/instance.ts';
import type { MappingModel, QueueModel } from '../../../local/stack/model.ts';

const ARN = 'arn:aws:sqs:us-east-1:000000000000:events';
const caller = { name: 'worker' };
const operator = { name: 'operator' };

let aws: AwsEndpoint;
let queue: QueueModel;
let mapping: EventSourceMapping | undefined;

beforeEach(async () => {
  aws = await startAwsEndpoint({ region: 'us-east-1' });
  queue = {
    logicalId: 'Events',
    name: 'events',
    url: `${aws.url}/000000000000/events`,
    arn: ARN,
    attributes: { VisibilityTimeout: '30' },
  };
  await aws.queues.createQueue(queue);
});

afterEach(async () => {
  await mapping?.stop();
  await aws.stop();
});

/** A function that records its events and returns the given answer. */
function recorder(answer: (bodies: readonly string[]) => unknown = () => null) {
  const batches: string[][] = [];
  const events: unknown[] = [];
  const running = { now: 0, most: 0 };
  return {
    batches,
    events,
    running,
    invoke: async (event: unknown): Promise<InvocationResult> => {
      const records = isJsonObject(event) ? event['Records'] : undefined;
      const list = Array.isArray(records) ? records.filter(isJsonObject) : [];
      const bodies = list.map(({ body }) => String(body));
      batches.push(bodies);
      events.push(event);
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      await new Promise((wake) => setTimeout(wake, 20));
      running.now -= 1;
      const result = answer(bodies);
      if (result instanceof Error) return { ok: false, cause: 'error', message: result.message };
      const failed = list.filter(({ body }) => Array.isArray(result) && result.includes(body));
      const payload = Array.isArray(result)
        ? { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
        : result;
      return { ok: true, payload: JSON.stringify(payload) };
    },
  };
}

function start(pool: ReturnType<typeof recorder>, settings: Partial<MappingModel> = {}) {
  mapping = startEventSourceMapping({
    mapping: {
      queueArn: ARN,
      functionName: 'worker',
      enabled: true,
      batchSize: 10,
      batchWindowSeconds: 0,
      maxConcurrency: 2,
      reportsItemFailures: true,
      ...settings,
    },
    queue,
    pool,
    aws,
    caller,
  });
  return mapping;
}

async function send(...bodies: string[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += 10) {
    const entries = bodies.slice(from, from + 10).map((MessageBody, index) => ({
      Id: String(index),
      MessageBody,
      MessageGroupId: 'g',
    }));
    await aws.call(operator, 'sqs', 'SendMessageBatch', {
      QueueUrl: queue.url,
      Entries: entries,
    });
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((wake) => setTimeout(wake, 5));
}

async function isEmpty(): Promise<boolean> {
  const { ready, inFlight } = await aws.queues.inspect('events');
  return ready.length + inFlight.length === 0;
}

describe('an event source mapping', () => {
  test('invokes with records that have every attribute, and deletes messages that did not fail', async () => {
    const pool = recorder(() => []);
    start(pool);
    await send('one');
    await until(isEmpty);
    expect(pool.events).toEqual([
      {
        Records: [
          expect.objectContaining({
            body: 'one',
            eventSourceARN: ARN,
            attributes: {
              ApproximateReceiveCount: '1',
              ApproximateFirstReceiveTimestamp: expect.any(String),
              MessageGroupId: 'g',
              SenderId: expect.any(String),
              SentTimestamp: expect.any(String),
            },
          }),
        ],
      },
    ]);
  });

  test('leaves failed messages in the queue, and invokes again when they are visible', async () => {
    let failing = true;
    await aws.call(operator, 'sqs', 'SetQueueAttributes', {
      QueueUrl: queue.url,
      Attributes: { VisibilityTimeout: '1' },
    });
    const pool = recorder((bodies) => (failing ? bodies.filter((body) => body === 'bad') : []));
    const counts = start(pool).counts;
    await send('good', 'bad');
    await until(() => counts().deleted === 1);
    const { inFlight } = await aws.queues.inspect('events');
    expect(inFlight.map(({ body }) => body)).toEqual(['bad']);
    failing = false;
    await until(isEmpty);
    expect(pool.batches.at(-1)).toEqual(['bad']);
  });

  test('deletes nothing of a batch whose function failed', async () => {
    const pool = recorder(() => new Error('fails'));
    const counts = start(pool).counts;
    await send('one', 'two');
    await until(() => counts().failedBatches > 0);
    expect(counts().deleted).toBe(0);
    expect(await isEmpty()).toBe(false);
  });

  test('fills a large batch from a backlog, and receives no more than the batch takes', async () => {
    const bodies = Array.from({ length: 330 }, (_, index) => String(index));
    await send(...bodies);
    const pool = recorder();
    const counts = start(pool, {
      batchSize: 300,
      batchWindowSeconds: 1,
      maxConcurrency: 1,
    }).counts;
    await until(isEmpty);
    expect(pool.batches.map(({ length }) => length)).toEqual([300, 30]);
    expect(new Set(pool.batches.flat())).toEqual(new Set(bodies));
    expect(counts()).toMatchObject({
      receives: 33,
      records: 330,
      deleted: 330,
      largestBatch: 300,
    });
  });

  test('waits for a batching window that begins with the first message', async () => {
    const pool = recorder();
    start(pool, { batchSize: 100, batchWindowSeconds: 1, maxConcurrency: 1 });
    await send('first');
    const sentAt = Date.now();
    await until(async () => (await aws.queues.inspect('events')).inFlight.length === 1);
    await send('second');
    await until(isEmpty);
    expect(pool.batches).toEqual([['first', 'second']]);
    expect(Date.now() - sentAt).toBeGreaterThanOrEqual(950);
  });

  test('splits a batch that is longer than one payload', async () => {
    const long = 'x'.repeat(900_000);
    for (let index = 0; index < 8; index += 1) await send(`${index}${long}`);
    const pool = recorder();
    start(pool, { batchSize: 100, batchWindowSeconds: 1, maxConcurrency: 1 });
    await until(isEmpty);
    expect(pool.batches.map(({ length }) => length)).toEqual([6, 2]);
    for (const event of pool.events) {
      expect(JSON.stringify(event).length).toBeLessThanOrEqual(6 * 1024 * 1024);
    }
  });

  test('runs as many batches at once as its maximum concurrency', async () => {
    await send(...Array.from({ length: 60 }, (_, index) => String(index)));
    const pool = recorder();
    start(pool, { maxConcurrency: 3 });
    await until(isEmpty);
    expect(pool.running.most).toBe(3);
  });

  test('repeats deletions that SQS refused in part', async () => {
    aws.faults.add({
      caller: 'worker',
      action: 'sqs:DeleteMessageBatch',
      times: 1,
      effect: { kind: 'partial', fraction: 0.5 },
    });
    const pool = recorder();
    const counts = start(pool).counts;
    await send('a', 'b', 'c');
    await until(isEmpty);
    expect(pool.batches.flat().length).toBe(3);
    expect(counts()).toMatchObject({ deleted: 3, deletionsFailed: 0 });
  });

  test('that is not enabled receives nothing', async () => {
    const pool = recorder();
    const { stop } = start(pool, { enabled: false });
    await send('one');
    await stop();
    expect(pool.batches).toEqual([]);
    expect(await isEmpty()).toBe(false);
  });
});
