/** From counts to priced quantities: of the bridge, of two alternatives, and of an idle month. */

import type { JsonObject } from '../../lambda/shared/json.ts';
import { objectOr, type StackTemplate } from '../../local/stack/template.ts';
import { LOG_EVENT_OVERHEAD_BYTES, type MeasuredLoad } from './load.ts';
import type { Usage } from './prices.ts';

/** A month has 730 hours in the prices of AWS. */
export const SECONDS_PER_MONTH = 730 * 3600;

/** Round trips inside AWS, seconds. The one to PagerDuty includes its work. */
const ROUND_TRIP = { queue: 0.01, table: 0.01, secret: 0.02, pagerDuty: 0.2 } as const;
/** An answer to the sender, with its headers. */
const ANSWER_BYTES = 300;
/** START, END and REPORT of an invocation and one line of the function, in the text format. */
const SAMPLE_LOG_BYTES = 453;

/** What the local bridge cannot measure, for the report. */
export const ASSUMPTIONS: readonly string[] = [
  `round trips: SQS ${ROUND_TRIP.queue * 1000} ms, DynamoDB ${ROUND_TRIP.table * 1000} ms, Secrets Manager ${ROUND_TRIP.secret * 1000} ms, PagerDuty ${ROUND_TRIP.pagerDuty * 1000} ms; calls to PagerDuty counted one after another`,
  'a core of Lambda computes as fast as a core of this machine; a function has memory / 1769 MB of one',
  "receives of Lambda's pollers: as many as return messages here, at most one per event; empty polls are in the idle month",
  'every request that carries messages with a group is charged as a fair queue',
  'instances stay warm between events; the storm starts cold, and its start is counted',
];

/** Memory at which a function has a whole core. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MB_PER_CORE = 1769;
/** Lambda rounds each duration up to a millisecond: half of one on average. */
const ROUNDING_SECONDS = 0.0005;

/**
 * Billed GB-seconds of a function. A share of a core computes longer. A second core does not help.
 *
 * @param use seconds of a whole core, and seconds of waiting for the network
 */
export function gigabyteSeconds(
  memoryMB: number,
  use: { readonly invocations: number; readonly cpuSeconds: number; readonly waitSeconds: number },
): number {
  const slowness = Math.max(1, MB_PER_CORE / memoryMB);
  const seconds = use.cpuSeconds * slowness + use.waitSeconds + use.invocations * ROUNDING_SECONDS;
  return (seconds * memoryMB) / 1024;
}

/** Typical lengths of the variables in the access log; others have 12 bytes. */
const CONTEXT_BYTES: Readonly<Record<string, number>> = {
  requestId: 16,
  requestTime: 26,
  'identity.sourceIp': 13,
  httpMethod: 4,
  routeKey: 21,
  status: 3,
  responseLatency: 2,
  responseLength: 2,
  integrationLatency: 2,
  'integration.status': 3,
  integrationErrorMessage: 1,
  'error.responseType': 1,
};

function propertiesOf(template: StackTemplate, type: string): readonly JsonObject[] {
  return template.resources.filter((one) => one.type === type).map(({ properties }) => properties);
}

/** Bytes that API Gateway logs per request, by the format in the template; 0 without a log. */
export function accessLogBytes(template: StackTemplate): number {
  const [stage] = propertiesOf(template, 'AWS::ApiGatewayV2::Stage');
  const { Format: format } = objectOr(stage?.['AccessLogSettings']);
  if (typeof format !== 'string') return 0;
  const line = format.replaceAll(/\$context\.([A-Za-z.]+)/g, (_, name: string) =>
    '-'.repeat(CONTEXT_BYTES[name] ?? 12),
  );
  return line.length + LOG_EVENT_OVERHEAD_BYTES;
}

/** Metrics of an alarm: the one it names, or those beside its expressions. */
function metricsOf({ Metrics: metrics }: JsonObject): number {
  if (!Array.isArray(metrics)) return 1;
  return metrics.filter((metric) => objectOr(metric)['MetricStat'] !== undefined).length;
}

/** A batch of one tick, as the local bridge measures it: processor time, and a log line with a metric. */
const TICK = { cpuSeconds: 0.002, logBytes: 439 + LOG_EVENT_OVERHEAD_BYTES } as const;

/** Requests to SQS per tick, beside a poll that would be made anyway: to send and to delete it. */
const QUEUE_REQUESTS_PER_TICK = 2;

/** Usage of the ticks of a month. A sweep of a table without rows is one read. */
function tickUsage(template: StackTemplate) {
  const count = (type: string): number => propertiesOf(template, type).length;
  const ticks = (count('AWS::Scheduler::Schedule') * SECONDS_PER_MONTH) / 60;
  const memory = propertiesOf(template, 'AWS::Lambda::Function').map(({ MemorySize }) =>
    Number(MemorySize),
  );
  return {
    scheduled: ticks,
    invocations: ticks,
    gigabyteSeconds: gigabyteSeconds(Math.max(0, ...memory), {
      invocations: ticks,
      cpuSeconds: ticks * TICK.cpuSeconds,
      waitSeconds: 0,
    }),
    logBytes: ticks * TICK.logBytes,
    tableReads: ticks * count('AWS::DynamoDB::Table'),
    queueRequests: ticks * QUEUE_REQUESTS_PER_TICK,
    customMetrics: count('AWS::Scheduler::Schedule'),
  } satisfies Usage;
}

