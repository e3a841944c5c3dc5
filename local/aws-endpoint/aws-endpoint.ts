/**
 * The AWS endpoint of this machine: one server on loopback for SQS, Secrets Manager and DynamoDB. It identifies
 * the caller by the access key ID, checks the caller's permissions, applies faults, and calls the
 * service. It does not check signatures, because only this machine can connect to it.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { createTableService, type TableService } from '../dynamodb/table-service.ts';
import { listenOnLoopback, parseJson, readBody } from '../http.ts';
import { accessDenied, actionOf, type Authorizer, type Caller } from '../iam/authorization.ts';
import { createRecent, type Recent } from '../recent.ts';
import { secretsManager } from '../secrets-manager/operations.ts';
import { createSecretStore, type SecretStore } from '../secrets-manager/store.ts';
import { startQueueService, type QueueService } from '../sqs/queue-service.ts';
import { LOCAL_ACCOUNT, LOCAL_PARTITION } from '../stack/physical.ts';
import { createFaults, type FaultEffect, type Faults } from './faults.ts';
import {
  entriesOf,
  failure,
  success,
  textOf,
  type AwsResponse,
  type AwsService,
} from './protocol.ts';

/** Credentials of a caller. They are worth nothing outside of this machine. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The AWS endpoint of this machine. */
export interface AwsEndpoint {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  /** Makes credentials for a caller. The same name again replaces the first. */
  readonly register: (caller: Caller) => Credentials;
  /** A call from within the process, with the same steps: permission, faults, service. */
  readonly call: (
    caller: Caller,
    service: ServiceName,
    operation: string,
    input: JsonObject,
  ) => Promise<AwsResponse>;
  /** Number of calls by `<caller> <operation>`, such as `ingest sqs:SendMessage`. */
  readonly callCounts: () => Readonly<Record<string, number>>;
  /** Calls the watcher with each call that a service answered. @returns a function that ends it */
  readonly watch: Recent<AnsweredCall>['watch'];
  readonly faults: Faults;
  readonly queues: QueueService;
  readonly secrets: SecretStore;
  readonly tables: TableService;
  readonly stop: () => Promise<void>;
}

/** A call that a service answered, even if the answer was lost afterwards. */
export interface AnsweredCall {
  /** Name of the caller. */
  readonly caller: string;
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: JsonObject;
  readonly answer: AwsResponse;
}

/** The services of the endpoint, by their prefix in IAM. */
export type ServiceName = 'sqs' | 'secretsmanager' | 'dynamodb';

/** Thrown by a call to make the server break the connection. */
class ConnectionBroken extends Error {}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html: 1 MiB, and JSON around it. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;

const TARGETS: Readonly<Record<string, ServiceName>> = {
  AmazonSQS: 'sqs',
  secretsmanager: 'secretsmanager',
  DynamoDB_20120810: 'dynamodb',
};

function resourceOf(service: ServiceName, input: JsonObject, region: string): string {
  if (service === 'secretsmanager') return textOf(input, 'SecretId') ?? '*';
  if (service === 'dynamodb') {
    const table = textOf(input, 'TableName')?.split(':table/').at(-1);
    return table === undefined
      ? '*'
      : `arn:${LOCAL_PARTITION}:dynamodb:${region}:${LOCAL_ACCOUNT}:table/${table}`;
  }
  const name = textOf(input, 'QueueUrl')?.split('/').at(-1) ?? textOf(input, 'QueueName');
  return name === undefined ? '*' : `arn:${LOCAL_PARTITION}:sqs:${region}:${LOCAL_ACCOUNT}:${name}`;
}

/** Refuses a share of a batch's entries, and passes the others to the service. */
async function answerPartly(
  service: AwsService,
  operation: string,
  input: JsonObject,
  fraction: number,
): Promise<AwsResponse> {
  const entries = entriesOf(input, 'Entries');
  const refused = entries.slice(0, Math.ceil(entries.length * fraction));
  const rest = entries.slice(refused.length);
  const failed = refused.map(({ Id }) => ({
    Id,
    SenderFault: false,
    Code: 'InternalError',
    Message: 'We encountered an internal error. Please try again.',
  }));
  if (rest.length === 0) return success({ Successful: [], Failed: failed });
  const answer = await service(operation, { ...input, Entries: rest });
  if (answer.status !== 200) return answer;
  return success({ ...answer.body, Failed: [...entriesOf(answer.body, 'Failed'), ...failed] });
}

