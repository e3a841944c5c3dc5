/** Two real queues on loopback, and dead letters to put into them. */

import { createServer } from 'node:http';

import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

import { OUTPUTS } from '../../../config/outputs.ts';
import { DEAD_LETTER_ATTRIBUTES, writeEventMessage } from '../../../lambda/shared/message.ts';
import { routeTable } from '../../../lambda/shared/routes.ts';
import { startAwsEndpoint, type AwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint.ts';
import { listenOnLoopback } from '../../../local/http.ts';
import type { AwsCall } from '../../../ops/aws/calls.ts';
import { sqsClient } from '../../../ops/aws/clients.ts';
import { messageQueue, type MessageQueue, type OutgoingMessage } from '../../../ops/aws/queue.ts';

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';

/** Routes of the tests: everything goes to `platform`. */
export const ROUTES = routeTable([{ environment: '*', service: 'platform' }]);

/** What a replay adds to a body. */
export const REPLAY_MARK = ',"replayed":true';

/** Queues of a test, with nothing that delivers. */
export interface TestQueues {
  readonly gateway: AwsEndpoint;
  readonly events: MessageQueue;
  readonly deadLetters: MessageQueue;
  readonly routes: typeof ROUTES;
  /** Calls to AWS since the start. */
  readonly calls: readonly AwsCall[];
  /** Bodies in a queue, without the mark of a replay, whatever keeps a receiver from having them. */
  readonly bodies: (queue: 'events' | 'deadLetters') => Promise<readonly string[]>;
  /** Number of messages in flight. */
  readonly inFlight: (queue: 'events' | 'deadLetters') => Promise<number>;
  /** URL at which this answers as a local bridge does, for commands. */
  readonly bridgeUrl: string;
  readonly stop: () => Promise<void>;
}

/** Starts them. */
export async function startQueues(): Promise<TestQueues> {
  const gateway = await startAwsEndpoint({ region: REGION });
  const credentials = gateway.register({ name: 'operator' });
  const urlOf = (name: string): string => `${gateway.url}/${ACCOUNT}/${name}`;
  for (const name of ['events', 'deadLetters']) {
    await gateway.queues.createQueue({
      logicalId: name,
      name,
      url: urlOf(name),
      arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
      attributes: { VisibilityTimeout: '60' },
    });
  }
  const secretArn = (name: string): string =>
    `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-abcdef`;
  gateway.secrets.create(secretArn('keys'), 'keys', '{}');
  gateway.secrets.create(secretArn('token'), 'token', 'T'.repeat(43));
  const calls: AwsCall[] = [];
  const sqs = sqsClient({
    region: REGION,
    endpoint: gateway.url,
    credentials,
    onCall: (call) => calls.push(call),
  });
  const stack = {
    stage: 'local',
    region: REGION,
    stackName: 'glasnostic-pagerduty-local',
    outputs: {
      [OUTPUTS.webhookUrl]: 'http://127.0.0.1:9/webhook',
      [OUTPUTS.webhookTokenSecretArn]: secretArn('token'),
      [OUTPUTS.integrationKeysSecretArn]: secretArn('keys'),
      [OUTPUTS.eventsQueueUrl]: urlOf('events'),
      [OUTPUTS.deadLetterQueueUrl]: urlOf('deadLetters'),
      [OUTPUTS.ingestLogGroupName]: 'ingest-log',
      [OUTPUTS.deliveryLogGroupName]: 'delivery-log',
    },
    endpoints: {
      sqs: gateway.url,
      secretsManager: gateway.url,
      pagerDuty: 'http://127.0.0.1:9',
    },
    credentials,
  };
  const bridge = await listenOnLoopback(
    createServer((_, response) => response.end(JSON.stringify(stack))),
    0,
  );
  return {
    gateway,
    events: messageQueue(sqs, urlOf('events'), true),
    deadLetters: messageQueue(sqs, urlOf('deadLetters'), true),
    routes: ROUTES,
    calls,
    bodies: async (queue) => {
      const { ready, inFlight, delayed } = await gateway.queues.inspect(queue);
      return [...ready, ...inFlight, ...delayed]
        .map(({ body }) => body.replace(REPLAY_MARK, ''))
        .toSorted();
    },
    inFlight: async (queue) => (await gateway.queues.inspect(queue)).inFlight.length,
    bridgeUrl: bridge.url,
    stop: async () => {
      await bridge.stop();
      await gateway.stop();
    },
  };
}

/** Fields in which a test's dead letter differs from the others. */
export interface DeadLetterInput {
  readonly view?: string;
  readonly environment?: string;
  readonly service?: string;
  readonly reason?: string;
  /** When the event happened and was received, milliseconds since 1970. */
  readonly at?: number;
  /** When it became a dead letter, milliseconds since 1970. */
  readonly failedAt?: number;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>>;
}

/** A moment that all tests share. */
export const NOON = Date.parse('2026-08-28T12:00:00Z');

function text(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: value };
}

/** Makes a dead letter as the delivery function writes them. The number makes its body different. */
export function deadLetterMessage(number: number, input: DeadLetterInput = {}): OutgoingMessage {
  const { view = '4', environment = 'env', service = 'platform', reason = 'rejected' } = input;
  const at = new Date(input.at ?? NOON).toISOString();
  const event = {
    type: 'EVENT',
    time: at,
    environment: { id: environment, name: 'Online Boutique' },
    event: {
      domain: 'VIEWS',
      content: { metric: 'requests', threshold: 30, unit: 'r/s', value: 42, number },
      view: { id: view, name: `View ${view}` },
    },
  };
  return {
    body: writeEventMessage(
      { receivedAt: at, requestId: `request-${number}` },
      JSON.stringify(event),
    ),
    groupId: service,
    attributes: input.attributes ?? {
      [DEAD_LETTER_ATTRIBUTES.reason]: text(reason),
      [DEAD_LETTER_ATTRIBUTES.detail]: text(`Refused for reason ${number}`),
      [DEAD_LETTER_ATTRIBUTES.httpStatus]: { DataType: 'Number', StringValue: '400' },
      [DEAD_LETTER_ATTRIBUTES.receiveCount]: { DataType: 'Number', StringValue: '1' },
      [DEAD_LETTER_ATTRIBUTES.failedAt]: text(
        new Date(input.failedAt ?? input.at ?? NOON).toISOString(),
      ),
      [DEAD_LETTER_ATTRIBUTES.originalMessageId]: text(`original-${number}`),
    },
  };
}

/** Puts so many dead letters into the queue; resolves to their bodies. */
export async function addDeadLetters(
  queues: TestQueues,
  count: number,
  input: (number: number) => DeadLetterInput = () => ({}),
): Promise<readonly string[]> {
  const messages = Array.from({ length: count }, (_, number) =>
    deadLetterMessage(number, input(number)),
  );
  const failures = await queues.deadLetters.send(messages);
  if (failures.size > 0) throw new Error(`${failures.size} dead letters could not be sent.`);
  return messages.map(({ body }) => body).toSorted();
}
