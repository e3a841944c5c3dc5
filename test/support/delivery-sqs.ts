import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import { SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';

import { type Queues, sqsQueues } from '../../lambda/delivery/queue/queues.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { httpServer } from '../../testkit/loopback.ts';
import { type RecordingLog, recordingLog } from './recording-log.ts';

/** Queues on a server on this machine. */
export interface QueueBench {
  readonly queues: Queues;
  readonly sqs: SQSClient;
  readonly log: RecordingLog;
  readonly urls: { readonly events: string; readonly deadLetters: string };
  readonly close: () => Promise<void>;
}

function queueBench(port: number, close: () => Promise<unknown>): QueueBench {
  const endpoint = `http://127.0.0.1:${port}`;
  const sqs = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 2,
  });
  const urls = {
    events: `${endpoint}/000000000000/events`,
    deadLetters: `${endpoint}/000000000000/dead`,
  };
  const log = recordingLog();
  return {
    sqs,
    log,
    urls,
    queues: sqsQueues({
      sqs: () => sqs,
      log,
      eventsQueueUrl: urls.events,
      deadLetterQueueUrl: urls.deadLetters,
      now: Date.now,
    }),
    close: async () => {
      sqs.destroy();
      await close();
    },
  };
}

/** Queues in fauxqs, and a look at how long a message is still invisible. */
export async function fauxqsBench(): Promise<
  QueueBench & { readonly invisibleFor: (receiptHandle: string) => Promise<number> }
> {
  const app = buildApp({ logger: false });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return {
    ...queueBench(address.port, async () => app.close()),
    invisibleFor: async (receiptHandle) => {
      const { body } = await app.inject({ method: 'GET', url: '/_fauxqs/queues/events' });
      const found = inFlight(JSON.parse(body)).find(
        (one) => one['receiptHandle'] === receiptHandle,
      );
      const deadline = found?.['visibilityDeadline'];
      return typeof deadline === 'number' ? deadline - Date.now() : NaN;
    },
  };
}

function inFlight(queue: unknown): readonly JsonObject[] {
  const messages = isJsonObject(queue) ? queue['messages'] : undefined;
  const list = isJsonObject(messages) ? messages['inflight'] : undefined;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** One entry of a batch call, as SQS gets it. */
export interface BatchEntry extends JsonObject {
  readonly Id: string;
}

/** What a server that stands in for SQS does with a batch call. */
export type BatchReply = (entries: readonly BatchEntry[], response: ServerResponse) => void;

/** An SQS that answers batch calls as a test wants it. */
export async function faultySqsBench(reply: BatchReply): Promise<QueueBench> {
  const server = await httpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      const entries = isJsonObject(body) ? body['Entries'] : undefined;
      reply(Array.isArray(entries) ? entries.filter(isBatchEntry) : [], response);
    });
  });
  return queueBench(server.port, server.close);
}

function isBatchEntry(value: unknown): value is BatchEntry {
  return isJsonObject(value) && typeof value['Id'] === 'string';
}

/** Answers a call with JSON. */
export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

/** What SQS says of an entry that it has done. The client checks the digest of a message. */
export function done(entry: BatchEntry): JsonObject {
  const body = entry['MessageBody'];
  const digest = createHash('md5')
    .update(typeof body === 'string' ? body : '')
    .digest('hex');
  return { Id: entry.Id, MessageId: `dead-${entry.Id}`, MD5OfMessageBody: digest };
}

/** What SQS says of an entry that it could not do. */
export function failedEntry(entry: BatchEntry): JsonObject {
  return { Id: entry.Id, Code: 'InternalError', Message: 'Try again.', SenderFault: false };
}
