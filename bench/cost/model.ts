/** From what was used to what it costs. Pure: quantities and prices in, USD out. */

import type { Price, PriceTable } from './prices.ts';

/** Services that a bill lists, in the order of the report. */
export const SERVICES = [
  'API Gateway',
  'Lambda',
  'SQS',
  'EventBridge',
  'CloudWatch',
  'X-Ray',
  'Secrets Manager',
  'KMS',
  'data transfer',
] as const;

/** A service that costs money. */
export type Service = (typeof SERVICES)[number];

/** USD by service; a service that costs nothing is left out. */
export type Bill = Readonly<Partial<Record<Service, number>>>;

/** What a function used. */
export interface FunctionUse {
  readonly invocations: number;
  /** Processor time of all invocations, seconds of a whole core. */
  readonly cpuSeconds: number;
  /** Time that they waited for the network, seconds. */
  readonly waitSeconds: number;
  /** Memory configured. */
  readonly memoryMB: number;
}

/** What a load used. */
export interface Usage {
  /** Requests to the HTTP API. */
  readonly apiRequests: number;
  readonly functions: readonly FunctionUse[];
  readonly queueRequests: number;
  /** Those of them that carry messages with a group. */
  readonly fairQueueRequests: number;
  readonly secretCalls: number;
  readonly logBytes: number;
  /** Traces that X-Ray records. */
  readonly traces: number;
  readonly bytesOut: number;
  /** Events put on an EventBridge bus. */
  readonly customEvents: number;
  readonly apiDestinationCalls: number;
}

/** A load that used nothing. */
export const NOTHING_USED: Usage = {
  apiRequests: 0,
  functions: [],
  queueRequests: 0,
  fairQueueRequests: 0,
  secretCalls: 0,
  logBytes: 0,
  traces: 0,
  bytesOut: 0,
  customEvents: 0,
  apiDestinationCalls: 0,
};

/** What a stack costs while it stands there. */
export interface Standing {
  readonly secrets: number;
  /** Metrics that alarms watch, each as often as an alarm watches it. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
  /** Custom metrics that get values. */
  readonly customMetrics: number;
  readonly encryptionKeys: number;
  /** Long polls of Lambda's pollers that come back empty in a month. */
  readonly emptyReceives: number;
}

/**
 * Memory at which a function has one whole core.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
const MB_PER_CORE = 1769;
/** Durations are rounded up to the millisecond: half of one on average. */
const ROUNDING_SECONDS = 0.0005;
/** X-Ray's default rule: the first request of a second, and of the others this share. */
const SAMPLED_SHARE = 0.05;

function priceOf(price: Price, quantity: number): number {
  return (quantity / price.per) * price.usd;
}

/** A bill without the services that cost nothing. */
function billOf(costs: Readonly<Record<Service, number>>): Bill {
  return Object.fromEntries(Object.entries(costs).filter(([, usd]) => usd > 0));
}

/**
 * GB-seconds that a function is billed for. Its share of a core makes what it computes take longer;
 * it computes nothing while it waits. A second core would not help: a function computes on one.
 */
export function billedGigabyteSeconds(use: FunctionUse): number {
  const slowness = Math.max(1, MB_PER_CORE / use.memoryMB);
  const seconds = use.cpuSeconds * slowness + use.waitSeconds + use.invocations * ROUNDING_SECONDS;
  return (seconds * use.memoryMB) / 1024;
}

/**
 * Traces that X-Ray records.
 *
 * @param count invocations
 * @param perSecond how many of them there are in a second
 */
export function tracesOf(count: number, perSecond: number): number {
  const first = Math.min(1, 1 / perSecond);
  return count * (first + (1 - first) * SAMPLED_SHARE);
}

/** What a load costs, USD. */
export function costOf(usage: Usage, prices: PriceTable): Bill {
  const lambda = usage.functions.map(
    (use) =>
      priceOf(prices.lambdaRequest, use.invocations) +
      priceOf(prices.lambdaSecond, billedGigabyteSeconds(use)),
  );
  return billOf({
    'API Gateway': priceOf(prices.httpApiRequest, usage.apiRequests),
    Lambda: lambda.reduce((sum, usd) => sum + usd, 0),
    SQS:
      priceOf(prices.queueRequest, usage.queueRequests) +
      priceOf(prices.fairQueueRequest, usage.fairQueueRequests),
    EventBridge:
      priceOf(prices.customEvent, usage.customEvents) +
      priceOf(prices.apiDestinationCall, usage.apiDestinationCalls),
    CloudWatch: priceOf(prices.logIngestion, usage.logBytes),
    'X-Ray': priceOf(prices.trace, usage.traces),
    'Secrets Manager': priceOf(prices.secretCall, usage.secretCalls),
    KMS: 0,
    'data transfer': priceOf(prices.dataOut, usage.bytesOut),
  });
}

/** What a stack costs in a month in which nothing happens, USD. */
export function standingCost(standing: Standing, prices: PriceTable): Bill {
  return billOf({
    'API Gateway': 0,
    Lambda: 0,
    SQS: priceOf(prices.queueRequest, standing.emptyReceives),
    EventBridge: 0,
    CloudWatch:
      priceOf(prices.alarmMetric, standing.alarmMetrics) +
      priceOf(prices.dashboard, standing.dashboards) +
      priceOf(prices.customMetric, standing.customMetrics),
    'X-Ray': 0,
    'Secrets Manager': priceOf(prices.secret, standing.secrets),
    KMS: priceOf(prices.encryptionKey, standing.encryptionKeys),
    'data transfer': 0,
  });
}

/** A bill, times a factor. */
export function scaled(bill: Bill, factor: number): Bill {
  return Object.fromEntries(Object.entries(bill).map(([service, usd]) => [service, usd * factor]));
}

/** The sum of a bill, USD. */
export function totalOf(bill: Bill): number {
  return Object.values(bill).reduce((sum, usd) => sum + usd, 0);
}
