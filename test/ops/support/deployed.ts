/**
 * A deployed stage on loopback: CloudFormation and CloudWatch answer from here, SQS, Secrets
 * Manager and DynamoDB are the local ones. Environment variables make the SDK of this process come here.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import * as v from 'valibot';

import { example } from '../../../config/example.ts';
import {
  API_OUTPUT,
  OPEN_INCIDENTS_OUTPUT,
  OUTPUTS,
  stackNameOf,
  TICK_OUTPUT,
} from '../../../config/outputs.ts';
import type { StageConfig } from '../../../config/stage.ts';
import { isJsonObject } from '../../../lambda/shared/json.ts';
import type { ServiceName } from '../../../local/aws-endpoint/aws-endpoint.ts';
import { listenOnLoopback, readBody } from '../../../local/http.ts';
import { createOpenIncidentsTable, OPEN_INCIDENTS_TABLE } from './open-incidents.ts';
import { querySchema, recorded, type Recording } from './recorded-metrics.ts';
import { startQueues, type TestQueues } from './queues.ts';
import { type AwsFault, describeStacks, escapeXml, snsResponse, xmlError } from './aws-xml.ts';

const SERVICES: Readonly<Record<string, ServiceName>> = {
  AmazonSQS: 'sqs',
  secretsmanager: 'secretsmanager',
  DynamoDB_20120810: 'dynamodb',
};

/** A subscription of an SNS topic. */
export interface Subscription {
  readonly protocol: string;
  readonly endpoint: string;
  /** `PendingConfirmation`, or an ARN once it is confirmed. */
  readonly arn: string;
}

/** A deployed stage for tests. */
export interface Deployed {
  readonly queues: TestQueues;
  /** Environment variables that make the SDK come here. */
  readonly env: Readonly<Record<string, string>>;
  /** The stage `example`, whose PagerDuty answers from here too: 202 to everything. */
  readonly stages: readonly StageConfig[];
  /** Makes an operation fail until it is cleared. */
  readonly faults: AwsFault[];
  /** Names of stacks that exist. */
  readonly stacks: Set<string>;
  /** Values that CloudWatch answers, by the ID of the query: the newest period first. */
  readonly metrics: Map<string, number[]>;
  /** What CloudWatch answers instead, if it is set. */
  readonly recording: { value: Recording | undefined };
  readonly alarms: Record<string, unknown>[];
  /** Subscriptions of the topic that alarms go to. */
  readonly subscriptions: Subscription[];
  /** Lines of each log group, by its name; a query's pattern must name a text in a line. */
  readonly logs: Map<string, string[]>;
  /** Status that the webhook answers. */
  readonly webhookStatus: { value: number };
  /** Requests to the webhook: the path, and the header with a token if there is one. */
  readonly posted: { readonly path: string; readonly authorization: string | undefined }[];
  /** Forgets faults, metrics and alarms. */
  readonly clear: () => void;
  /** Stops it, and gives the SDK its own environment variables back. */
  readonly stop: () => Promise<void>;
}

/** ID that API Gateway gives each request to the webhook. */
export const WEBHOOK_REQUEST_ID = 'request-of-webhook';

/**
 * Gives the SDK these environment variables instead of those of the shell that runs the tests.
 *
 * @returns a function that restores what was there
 */
function replaceSdkEnvironment(env: Readonly<Record<string, string>>): () => void {
  const { env: own } = process;
  const ofSdk = (): string[] => Object.keys(own).filter((name) => name.startsWith('AWS_'));
  const replace = (values: Readonly<Record<string, string | undefined>>): void => {
    for (const name of ofSdk()) delete own[name];
    Object.assign(own, values);
  };
  const before = Object.fromEntries(ofSdk().map((name) => [name, own[name]]));
  replace(env);
  return () => replace(before);
}

