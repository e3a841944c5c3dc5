/**
 * The local bridge: the stack of a stage, run on this machine from its synthesised template. Its port
 * answers the webhook and nothing else; see `bridge-api.ts` and `bridge-with-console.ts` for more.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { local } from '../config/local.ts';
import { OUTPUTS } from '../config/outputs.ts';
import type { StageConfig } from '../config/stage.ts';
import { ENV } from '../lambda/shared/environment.ts';
import { type Answered, httpApi } from './api-gateway/http-api.ts';
import {
  startAwsEndpoint,
  type AwsEndpoint,
  type Credentials,
} from './aws-endpoint/aws-endpoint.ts';
import { listenOnLoopback, type RequestHandler } from './http.ts';
import { permissionsOf, type Permissions } from './iam/permissions.ts';
import { readStackPolicies } from './iam/stack-policies.ts';
import { checkEventSource } from './lambda/event-source-check.ts';
import { startEventSourceMapping, type EventSourceMapping } from './lambda/event-source-mapping.ts';
import { functionEnvironment } from './lambda/environment.ts';
import { createJournal, type Journal } from './lambda/journal.ts';
import { createMetricSeries, type MetricSeries } from './lambda/metric-series.ts';
import { updateIntervalOf, watchUpdatesNotDue } from './lambda/updates-not-due.ts';
import { createPool, type FunctionPool } from './lambda/pool.ts';
import { startStandIn, type StandIn, type StandInOptions } from './pagerduty/stand-in.ts';
import { findParts, maxInstances, need, type QueueRole } from './parts.ts';
import { startSchedule, type Schedule } from './scheduler/schedule.ts';
import {
  createSecrets,
  serviceOfKey,
  type SecretValues,
} from './secrets-manager/initial-values.ts';
import type { QueueContents } from './sqs/queue-service.ts';
import type { QueueModel, StackModel } from './stack/model.ts';
import { DEFAULT_REGION } from './stack/physical.ts';
import { readStackModel } from './stack/read-model.ts';
import { synthesise } from './stack/synthesis.ts';
import { readStackTemplate, type AssemblyStack } from './stack/template.ts';

/** How to start a local bridge. */
export interface BridgeOptions extends SecretValues {
  /** Port of the bridge. @default a free one */
  readonly port?: number;
  /** Stage to run. @default the stage `local` */
  readonly stage?: StageConfig;
  /** The stage's stack, when it is synthesised already. @default the stage is synthesised */
  readonly assembly?: AssemblyStack;
  /** Base URL of another PagerDuty; then no stand-in is started. @default the stand-in */
  readonly pagerDutyUrl?: string;
  /** The stand-in's rate limit, and the keys that it accepts. @default PagerDuty's; those in the secret */
  readonly standIn?: Omit<StandInOptions, 'port'>;
  /** Limit on the requests to the webhook; `false` for none. @default the template's */
  readonly throttle?: false;
  /** Time between two ticks, seconds; `false` for no ticks. @default the template's, a minute */
  readonly tickSeconds?: number | false;
  /** Called with each step of the start. */
  readonly onProgress?: (step: string) => void;
}

