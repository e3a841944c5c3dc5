/** Counters of a stage by time, from CloudWatch or from the local bridge. */

import type { MetricName } from '../../lambda/shared/metrics.ts';

/** Counter -> its metric of the bridge. */
export const COUNTERS = {
  accepted: 'EventsAccepted',
  /** Calls that PagerDuty accepted. */
  delivered: 'EventsDelivered',
  deduplicated: 'EventsDeduplicated',
  deadLettered: 'EventsDeadLettered',
  /** Calls that PagerDuty refused. */
  refused: 'PagerDutyRefused',
  /** Calls that PagerDuty throttled, or that did not reach it. */
  unavailable: 'PagerDutyUnavailable',
  /** Resolves that PagerDuty accepted. */
  resolved: 'IncidentsResolved',
  /** Events that wait for a key: each counts once per attempt. */
  keyMissing: 'IntegrationKeyMissing',
  ticks: 'Ticks',
  /** Requests that ingest answered with 400, 413 or 422. */
  requestsRefused: 'RequestsRefused',
  unauthorized: 'RequestsUnauthorized',
  unrouted: 'EventsUnrouted',
  ignoredByRoute: 'EventsIgnoredByRoute',
  ignoredByType: 'EventsIgnoredByType',
} as const satisfies Readonly<Record<string, MetricName>>;

/**
 * Counter -> its metric of API Gateway, of the access log, or of EventBridge Scheduler. The local
 * bridge counts under the same names.
 */
export const SERVICE_COUNTERS = {
  /** Requests that were answered 5xx. */
  serverErrors: '5xx',
  /** Requests that API Gateway answered with 429. */
  throttled: 'RequestsThrottled',
  /** POST requests to a path that the API does not have. */
  unknownPaths: 'RequestsToUnknownPaths',
  /** Ticks that the schedule tried to send. */
  ticksSent: 'InvocationAttemptCount',
} as const;

/** Metric with the HTTP status of the calls that failed; see {@link Point.failedStatus}. */
export const FAILED_STATUS = 'FailedCallStatus' satisfies MetricName;

/** Metrics with the age of the oldest page that waits, by cause, seconds; see {@link Point.waits}. */
export const WAITS = {
  pagerDuty: 'WaitingForPagerDuty',
  key: 'WaitingForKey',
} as const satisfies Readonly<Record<keyof Point['waits'], MetricName>>;

/** Name of a counter. */
export type Counter = keyof typeof COUNTERS | keyof typeof SERVICE_COUNTERS;

/** Numbers of events, calls, requests or ticks. */
export type Counters = Readonly<Record<Counter, number>>;

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(record).filter((key): key is Key => Object.hasOwn(record, key));
}

const NAMES: readonly Counter[] = [...keysOf(COUNTERS), ...keysOf(SERVICE_COUNTERS)];

/** Counters of one period: a minute of a deployed stage, a second of the local bridge. */
export interface Point extends Counters {
  /** Begin of the period, milliseconds since 1970. */
  readonly at: number;
  /** Highest HTTP status of the calls that failed in it; 0 if none had an answer. */
  readonly failedStatus: number;
  /** Greatest age of a page that waits for PagerDuty, or for a key, seconds; 0 if none is known. */
  readonly waits: { readonly pagerDuty: number; readonly key: number };
}

const NO_WAITS: Point['waits'] = { pagerDuty: 0, key: 0 };

/** Makes a {@link Point}; a counter without a value is 0. */
export function pointOf(
  at: number,
  valueOf: (counter: Counter) => number | undefined,
  { failedStatus = 0, waits = NO_WAITS }: Partial<Pick<Point, 'failedStatus' | 'waits'>> = {},
): Point {
  const zero: Record<Counter, number> = {
    accepted: 0,
    delivered: 0,
    deduplicated: 0,
    deadLettered: 0,
    refused: 0,
    unavailable: 0,
    resolved: 0,
    keyMissing: 0,
    ticks: 0,
    requestsRefused: 0,
    unauthorized: 0,
    unrouted: 0,
    ignoredByRoute: 0,
    ignoredByType: 0,
    serverErrors: 0,
    throttled: 0,
    unknownPaths: 0,
    ticksSent: 0,
  };
  for (const name of NAMES) zero[name] = valueOf(name) ?? 0;
  return { at, failedStatus, waits, ...zero };
}

/** The sum of a counter from a time on, inclusive; without one, of all points. */
export function sumOf(points: readonly Point[], counter: Counter, from = -Infinity): number {
  return points.reduce((sum, point) => sum + (point.at >= from ? point[counter] : 0), 0);
}

/** The sums of all counters from a time on, inclusive. */
export function countersOf(points: readonly Point[], from: number): Counters {
  const {
    at: _,
    failedStatus: __,
    waits: ___,
    ...counters
  } = pointOf(from, (name) => sumOf(points, name, from));
  return counters;
}

/** The begin of the newest period in which one of the counters has a value. */
export function lastOf(points: readonly Point[], ...counters: readonly Counter[]) {
  return points.findLast((point) => counters.some((counter) => point[counter] > 0))?.at;
}