async function answerWith(
  effect: FaultEffect,
  service: AwsService,
  operation: string,
  input: JsonObject,
): Promise<AwsResponse> {
  switch (effect.kind) {
    case 'respond':
      return failure(effect.status, effect.code, `A fault of the local bridge: ${effect.code}.`);
    case 'partial':
      return answerPartly(service, operation, input, effect.fraction);
    case 'reset':
      throw new ConnectionBroken('The connection was reset on purpose.');
    case 'lose-answer':
      await service(operation, input);
      throw new ConnectionBroken('The answer was lost on purpose.');
    case 'hang':
      return new Promise(() => {});
    case 'delay':
      await wait(effect.milliseconds);
      return service(operation, input);
  }
}

function send(response: ServerResponse, contentType: string, { status, body }: AwsResponse): void {
  const text = JSON.stringify(body);
  const type = body['__type'];
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': randomUUID(),
    ...(typeof type === 'string' ? { 'x-amzn-errortype': type } : {}),
  });
  response.end(text);
}

function accessKeyOf(request: IncomingMessage): string {
  return /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

/**
 * Starts the AWS endpoint.
 *
 * @param options.authorize checks each call; @default every call is allowed
 */
export async function startAwsEndpoint(options: {
  readonly region: string;
  readonly authorize?: Authorizer;
}): Promise<AwsEndpoint> {
  const { region, authorize = () => undefined } = options;
  const queues = await startQueueService(region);
  const secrets = createSecretStore();
  const tables = createTableService();
  const services: Readonly<Record<ServiceName, AwsService>> = {
    sqs: queues.call,
    secretsmanager: secretsManager(secrets),
    dynamodb: tables.call,
  };
  const faults = createFaults();
  const callers = new Map<string, Caller>();
  const counts = new Map<string, number>();
  const answered = createRecent<AnsweredCall>(0);

  const call: AwsEndpoint['call'] = async (caller, service, operation, input) => {
    const counted = `${caller.name} ${service}:${operation}`;
    counts.set(counted, (counts.get(counted) ?? 0) + 1);
    const action = actionOf(service, operation);
    const request = { caller, action, resourceArn: resourceOf(service, input, region) };
    const refusal = authorize(request);
    if (refusal !== undefined) return accessDenied(request, refusal);
    const effect = faults.take(caller.name, `${service}:${operation}`);
    const watched: AwsService = async (name, given) => {
      const result = await services[service](name, given);
      answered.add({ caller: caller.name, service, operation: name, input: given, answer: result });
      return result;
    };
    return effect === undefined
      ? watched(operation, input)
      : answerWith(effect, watched, operation, input);
  };

  const answer = async (request: IncomingMessage): Promise<AwsResponse> => {
    const input = parseJson(await readBody(request, MAX_REQUEST_BYTES));
    const caller = callers.get(accessKeyOf(request));
    if (caller === undefined) {
      const message = 'The security token included in the request is invalid.';
      return failure(403, 'UnrecognizedClientException', message);
    }
    const target = String(request.headers['x-amz-target']);
    const [prefix = '', operation = ''] = target.split('.');
    const service = TARGETS[prefix];
    if (service === undefined || !isJsonObject(input)) {
      return failure(400, 'UnknownOperationException', `The local bridge does not know ${target}.`);
    }
    return call(caller, service, operation, input);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const contentType = request.headers['content-type'] ?? 'application/x-amz-json-1.0';
    try {
      send(response, contentType, await answer(request));
    } catch (error) {
      if (error instanceof ConnectionBroken) request.socket.destroy();
      else send(response, contentType, failure(500, 'InternalFailure', String(error)));
    }
  };

  const server = createServer((request, response) => {
    void handle(request, response);
  });
  // Idle connections stay open, so that no client reuses a connection that is just being closed.
  server.keepAliveTimeout = 0;
  const listening = await listenOnLoopback(server, 0);

  return {
    url: listening.url,
    register: (caller) => {
      const accessKeyId = `LOCAL${randomBytes(8).toString('hex').toUpperCase().slice(0, 15)}`;
      for (const [id, known] of callers) if (known.name === caller.name) callers.delete(id);
      callers.set(accessKeyId, caller);
      return { accessKeyId, secretAccessKey: randomBytes(20).toString('hex') };
    },
    call,
    callCounts: () => Object.fromEntries(counts),
    watch: answered.watch,
    faults,
    queues,
    secrets,
    tables,
    stop: async () => {
      await Promise.all([listening.stop(), queues.stop()]);
    },
  };
}
