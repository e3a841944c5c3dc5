/**
 * The local bridge: the stack of a stage, run on this machine from its synthesised template. Used by
 * `npm start`, by the drill, by benches and by tests.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { local } from '../config/local.ts';
import { OUTPUTS } from '../config/outputs.ts';
import { ENV } from '../lambda/shared/environment.ts';
import { apiGateway } from './api-gateway/http-api.ts';
import {
  startAwsEndpoint,
  type AwsEndpoint,
  type Credentials,
} from './aws-endpoint/aws-endpoint.ts';
import { permissionsOf, type Permissions } from './iam/permissions.ts';
import { readStackPolicies } from './iam/stack-policies.ts';
import type { QueueContents } from './sqs/queue-service.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { startConsole } from './console/console.ts';
import { checkEventSource } from './lambda/event-source-check.ts';
import { startEventSourceMapping, type EventSourceMapping } from './lambda/event-source-mapping.ts';
import { functionEnvironment } from './lambda/environment.ts';
import { createJournal, type Journal } from './lambda/journal.ts';
import { createPool, type FunctionPool } from './lambda/pool.ts';
import { bridgeApi } from './bridge-api.ts';
import { listenOnLoopback } from './http.ts';
import { startStandIn, type StandIn } from './pagerduty/stand-in.ts';
import { findParts, maxInstances, need, type QueueRole } from './parts.ts';
import { fillSecrets, serviceOfKey } from './secrets-manager/initial-values.ts';
import type { QueueModel, StackModel } from './stack/model.ts';
import { DEFAULT_REGION } from './stack/physical.ts';
import { readStackModel } from './stack/read-model.ts';
import { synthesise } from './stack/synthesis.ts';
import { readStackTemplate } from './stack/template.ts';

export type { BridgeOptions } from './bridge-options.ts';
export type { QueueRole } from './parts.ts';

/** A running local bridge. */
export interface Bridge {
  /** Name of the stage. */
  readonly stage: string;
  /** Base URL of the webhook and the API, without a slash at the end. */
  readonly url: string;
  /** URL to post events to, with the token in it. */
  readonly webhookUrl: string;
  /** What the template holds, with every value as it is on this machine. */
  readonly model: StackModel;
  /** The AWS endpoint: faults, secrets, queues. */
  readonly aws: AwsEndpoint;
  /** What the functions' roles may do at the AWS endpoint, and did. */
  readonly permissions: Permissions;
  /** Credentials of the operator, for the AWS endpoint. */
  readonly operator: Credentials;
  readonly queue: (role: QueueRole) => QueueModel;
  /** Looks into a queue without taking anything. */
  readonly inspect: (role: QueueRole) => Promise<QueueContents>;
  /** The processes of the ingest function. */
  readonly ingest: FunctionPool;
  /** The processes of the delivery function. */
  readonly delivery: FunctionPool;
  /** What feeds the delivery function. */
  readonly mapping: EventSourceMapping;
  /** Log lines of the functions, and the sums of their metrics. */
  readonly journal: Journal;
  /** Base URL of the PagerDuty that events go to. */
  readonly pagerDutyUrl: string;
  /** Absent when events go to another PagerDuty. */
  readonly standIn: StandIn | undefined;
  /** Stops everything and leaves no process and no file behind. May be called more than once. */
  readonly stop: () => Promise<void>;
}

type Cleanup = () => Promise<unknown> | void;

/** Starts a stage's stack on this machine. Stops what it had started when it fails. */
export async function startBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const cleanups: Cleanup[] = [];
  const stopAll = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  };
  try {
    return await assemble(options, cleanups, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Answers whoever comes before the bridge is up. */
function answerStarting(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '1' }).end();
}

/** The webhook's URL on this machine, even when the stage has a domain of its own. */
function webhookUrlOf({ outputs }: StackModel, url: string, token: string): string {
  const { pathname } = new URL(need(outputs[OUTPUTS.webhookUrl], `output ${OUTPUTS.webhookUrl}`));
  return `${url}${pathname}/${token}`;
}

