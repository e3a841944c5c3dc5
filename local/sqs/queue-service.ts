/** SQS on this machine: fauxqs, and what it needs to answer as SQS does. */

import { buildApp } from 'fauxqs';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import type { QueueModel } from '../stack/model.ts';
import { objectOr } from '../stack/template.ts';
import { integerOr } from '../stack/values.ts';
import { messageError, toFauxqs, sentDigests, fromFauxqs } from './fauxqs-message.ts';
import { createLongPoll } from './long-poll.ts';
import {
  entriesOf,
  failure,
  textOf,
  type AwsResponse,
  type AwsService,
} from '../aws-endpoint/protocol.ts';

/** SQS's longest poll. */
const MAX_WAIT_SECONDS = 20;

/** A message in a queue, as an onlooker sees it. */
export interface SeenMessage {
  readonly messageId: string;
  readonly body: string;
  readonly receiveCount: number;
  readonly attributes: JsonObject;
}

/** Everything that is in a queue, by what keeps a receiver from having it. */
export interface QueueContents {
  readonly ready: readonly SeenMessage[];
  readonly inFlight: readonly SeenMessage[];
  readonly delayed: readonly SeenMessage[];
}

/** The queues of a stack. */
export interface QueueService {
  readonly call: AwsService;
  /** Creates a queue; a redrive policy's target must exist already. */
  readonly createQueue: (queue: QueueModel) => Promise<void>;
  /** Looks into a queue without taking anything. */
  readonly inspect: (queueName: string) => Promise<QueueContents>;
  /** When the oldest message of a queue was sent, milliseconds since 1970; none when it is empty. */
  readonly oldest: (queueName: string) => Promise<number | undefined>;
  readonly stop: () => Promise<void>;
}

function namesIn(input: JsonObject, ...fields: readonly string[]): string[] {
  return fields.flatMap((field) => {
    const names = input[field];
    return Array.isArray(names) ? names.map(String) : [];
  });
}

function sentEntry({ Id, MessageId }: JsonObject, message: JsonObject): JsonObject {
  return { Id, MessageId, ...sentDigests(message) };
}

/** Sends what is right of a batch; adds what SQS refuses entry by entry. */
async function sendBatch(input: JsonObject, forward: AwsService): Promise<AwsResponse> {
  const failed: JsonObject[] = [];
  const good: JsonObject[] = [];
  for (const entry of entriesOf(input, 'Entries')) {
    const fault = messageError(entry);
    if (fault === undefined) good.push(entry);
    else
      failed.push({
        Id: entry['Id'],
        SenderFault: true,
        Code: 'InvalidParameterValue',
        Message: fault,
      });
  }
  if (good.length === 0 && failed.length > 0) {
    return { status: 200, body: { Successful: [], Failed: failed } };
  }
  const answer = await forward('SendMessageBatch', { ...input, Entries: good.map(toFauxqs) });
  if (answer.status !== 200) return answer;
  const sent = new Map(good.map((entry) => [entry['Id'], entry]));
  const successful = entriesOf(answer.body, 'Successful').map((entry) =>
    sentEntry(entry, sent.get(entry['Id']) ?? {}),
  );
  return {
    status: 200,
    body: { Successful: successful, Failed: [...entriesOf(answer.body, 'Failed'), ...failed] },
  };
}

async function send(input: JsonObject, forward: AwsService): Promise<AwsResponse> {
  const fault = messageError(input);
  if (fault !== undefined) return failure(400, 'com.amazonaws.sqs#InvalidParameterValue', fault);
  const answer = await forward('SendMessage', toFauxqs(input));
  return answer.status === 200
    ? { status: 200, body: { MessageId: answer.body['MessageId'], ...sentDigests(input) } }
    : answer;
}

async function receive(input: JsonObject, forward: AwsService): Promise<AwsResponse> {
  // Without names, fauxqs gives every attribute, the carrier's among them; SQS gives none.
  const { MessageAttributeNames: _, ...rest } = input;
  const answer = await forward('ReceiveMessage', rest);
  if (answer.status !== 200 || answer.body['Messages'] === undefined) return answer;
  const asked = {
    messageAttributes: namesIn(input, 'MessageAttributeNames'),
    systemAttributes: namesIn(input, 'MessageSystemAttributeNames', 'AttributeNames'),
  };
  const messages = entriesOf(answer.body, 'Messages').map((item) => fromFauxqs(item, asked));
  return { status: 200, body: { Messages: messages } };
}