/** A running local bridge. */
export interface Bridge {
  /** Name of the stage. */
  readonly stage: string;
  /** Base URL of the bridge's port, without a slash at the end. */
  readonly url: string;
  /** URL to post events to, with the current token in it. */
  readonly webhookUrl: string;
  /** The template's resources, with every value as it is on this machine. */
  readonly model: StackModel;
  /** The AWS endpoint: faults, secrets, queues. */
  readonly aws: AwsEndpoint;
  /** Grants of the functions' roles at the AWS endpoint, and the calls that used them. */
  readonly permissions: Permissions;
  /** Credentials of the operator, for the AWS endpoint. */
  readonly operator: Credentials;
  readonly queue: (role: QueueRole) => QueueModel;
  /** Reads a queue's messages without receiving them. */
  readonly inspect: (role: QueueRole) => Promise<QueueContents>;
  /** The processes of the ingest function. */
  readonly ingest: FunctionPool;
  /** The processes of the delivery function. */
  readonly delivery: FunctionPool;
  /** Invokes the delivery function with messages of the events queue. */
  readonly mapping: EventSourceMapping;
  /** Sends ticks to the events queue; absent if the bridge was started without. */
  readonly schedule: Schedule | undefined;
  /** Log lines of the functions, and the sums of their metrics. */
  readonly journal: Journal;
  /** The functions' metrics by time, and those of API Gateway and the schedule that `status` reads. */
  readonly series: MetricSeries;
  /** When it was started, milliseconds since 1970. */
  readonly startedAt: number;
  /** Message IDs of the updates in the events queue that are not due yet. */
  readonly updatesNotDue: () => ReadonlySet<string>;
  /** Base URL of the PagerDuty that events are delivered to. */
  readonly pagerDutyUrl: string;
  /** Absent when events are delivered to another PagerDuty. */
  readonly standIn: StandIn | undefined;
  /** Answers a request as the stack's HTTP API does. */
  readonly webhook: RequestHandler;
  /** Replaces what answers the requests to the bridge's port. At first {@link webhook} answers all. */
  readonly answerWith: (handler: RequestHandler) => void;
  /** Stops everything and leaves no process and no file behind. May be called more than once. */
  readonly stop: () => Promise<void>;
}

type Cleanup = () => Promise<unknown> | void;

/** Starts a stage's stack on this machine. If that fails, it stops what it had started. */
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

/** Answers requests that come before the bridge is up. */
const answerStarting: RequestHandler = async (_, response) => {
  response.writeHead(503, { 'retry-after': '1' }).end();
};