async function findAssembly(options: BridgeOptions, cleanups: Cleanup[]) {
  if (options.assembly !== undefined) return options.assembly;
  const directory = await mkdtemp(join(tmpdir(), 'local-bridge-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  return synthesise(options.stage ?? local, directory);
}

async function assemble(
  options: BridgeOptions,
  cleanups: Cleanup[],
  stop: () => Promise<void>,
): Promise<Bridge> {
  const { stage = local, onProgress = () => {} } = options;
  const region = stage.region ?? DEFAULT_REGION;

  // The port first: a port that is taken should not cost the time of a synthesis.
  const server = createServer(answerStarting);
  const listening = await listenOnLoopback(server, options.port ?? 0);
  cleanups.push(listening.stop);

  onProgress(`Synthesising the stage ${stage.name}`);
  // The template names the endpoint's URL, so permissions come after it, and before any caller.
  let permissions: Permissions | undefined;
  const [aws, assembly] = await Promise.all([
    startAwsEndpoint({ region, authorize: (request) => permissions?.authorize(request) }),
    findAssembly(options, cleanups),
  ]);
  cleanups.push(aws.stop);
  const place = { region, awsUrl: aws.url, apiUrl: listening.url };
  const template = readStackTemplate(assembly);
  const model = readStackModel(template, place);
  const parts = findParts(model);
  const roles = model.functions.map(({ roleArn }) => roleArn);
  permissions = permissionsOf(readStackPolicies(template, place, roles));

  onProgress('Starting queues, secrets and functions');
  // A redrive policy's target must exist before the queue that names it.
  for (const queue of model.queues.toSorted((one) => (one.deadLetterArn === undefined ? -1 : 1))) {
    await aws.queues.createQueue(queue);
  }
  const secrets = fillSecrets(model, aws.secrets, options);
  const standIn =
    options.pagerDutyUrl === undefined
      ? await startStandIn({
          serviceOf: serviceOfKey(aws.secrets, secrets.keysArn),
          ...options.standIn,
        })
      : undefined;
  if (standIn !== undefined) cleanups.push(standIn.stop);
  const pagerDutyUrl = standIn?.url ?? options.pagerDutyUrl ?? '';

  const journal = createJournal();
  const pools = new Map(
    model.functions.map((fn) => {
      const credentials = aws.register({ name: fn.name, roleArn: fn.roleArn });
      const pool = createPool({
        fn,
        maxInstances: maxInstances(fn, model),
        environment: functionEnvironment(fn, {
          region,
          awsUrl: aws.url,
          credentials,
          path: process.env['PATH'] ?? '',
          overrides: { [ENV.pagerDutyUrl]: pagerDutyUrl },
        }),
        onLine: (line) => {
          journal.write(fn.name, line);
        },
      });
      return [fn.name, pool] as const;
    }),
  );
  const ingest = need(pools.get(parts.ingestName), 'ingest function');
  const delivery = need(pools.get(parts.deliveryName), 'delivery function');
  const eventSource = {
    mapping: parts.mapping,
    queue: parts.events,
    pool: delivery,
    aws,
    caller: { name: delivery.fn.name, roleArn: delivery.fn.roleArn },
  };
  await checkEventSource(eventSource, permissions.check);
  const mapping = startEventSourceMapping(eventSource);
  cleanups.push(async () => {
    await Promise.all([mapping.stop(), ...[...pools.values()].map((pool) => pool.stop())]);
  });

  const queue = (role: QueueRole): QueueModel => parts[role];
  const bridge: Bridge = {
    stage: stage.name,
    url: listening.url,
    webhookUrl: webhookUrlOf(model, listening.url, secrets.token),
    model,
    aws,
    permissions,
    operator: aws.register({ name: 'operator' }),
    queue,
    inspect: (role) => aws.queues.inspect(queue(role).name),
    ingest,
    delivery,
    mapping,
    journal,
    pagerDutyUrl,
    standIn,
    stop,
  };
  const webhook = apiGateway({
    routes: model.routes,
    pools,
    ...(model.throttle === undefined || options.throttle === false
      ? {}
      : { throttle: model.throttle }),
  });
  const page = startConsole(bridge);
  cleanups.push(page.stop);
  server.off('request', answerStarting).on('request', bridgeApi(bridge, webhook, page));
  return bridge;
}
