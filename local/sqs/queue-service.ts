/** SQS on this machine: fauxqs, with corrections so that it answers as SQS does. */

import { buildApp } from 'fauxqs';
import type { JsonObject } from '../../lambda/shared/json.ts';
import {
  entriesOf,
  failure,
  queueNameIn,
  success,
  type AwsResponse,
  type AwsService,
} from '../aws-endpoint/protocol.ts';
import type { QueueModel } from '../stack/model.ts';
import { objectOr } from '../stack/template.ts';
import { integerOr } from '../stack/values.ts';
import { fromFauxqs, messageError, sentAnswer, toFauxqs } from './fauxqs-message.ts';
import {
  countsIn,
  type MessageCounts,
  type QueueDepth,
  nextVisibleIn,
  oldestIn,
  purgeableIn,
  storedIn,
} from './fauxqs-view.ts';
import { createLongPoll } from './long-poll.ts';
import { countPurges } from './purges.ts';

/** SQS's longest poll, seconds. */
const MAX_WAIT_SECONDS = 20;

/** A message in a queue. */
export interface SeenMessage {
  readonly messageId: string;
  readonly body: string;
  readonly receiveCount: number;
  /** When it was sent, milliseconds since 1970. */
  readonly sentAt: number;
  readonly attributes: JsonObject;
}

/** All messages in a queue, by state. */
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
  /** Reads a queue's messages without receiving them. */
  readonly inspect: (queueName: string) => Promise<QueueContents>;
  /** Counts a queue's messages by state: the ticks apart from all others. */
  readonly count: (queueName: string) => Promise<MessageCounts>;
  /**
   * When a queue's oldest message was sent, milliseconds since 1970; `undefined` when there is none.
   * Ticks do not count.
   *
   * @param except IDs of messages that do not count
   */
  readonly oldest: (queueName: string, except?: ReadonlySet<string>) => Promise<number | undefined>;
  /**
   * When the first of the messages that are not visible becomes visible, milliseconds since 1970;
   * `undefined` when all are visible. Ticks do not count.
   *
   * @param except IDs of messages that do not count
   */
  readonly nextVisible: (
    queueName: string,
    except: ReadonlySet<string>,
  ) => Promise<number | undefined>;
  /** Messages that purges removed from a queue, without ticks. */
  readonly purged: (queueName: string) => number;
  readonly stop: () => Promise<void>;
}

function namesIn(input: JsonObject, ...fields: readonly string[]): string[] {
  return fields.flatMap((field) => {
    const names = input[field];
    return Array.isArray(names) ? names.map(String) : [];
  });
}

/** Sends the valid entries of a batch; adds the entries that SQS refuses to the answer. */
async function sendBatch(input: JsonObject, fauxqs: AwsService): Promise<AwsResponse> {
  const valid = new Map<unknown, JsonObject>();
  const failed: JsonObject[] = [];
  for (const entry of entriesOf(input, 'Entries')) {
    const { Id } = entry;
    const Message = messageError(entry);
    if (Message === undefined) valid.set(Id, entry);
    else failed.push({ Id, SenderFault: true, Code: 'InvalidParameterValue', Message });
  }
  if (valid.size === 0 && failed.length > 0) return success({ Successful: [], Failed: failed });
  const entries = [...valid.values()].map(toFauxqs);
  const answer = await fauxqs('SendMessageBatch', { ...input, Entries: entries });
  if (answer.status !== 200) return answer;
  const successful = entriesOf(answer.body, 'Successful').map(({ Id, MessageId }) =>
    sentAnswer({ Id, MessageId }, valid.get(Id) ?? {}),
  );
  const refused = [...entriesOf(answer.body, 'Failed'), ...failed];
  return success({ Successful: successful, Failed: refused });
}

async function send(input: JsonObject, fauxqs: AwsService): Promise<AwsResponse> {
  const error = messageError(input);
  if (error !== undefined) return failure(400, 'com.amazonaws.sqs#InvalidParameterValue', error);
  const answer = await fauxqs('SendMessage', toFauxqs(input));
  return answer.status === 200
    ? success(sentAnswer({ MessageId: answer.body['MessageId'] }, input))
    : answer;
}

async function receive(input: JsonObject, fauxqs: AwsService): Promise<AwsResponse> {
  // Without names, fauxqs returns every attribute, including its own carrier; SQS returns none.
  const { MessageAttributeNames: _, ...rest } = input;
  const answer = await fauxqs('ReceiveMessage', rest);
  if (answer.status !== 200 || answer.body['Messages'] === undefined) return answer;
  const requested = {
    messageAttributes: namesIn(input, 'MessageAttributeNames'),
    systemAttributes: namesIn(input, 'MessageSystemAttributeNames', 'AttributeNames'),
  };
  const messages = entriesOf(answer.body, 'Messages').map((item) => fromFauxqs(item, requested));
  return success({ Messages: messages });
}