/** Listens, and lets the handler be replaced while it does. */
async function startServer(port: number) {
  let handler = answerStarting;
  const server = createServer((request, response) => {
    void handler(request, response);
  });
  const { url, stop } = await listenOnLoopback(server, port);
  const answerWith = (next: RequestHandler): void => {
    handler = next;
  };
  return { url, stop, answerWith };
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

/** Makes a pool of processes for each function; none is started before its first invocation. */
function createPools(
  model: StackModel,
  aws: AwsEndpoint,
  pagerDutyUrl: string,
  journal: Journal,
): ReadonlyMap<string, FunctionPool> {
  const pools = model.functions.map((fn) => {
    const environment = functionEnvironment(fn, {
      region: model.region,
      awsUrl: aws.url,
      credentials: aws.register({ name: fn.name, roleArn: fn.roleArn }),
      path: process.env['PATH'] ?? '',
      overrides: { [ENV.pagerDutyUrl]: pagerDutyUrl },
    });
    const onLine = (line: string): void => {
      journal.write(fn.name, line);
    };
    const pool = createPool({ fn, maxInstances: maxInstances(fn, model), environment, onLine });
    return [fn.name, pool] as const;
  });
  return new Map(pools);
}

/** Starts the schedule of ticks. */
function startTicks(
  { tick, events }: ReturnType<typeof findParts>,
  aws: AwsEndpoint,
  tickSeconds: BridgeOptions['tickSeconds'],
  series: MetricSeries,
): Schedule | undefined {
  if (tickSeconds === false) return undefined;
  return startSchedule({
    schedule: tick,
    queue: events,
    aws,
    everySeconds: tickSeconds,
    onAttempt: () => series.add('InvocationAttemptCount', [1]),
  });
}

/** Counts an answer as API Gateway and the filters of the access log do; see `lib/ingest-api.ts`. */
function countAnswer({ status, method, hasRoute }: Answered, series: MetricSeries): void {
  if (status >= 500) series.add('5xx', [1]);
  if (status === 429) series.add('RequestsThrottled', [1]);
  if (status === 404 && !hasRoute && method === 'POST') series.add('RequestsToUnknownPaths', [1]);
}

async function assemble(
  options: BridgeOptions,
  cleanups: Cleanup[],
  stop: () => Promise<void>,
): Promise<Bridge> {
  const { stage = local, onProgress = () => {} } = options;
  const region = stage.region ?? DEFAULT_REGION;

  // The port first: a port that is taken should not cost the time of a synthesis.
  const server = await startServer(options.port ?? 0);
  cleanups.push(server.stop);

  onProgress(`Synthesising the stage ${stage.name}`);
  // The template contains the endpoint's URL, so permissions are read after the endpoint has started,
  // and before anything calls it.
  let permissions: Permissions | undefined;
  const [aws, assembly] = await Promise.all([
    startAwsEndpoint({ region, authorize: (request) => permissions?.authorize(request) }),
    findAssembly(options, cleanups),
  ]);
  cleanups.push(aws.stop);
  const place = { region, awsUrl: aws.url, apiUrl: server.url };
  const template = readStackTemplate(assembly);
  const model = readStackModel(template, place);
  const parts = findParts(model);
  const roles = [...model.functions, ...model.schedules].map(({ roleArn }) => roleArn);
  permissions = permissionsOf(readStackPolicies(template, place, roles));

  onProgress('Starting queues, secrets, tables and functions');
  // A redrive policy's target must exist before the queue that names it.
  for (const queue of model.queues.toSorted((one) => (one.deadLetterArn === undefined ? -1 : 1))) {
    await aws.queues.createQueue(queue);
  }
  await Promise.all(model.tables.map((table) => aws.tables.createTable(table)));
  const secrets = createSecrets(model, aws.secrets, options);
  const standIn =
    options.pagerDutyUrl === undefined
      ? await startStandIn({
          serviceOf: serviceOfKey(aws.secrets, secrets.keysArn),
          ...options.standIn,
        })
      : undefined;
  if (standIn !== undefined) cleanups.push(standIn.stop);
  const pagerDutyUrl = standIn?.url ?? options.pagerDutyUrl ?? '';

  const series = createMetricSeries(Date.now);
  const journal = createJournal(series);
  const pools = createPools(model, aws, pagerDutyUrl, journal);
  const ingest = need(pools.get(parts.ingestName), 'ingest function');
  const delivery = need(pools.get(parts.deliveryName), 'delivery function');
  const updates = watchUpdatesNotDue({
    journal,
    functionName: delivery.fn.name,
    updateInterval: updateIntervalOf(delivery.fn),
    now: Date.now,
  });
  const eventSource = {
    mapping: parts.mapping,
    queue: parts.events,
    pool: delivery,
    aws,
    caller: { name: delivery.fn.name, roleArn: delivery.fn.roleArn },
    onBatch: updates.received,
  };
  await checkEventSource(eventSource, permissions.check);
  const mapping = startEventSourceMapping(eventSource);
  cleanups.push(async () => {
    await Promise.all([mapping.stop(), ...[...pools.values()].map((pool) => pool.stop())]);
  });

  const schedule = startTicks(parts, aws, options.tickSeconds, series);
  cleanups.push(async () => schedule?.stop());

  const throttle = options.throttle === false ? undefined : model.throttle;
  const webhook = httpApi({
    routes: model.routes,
    pools,
    throttle,
    onAnswer: (answered) => countAnswer(answered, series),
  });
  server.answerWith(webhook);
  return {
    stage: stage.name,
    url: server.url,
    get webhookUrl() {
      return webhookUrlOf(model, server.url, aws.secrets.get(secrets.tokenArn).text.trim());
    },
    model,
    aws,
    permissions,
    operator: aws.register({ name: 'operator' }),
    queue: (role) => parts[role],
    inspect: (role) => aws.queues.inspect(parts[role].name),
    ingest,
    delivery,
    mapping,
    schedule,
    journal,
    series,
    startedAt: Date.now(),
    updatesNotDue: updates.ids,
    pagerDutyUrl,
    standIn,
    webhook,
    answerWith: server.answerWith,
    stop,
  };
}
