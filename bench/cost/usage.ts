/** What a measured load uses in AWS, and what others would use for the same. */

import type { FunctionPool } from '../../local/lambda/pool.ts';
import type { StackTemplate } from '../../local/stack/template.ts';
import { ANSWER_BYTES, ROUND_TRIP, SECRET_SECONDS } from './assumptions.ts';
import type { FunctionCount, MeasuredLoad } from './load.ts';
import { textLogBytes } from './log-lines.ts';
import { type FunctionUse, NOTHING_USED, tracesOf, type Usage } from './model.ts';
import { accessLogBytesOf, isTraced, platformBytesOf } from './stack.ts';

/** The stack that the load was put on. */
export interface LoadedStack {
  readonly template: StackTemplate;
  readonly ingest: FunctionPool['fn'];
  readonly delivery: FunctionPool['fn'];
}

/** Bytes of log by who writes them. */
export interface LogBytes {
  readonly ingest: number;
  readonly delivery: number;
  /** Lambda's own lines about the invocations. */
  readonly lambda: number;
  readonly access: number;
}

/** What the bridge uses, with the parts of what sums hide. */
export interface BridgeUsage extends Usage {
  readonly logs: LogBytes;
  /** Requests to SQS by operation. */
  readonly queue: Readonly<Record<string, number>>;
}

/** Calls that Lambda makes, not the function: it does not wait for them. */
const OF_THE_POLLERS = ['sqs:ReceiveMessage', 'sqs:DeleteMessageBatch', 'sqs:GetQueueAttributes'];

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

/** Calls to SQS that the function itself makes. */
function ownQueueCalls({ calls }: FunctionCount): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(calls).filter(
      ([name]) => name.startsWith('sqs:') && !OF_THE_POLLERS.includes(name),
    ),
  );
}

/**
 * Secrets read while the load lasts. A steady one reads them again and again, as often as they
 * expire; a storm is over before that.
 */
function secretCallsOf({ load, secretReadsAtStart }: MeasuredLoad): number {
  const seconds = load.events / load.perSecond;
  return load.warmUp > 0 ? (secretReadsAtStart * seconds) / SECRET_SECONDS : secretReadsAtStart;
}

function functionUse(
  count: FunctionCount,
  memoryMB: number,
  waits: { readonly secretCalls: number; readonly pagerDutyCalls: number },
): FunctionUse {
  return {
    invocations: count.invocations,
    cpuSeconds: count.cpuSeconds,
    waitSeconds:
      sum(Object.values(ownQueueCalls(count))) * ROUND_TRIP.queue +
      waits.secretCalls * ROUND_TRIP.secret +
      waits.pagerDutyCalls * ROUND_TRIP.pagerDuty,
    memoryMB,
  };
}

function logBytesOf({ load, used }: MeasuredLoad, stack: LoadedStack): LogBytes {
  const { template } = stack;
  return {
    ingest: used.ingest.logBytes,
    delivery: used.delivery.logBytes,
    lambda:
      used.ingest.invocations * platformBytesOf(template, stack.ingest) +
      used.delivery.invocations * platformBytesOf(template, stack.delivery),
    access: load.events * accessLogBytesOf(template),
  };
}

function tracesIn({ load, used }: MeasuredLoad, { template, ingest, delivery }: LoadedStack) {
  const traced =
    (isTraced(template, ingest) ? used.ingest.invocations : 0) +
    (isTraced(template, delivery) ? used.delivery.invocations : 0);
  return traced === 0 ? 0 : tracesOf(traced, (traced / load.events) * load.perSecond);
}

/** What the bridge uses for a load. */
export function bridgeUsage(measured: MeasuredLoad, stack: LoadedStack): BridgeUsage {
  const { load, used } = measured;
  const secretCalls = secretCallsOf(measured);
  const logs = logBytesOf(measured, stack);
  const queue = {
    ...ownQueueCalls(used.ingest),
    ...ownQueueCalls(used.delivery),
    'sqs:ReceiveMessage': used.receives,
    'sqs:DeleteMessageBatch': used.delivery.calls['sqs:DeleteMessageBatch'] ?? 0,
  };
  const queueRequests = sum(Object.values(queue));
  return {
    ...NOTHING_USED,
    apiRequests: load.events,
    functions: [
      functionUse(used.ingest, stack.ingest.memoryMB, { secretCalls, pagerDutyCalls: 0 }),
      functionUse(used.delivery, stack.delivery.memoryMB, {
        secretCalls: 0,
        pagerDutyCalls: used.pagerDutyCalls,
      }),
    ],
    queueRequests,
    fairQueueRequests: queueRequests,
    secretCalls,
    logBytes: sum(Object.values(logs)),
    traces: tracesIn(measured, stack),
    bytesOut: load.events * ANSWER_BYTES + used.pagerDutyCalls * measured.callBytes,
    logs,
    queue,
  };
}

/**
 * What an EventBridge bus with an API destination would use: the same HTTP API in front, because
 * Glasnostic posts to a URL and signs nothing, with an integration that puts events on the bus.
 * Every event is a call, whatever PagerDuty's limit: none is deduplicated.
 */
export function eventBridgeUsage({ load, callBytes }: MeasuredLoad, stack: LoadedStack): Usage {
  const { events } = load;
  return {
    ...NOTHING_USED,
    apiRequests: events,
    customEvents: events,
    apiDestinationCalls: events,
    logBytes: events * accessLogBytesOf(stack.template),
    bytesOut: events * (ANSWER_BYTES + callBytes),
  };
}

/**
 * What a function that calls PagerDuty while the sender waits would use, as the vendor's sample does:
 * an HTTP API without an access log, 256 MB on arm64, one line of its own.
 * https://github.com/glasnostic/webhook-handler/blob/f108886a5eb57b1d4a0811d069dd695153e50247/serverless.yml
 */
export function synchronousUsage({ load, used, callBytes }: MeasuredLoad): Usage {
  const { events } = load;
  return {
    ...NOTHING_USED,
    apiRequests: events,
    functions: [
      {
        invocations: events,
        // Nobody measured its own: it parses and calls as ingest does.
        cpuSeconds: (used.ingest.cpuSeconds / used.ingest.invocations) * events,
        waitSeconds: events * ROUND_TRIP.pagerDuty,
        memoryMB: 256,
      },
    ],
    logBytes: events * textLogBytes('Event submitted'),
    bytesOut: events * (ANSWER_BYTES + callBytes),
  };
}