/** A receive that failed or returned messages needs no further waiting. */
function isDone({ status, body }: AwsResponse): boolean {
  return status !== 200 || body['Messages'] !== undefined;
}

function depthIn(value: unknown): QueueDepth {
  const { ready, inFlight, delayed } = objectOr(value);
  return { ready: Number(ready), inFlight: Number(inFlight), delayed: Number(delayed) };
}

function parseObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  return objectOr(value);
}

function seen(stored: JsonObject): SeenMessage {
  const message = fromFauxqs(
    { Body: stored['body'], MessageAttributes: stored['messageAttributes'] },
    { messageAttributes: ['All'], systemAttributes: [] },
  );
  return {
    messageId: String(stored['messageId']),
    body: String(message['Body']),
    receiveCount: Number(stored['approximateReceiveCount']),
    sentAt: Number(stored['sentTimestamp']),
    attributes: objectOr(message['MessageAttributes']),
  };
}

/**
 * Starts the queues. They are in this process and have no port: fauxqs's own server would listen on
 * every interface.
 */
export async function startQueueService(region: string): Promise<QueueService> {
  const app = buildApp({ logger: false, defaultRegion: region });
  // The view of 100,000 messages takes more than a second to be written and parsed as JSON.
  app.addHook('preSerialization', async ({ query }, _reply, view) => {
    const { only, except = '' } = objectOr(query);
    if (only === 'counts') return countsIn(view);
    if (only === 'purgeable') return purgeableIn(view);
    const ignored = new Set(String(except).split(','));
    if (only === 'oldest') return { at: oldestIn(view, ignored) };
    return only === 'next' ? { at: nextVisibleIn(view, ignored) } : view;
  });
  await app.ready();

  const viewOf = async (queueName: string, query = ''): Promise<JsonObject> => {
    const answer = await app.inject({ method: 'GET', url: `/_fauxqs/queues/${queueName}${query}` });
    return parseObject(answer.payload);
  };

  const timeOf = async (
    only: 'oldest' | 'next',
    queueName: string,
    except: ReadonlySet<string>,
  ): Promise<number | undefined> => {
    const { at } = await viewOf(queueName, `?only=${only}&except=${[...except].join(',')}`);
    return typeof at === 'number' ? at : undefined;
  };

  const inject: AwsService = async (operation, input) => {
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
  const { call: fauxqs, purged } = countPurges(inject, async (queueName) => {
    const { messages = 0, receiptHandles } = await viewOf(queueName, '?only=purgeable');
    return {
      messages: Number(messages),
      receiptHandles: Array.isArray(receiptHandles) ? receiptHandles.map(String) : [],
    };
  });

  /** `ReceiveMessageWaitTimeSeconds` by queue. */
  const waits = new Map<string, number>();
  const longPoll = createLongPoll();

  const receiveWaiting = (input: JsonObject): Promise<AwsResponse> => {
    const wait = input['WaitTimeSeconds'] ?? waits.get(queueNameIn(input)) ?? 0;
    const isValid = typeof wait === 'number' && wait >= 0 && wait <= MAX_WAIT_SECONDS;
    // fauxqs refuses an invalid value.
    if (!isValid) return receive(input, fauxqs);
    return longPoll.poll(() => receive({ ...input, WaitTimeSeconds: 0 }, fauxqs), isDone, wait);
  };

  const call: AwsService = async (operation, input) => {
    switch (operation) {
      case 'ReceiveMessage':
        return receiveWaiting(input);
      case 'SendMessage':
      case 'SendMessageBatch': {
        const answer = await (operation === 'SendMessage' ? send : sendBatch)(input, fauxqs);
        longPoll.wake();
        return answer;
      }
      default:
        return fauxqs(operation, input);
    }
  };

  return {
    call,
    createQueue: async ({ name, attributes }) => {
      waits.set(name, integerOr(attributes['ReceiveMessageWaitTimeSeconds'], 0));
      const answer = await fauxqs('CreateQueue', { QueueName: name, Attributes: attributes });
      if (answer.status !== 200)
        throw new Error(`The queue ${name} cannot be created: ${String(answer.body['message'])}`);
    },
    inspect: async (queueName) => {
      const { ready, inFlight, delayed } = storedIn(await viewOf(queueName));
      return {
        ready: ready.map(seen),
        inFlight: inFlight.map(seen),
        delayed: delayed.map(seen),
      };
    },
    count: async (queueName) => {
      const { events, ticks } = await viewOf(queueName, '?only=counts');
      return { events: depthIn(events), ticks: depthIn(ticks) };
    },
    oldest: (queueName, except = new Set()) => timeOf('oldest', queueName, except),
    nextVisible: (queueName, except) => timeOf('next', queueName, except),
    purged,
    stop: async () => {
      longPoll.stop();
      await app.close();
    },
  };
}