/** Starts it. */
export async function startDeployed(): Promise<Deployed> {
  const queues = await startQueues();
  const { gateway } = queues;
  await createOpenIncidentsTable(gateway);
  const faults: AwsFault[] = [];
  const stacks = new Set([stackNameOf('example')]);
  const metrics = new Map<string, number[]>();
  const alarms: Record<string, unknown>[] = [];
  const recording: Deployed['recording'] = { value: undefined };
  const subscriptions: Subscription[] = [];
  const logs = new Map<string, string[]>();
  const webhookStatus = { value: 202 };
  const posted: Deployed['posted'] = [];
  // Filled when the port is known: queues are where everything else is.
  const outputs: Record<string, string> = {};

  const answerSns = (operation: string, body: URLSearchParams): string => {
    if (operation === 'Subscribe') {
      const [protocol, endpoint] = [body.get('Protocol') ?? '', body.get('Endpoint') ?? ''];
      subscriptions.push({ protocol, endpoint, arn: 'PendingConfirmation' });
      return snsResponse(operation, '<SubscriptionArn>pending confirmation</SubscriptionArn>');
    }
    const members = subscriptions.map(
      ({ protocol, endpoint, arn }) =>
        `<member><Protocol>${protocol}</Protocol><Endpoint>${escapeXml(endpoint)}</Endpoint><SubscriptionArn>${arn}</SubscriptionArn></member>`,
    );
    return snsResponse(operation, `<Subscriptions>${members.join('')}</Subscriptions>`);
  };

  const answerQuery = (body: URLSearchParams, response: ServerResponse): void => {
    const operation = body.get('Action') ?? '';
    const stack = body.get('StackName') ?? '';
    const isOfSns = body.has('TopicArn');
    const fault =
      faults.find((one) => one.operation === operation) ??
      (isOfSns || stacks.has(stack)
        ? undefined
        : {
            operation,
            status: 400,
            code: 'ValidationError',
            message: `Stack with id ${stack} does not exist`,
          });
    response.writeHead(fault?.status ?? 200, { 'content-type': 'text/xml' });
    if (fault !== undefined) response.end(xmlError(fault));
    else response.end(isOfSns ? answerSns(operation, body) : describeStacks(stack, outputs));
  };

  const answerQueries = (input: unknown): unknown[] =>
    v.parse(querySchema, input).MetricDataQueries.map((query) => {
      const { Id, MetricStat } = query;
      const StatusCode = 'Complete';
      if (recording.value !== undefined) {
        const { Timestamps, Values } = recorded(recording.value, query);
        return { Id, StatusCode, Timestamps, Values };
      }
      const { Period } = MetricStat;
      const newest = Math.floor(Date.now() / (Period * 1_000)) * Period;
      const Values = metrics.get(Id) ?? [];
      return { Id, StatusCode, Values, Timestamps: Values.map((_, n) => newest - n * Period) };
    });

  const answerCloudWatch = (operation: string, body: Buffer, response: ServerResponse): void => {
    const fault = faults.find((one) => one.operation === operation);
    response.writeHead(fault?.status ?? 200, { 'content-type': 'application/x-amz-json-1.0' });
    const answer =
      operation === 'GetMetricData'
        ? { MetricDataResults: answerQueries(JSON.parse(body.toString('utf8'))) }
        : { MetricAlarms: alarms };
    response.end(
      JSON.stringify(fault === undefined ? answer : { __type: fault.code, message: fault.message }),
    );
  };

  const answerLogs = (body: Buffer, response: ServerResponse): void => {
    const input: unknown = JSON.parse(body.toString('utf8'));
    const { logGroupName, filterPattern } = isJsonObject(input) ? input : {};
    const ids = [...String(filterPattern).matchAll(/\?"([^"]+)"/g)].map(([, id = '']) => id);
    const fault = faults.find((one) => one.operation === 'FilterLogEvents');
    if (fault !== undefined) {
      response.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: fault.code, message: fault.message }));
      return;
    }
    const lines = (logs.get(String(logGroupName)) ?? []).filter((line) =>
      ids.some((id) => line.includes(id)),
    );
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ events: lines.map((message) => ({ message })) }));
  };

  const forward = async (target: string, body: Buffer, response: ServerResponse): Promise<void> => {
    const [prefix = '', operation = ''] = target.split('.');
    const input: unknown = JSON.parse(body.toString('utf8'));
    const answer = await gateway.call(
      { name: 'operator' },
      SERVICES[prefix] ?? 'sqs',
      operation,
      isJsonObject(input) ? input : {},
    );
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer.body));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await readBody(request, 10_000_000)) ?? Buffer.of();
    const target = String(request.headers['x-amz-target'] ?? '');
    const operation = target.split('.').at(-1) ?? '';
    if (request.url?.startsWith('/webhook/') === true) {
      posted.push({ path: request.url, authorization: request.headers.authorization });
      const headers = { 'apigw-requestid': WEBHOOK_REQUEST_ID };
      response
        .writeHead(webhookStatus.value, headers)
        .end('{"status":"accepted","id":"message-1"}');
    } else if (request.url === '/v2/enqueue') {
      response.writeHead(202).end('{"status":"success"}');
    } else if (target === '') answerQuery(new URLSearchParams(body.toString('utf8')), response);
    else if (target.startsWith('GraniteService')) answerCloudWatch(operation, body, response);
    else if (target.startsWith('Logs_')) answerLogs(body, response);
    else await forward(target, body, response);
  };

  const server = await listenOnLoopback(
    createServer((request, response) => {
      handle(request, response).catch(() => response.destroy());
    }),
    0,
  );
  const here = (url: string): string => server.url + new URL(url).pathname;
  Object.assign(outputs, {
    [OUTPUTS.webhookUrl]: `${server.url}/webhook`,
    [OUTPUTS.webhookTokenSecretArn]: gateway.secrets.describe('token').arn,
    [OUTPUTS.integrationKeysSecretArn]: gateway.secrets.describe('keys').arn,
    [OUTPUTS.eventsQueueUrl]: here(queues.events.url),
    [OUTPUTS.deadLetterQueueUrl]: here(queues.deadLetters.url),
    [OUTPUTS.alarmTopicArn]: 'arn:aws:sns:us-east-1:111122223333:alarms',
    [OUTPUTS.ingestLogGroupName]: 'ingest-log',
    [OUTPUTS.deliveryLogGroupName]: 'delivery-log',
    [TICK_OUTPUT]: 'ticks',
    [OPEN_INCIDENTS_OUTPUT]: OPEN_INCIDENTS_TABLE,
    [API_OUTPUT]: 'api',
  });
  const { accessKeyId, secretAccessKey } = gateway.register({ name: 'operator-on-aws' });
  const env = {
    AWS_ENDPOINT_URL: server.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  const restoreEnvironment = replaceSdkEnvironment(env);
  return {
    queues,
    env,
    stages: [{ ...example, pagerDutyUrl: server.url }],
    faults,
    stacks,
    metrics,
    recording,
    alarms,
    subscriptions,
    logs,
    webhookStatus,
    posted,
    clear: () => {
      posted.length = 0;
      faults.length = 0;
      alarms.length = 0;
      subscriptions.length = 0;
      metrics.clear();
      recording.value = undefined;
      logs.clear();
      gateway.faults.clear();
    },
    stop: async () => {
      restoreEnvironment();
      await server.stop();
      await queues.stop();
    },
  };
}