/**
 * Usage of the stack in a month without events. Only the metric of ticks gets values. Lambda polls a queue
 * over five connections, each for 20 s: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export function idleMonth(template: StackTemplate) {
  const count = (type: string): number => propertiesOf(template, type).length;
  const ticks = tickUsage(template);
  const polls = (count('AWS::Lambda::EventSourceMapping') * 5 * SECONDS_PER_MONTH) / 20;
  const alarms = propertiesOf(template, 'AWS::CloudWatch::Alarm');
  return {
    ...ticks,
    secrets: count('AWS::SecretsManager::Secret'),
    alarmMetrics: alarms.map(metricsOf).reduce((sum, metrics) => sum + metrics, 0),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    encryptionKeys: count('AWS::KMS::Key'),
    queueRequests: polls + ticks.queueRequests,
  } satisfies Usage;
}

/** Properties of the stack that the price of an event depends on. */
export interface LoadedStack {
  readonly ingestMB: number;
  readonly deliveryMB: number;
  readonly accessLogBytes: number;
}

/** Calls of Lambda's poller, for which the function does not wait. */
const POLLER_CALLS = /^sqs:(ReceiveMessage|DeleteMessageBatch|GetQueueAttributes) /;

/** Usage of the bridge per event. */
export function bridgeUsage({ counts, callBytes }: MeasuredLoad, stack: LoadedStack): Usage {
  const of = (name: string): number => counts[name] ?? 0;
  const queueCalls = (role: string): number =>
    Object.keys(counts)
      .filter((name) => name.startsWith('sqs:') && name.endsWith(` of ${role}`))
      .filter((name) => !POLLER_CALLS.test(name))
      .reduce((sum, name) => sum + of(name), 0);
  const billed = (role: string, memoryMB: number, moreWaiting: number): number =>
    gigabyteSeconds(memoryMB, {
      invocations: of(`invocations of ${role}`),
      cpuSeconds: of(`processor seconds of ${role}`),
      waitSeconds: queueCalls(role) * ROUND_TRIP.queue + moreWaiting,
    });
  const calls = of('calls to PagerDuty');
  const tableWrites = of('dynamodb:UpdateItem of delivery') + of('dynamodb:DeleteItem of delivery');
  const pollerCalls = of('receives') + of('sqs:DeleteMessageBatch of delivery');
  const queueRequests = queueCalls('ingest') + queueCalls('delivery') + pollerCalls;
  return {
    apiRequests: 1,
    invocations: of('invocations of ingest') + of('invocations of delivery'),
    gigabyteSeconds:
      billed('ingest', stack.ingestMB, of('secrets read') * ROUND_TRIP.secret) +
      billed(
        'delivery',
        stack.deliveryMB,
        calls * ROUND_TRIP.pagerDuty + tableWrites * ROUND_TRIP.table,
      ),
    tableWrites,
    queueRequests,
    fairQueueRequests: queueRequests,
    secretReads: of('secrets read'),
    logBytes: of('log bytes of ingest') + of('log bytes of delivery') + stack.accessLogBytes,
    bytesOut: ANSWER_BYTES + calls * callBytes,
  };
}

/**
 * Usage of an EventBridge bus with an API destination, per event. The same HTTP API is in front,
 * because Glasnostic posts to a URL and signs nothing. Nothing is deduplicated.
 */
export function eventBridgeUsage({ callBytes }: MeasuredLoad, stack: LoadedStack): Usage {
  return {
    apiRequests: 1,
    busEvents: 1,
    destinationCalls: 1,
    logBytes: stack.accessLogBytes,
    bytesOut: ANSWER_BYTES + callBytes,
  };
}

/**
 * Usage of a function that calls PagerDuty while the sender waits, per event, as the vendor's sample
 * does: an HTTP API without an access log, 256 MB on arm64. Its processor time is that of ingest.
 * https://github.com/glasnostic/webhook-handler/blob/f108886a5eb57b1d4a0811d069dd695153e50247/serverless.yml
 */
export function synchronousUsage({ counts, callBytes }: MeasuredLoad): Usage {
  const { 'processor seconds of ingest': cpu = 0, 'invocations of ingest': of = 1 } = counts;
  const use = { invocations: 1, cpuSeconds: cpu / of, waitSeconds: ROUND_TRIP.pagerDuty };
  return {
    apiRequests: 1,
    invocations: 1,
    gigabyteSeconds: gigabyteSeconds(256, use),
    logBytes: SAMPLE_LOG_BYTES,
    bytesOut: ANSWER_BYTES + callBytes,
  };
}