/** Whether a receive needs no further waiting: it failed, or it got something. */
function isDone({ status, body }: AwsResponse): boolean {
  return status !== 200 || body['Messages'] !== undefined;
}

function parseObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  return objectOr(value);
}

function seen(stored: JsonObject): SeenMessage {
  const restored = fromFauxqs(
    { Body: stored['body'], MessageAttributes: stored['messageAttributes'] },
    { messageAttributes: ['All'], systemAttributes: [] },
  );
  return {
    messageId: String(stored['messageId']),
    body: String(restored['Body']),
    receiveCount: Number(stored['approximateReceiveCount']),
    attributes: objectOr(restored['MessageAttributes']),
  };
}

/** When the oldest message in fauxqs's view of a queue was sent, milliseconds since 1970. */
function oldestIn(view: unknown): number | undefined {
  const messages = objectOr(objectOr(view)['messages']);
  const stored = [
    ...entriesOf(messages, 'ready'),
    ...entriesOf(messages, 'delayed'),
    ...entriesOf(messages, 'inflight').map(({ message }) => objectOr(message)),
  ];
  let oldest: number | undefined;
  for (const { sentTimestamp } of stored) {
    if (typeof sentTimestamp === 'number') oldest = Math.min(oldest ?? Infinity, sentTimestamp);
  }
  return oldest;
}

/**
 * Starts the queues. They live in this process and listen nowhere: fauxqs's own server would
 * listen on every interface.
 */
export async function startQueueService(region: string): Promise<QueueService> {
  const app = buildApp({ logger: false, defaultRegion: region });
  // The view of 100,000 messages takes over a second to be written and read as JSON.
  app.addHook('preSerialization', async ({ query }, _reply, view) =>
    objectOr(query)['only'] === 'oldest' ? { oldest: oldestIn(view) } : view,
  );
  await app.ready();

  const viewOf = async (queueName: string, query = ''): Promise<JsonObject> => {
    const answer = await app.inject({ method: 'GET', url: `/_fauxqs/queues/${queueName}${query}` });
    return parseObject(answer.payload);
  };

  const forward: AwsService = async (operation, input) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${operation}`,
      },
      payload: JSON.stringify(input),
    });
    return { status: answer.statusCode, body: parseObject(answer.payload) };
  };

  const waits = new Map<string, number>();
  const longPoll = createLongPoll();

  /** Seconds that a receive may wait; a value that SQS refuses is left to fauxqs to refuse. */
  const waitOf = (input: JsonObject): number | undefined => {
    const name = textOf(input, 'QueueUrl')?.split('/').at(-1) ?? '';
    const wait = input['WaitTimeSeconds'] ?? waits.get(name) ?? 0;
    return typeof wait === 'number' && wait >= 0 && wait <= MAX_WAIT_SECONDS ? wait : undefined;
  };

  const receiveWaiting = (input: JsonObject): Promise<AwsResponse> => {
    const wait = waitOf(input);
    if (wait === undefined) return receive(input, forward);
    const look = (): Promise<AwsResponse> => receive({ ...input, WaitTimeSeconds: 0 }, forward);
    return longPoll.poll(look, isDone, wait);
  };

  const call: AwsService = async (operation, input) => {
    switch (operation) {
      case 'ReceiveMessage':
        return receiveWaiting(input);
      case 'SendMessage':
      case 'SendMessageBatch': {
        const sender = operation === 'SendMessage' ? send : sendBatch;
        const answer = await sender(input, forward);
        longPoll.wake();
        return answer;
      }
      default:
        return forward(operation, input);
    }
  };

  return {
    call,
    createQueue: async ({ name, attributes }) => {
      waits.set(name, integerOr(attributes['ReceiveMessageWaitTimeSeconds'], 0));
      const answer = await forward('CreateQueue', { QueueName: name, Attributes: attributes });
      if (answer.status !== 200)
        throw new Error(`The queue ${name} cannot be created: ${String(answer.body['message'])}`);
    },
    inspect: async (queueName) => {
      const messages = objectOr((await viewOf(queueName))['messages']);
      return {
        ready: entriesOf(messages, 'ready').map(seen),
        delayed: entriesOf(messages, 'delayed').map(seen),
        inFlight: entriesOf(messages, 'inflight').flatMap(({ message }) =>
          isJsonObject(message) ? [seen(message)] : [],
        ),
      };
    },
    oldest: async (queueName) => {
      const { oldest } = await viewOf(queueName, '?only=oldest');
      return typeof oldest === 'number' ? oldest : undefined;
    },
    stop: async () => {
      longPoll.stop();
      await app.close();
    },
  };
}
