import { isJsonObject } from './json.ts';

/**
 * How delivery behaves. A stage sets these numbers, the template carries them as JSON in one
 * environment variable, and the delivery function reads them from there.
 */
export interface DeliverySettings {
  /**
   * Calls per integration key in a sliding minute, over all concurrent batches. PagerDuty's limit
   * is about 120.
   * https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
   * @default 120
   */
  readonly callsPerMinute: number;
  /**
   * Seconds between two updates of an incident: calls that neither open it nor raise its severity.
   * With 0, every event is sent as soon as the rate limit allows.
   * @default 60
   */
  readonly updateIntervalSeconds: number;
  /**
   * Seconds until a call to PagerDuty times out. A page is also this late if a firewall dropped the
   * open connection without a reset.
   * @default 5
   */
  readonly callTimeoutSeconds: number;
  /** Concurrent calls to PagerDuty in one batch. @default 8 */
  readonly concurrentCalls: number;
  /** Shortest wait after a failure, seconds. @default 5 */
  readonly retryBaseSeconds: number;
  /**
   * Longest wait after a failure, seconds. A stage that gives up after more than 25 hours has
   * longer waits: see {@link retryCapOf}.
   * @default 180
   */
  readonly retryCapSeconds: number;
  /** Age in seconds, since it was enqueued, at which an event is given up. @default 86400 */
  readonly giveUpAfterSeconds: number;
  /** Different incidents that fail in a row until the circuit breaker of a key opens. @default 3 */
  readonly circuitFailures: number;
  /** Longest time between two probes while a circuit breaker is open, seconds. @default 60 */
  readonly circuitCapSeconds: number;
  /**
   * Concurrent batches: the maximum concurrency of the event source mapping, at least 2.
   * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
   * @default 2
   */
  readonly maxConcurrentBatches: number;
}

/** Defaults of a stage. The fields of {@link DeliverySettings} give units and sources. */
export const DEFAULT_DELIVERY_SETTINGS: DeliverySettings = {
  callsPerMinute: 120,
  updateIntervalSeconds: 60,
  callTimeoutSeconds: 5,
  concurrentCalls: 8,
  retryBaseSeconds: 5,
  retryCapSeconds: 180,
  giveUpAfterSeconds: 86_400,
  circuitFailures: 3,
  circuitCapSeconds: 60,
  maxConcurrentBatches: 2,
};

/**
 * This instance's share of the calls per minute. Concurrent batches run in instances that do not
 * know of each other. Each takes an equal part, so that together they never exceed the limit.
 */
export function shareOf(
  settings: Pick<DeliverySettings, 'callsPerMinute' | 'maxConcurrentBatches'>,
): number {
  return Math.max(1, Math.floor(settings.callsPerMinute / settings.maxConcurrentBatches));
}

/**
 * Part of an instance's share of the calls that resolves may use: while no event of the integration
 * key waits or was sent within the window of the rate limit, and else.
 */
export const RESOLVE_SHARES = { quiet: 0.75, busy: 0.25 } as const;

/**
 * The deduplication window, milliseconds: an event is deduplicated into a waiting one that was
 * accepted at most this long before it. Another instance does not know what was deduplicated into
 * the waiting event, but with this limit it knows how new that can be. A quarter of the update
 * interval keeps at most five events of a subject waiting.
 */
export function deduplicationWindowOf(
  settings: Pick<DeliverySettings, 'updateIntervalSeconds'>,
): number {
  return settings.updateIntervalSeconds * 250;
}

/**
 * Longest wait after a failure, milliseconds: `retryCapSeconds`, or a 500th of the time until
 * giving up if that is longer. SQS moves a message to the dead-letter queue after 1,000 receives,
 * and an event must not reach that before it is given up.
 */
export function retryCapOf(
  settings: Pick<DeliverySettings, 'retryCapSeconds' | 'giveUpAfterSeconds'>,
): number {
  return Math.max(settings.retryCapSeconds, settings.giveUpAfterSeconds / 500) * 1000;
}

/**
 * Longest time to the next probe of an open circuit breaker, milliseconds: 5/3 of its cap, plus a
 * random eighth.
 */
function longestProbeInterval(settings: Pick<DeliverySettings, 'circuitCapSeconds'>): number {
  return 1.125 * (5 / 3) * settings.circuitCapSeconds * 1000;
}

/**
 * Longest wait of an event after a failure, milliseconds: {@link retryCapOf}, or the time to the
 * next probe and a random half of it, if that is longer. It does not include a wait that PagerDuty
 * asked for with `Retry-After`, or the longer waits of an event that was received 800 times.
 */
export function longestWaitOf(
  settings: Pick<DeliverySettings, 'retryCapSeconds' | 'giveUpAfterSeconds' | 'circuitCapSeconds'>,
): number {
  return Math.max(retryCapOf(settings), 1.5 * longestProbeInterval(settings));
}

/**
 * Longest time from the end of an outage of PagerDuty to the last page, milliseconds. It is the sum
 * of two times:
 *
 * - The next probe, at most 5/3 of the circuit breaker's cap, plus a random eighth.
 * - The longest wait of an event that was received just before that probe.
 *
 * It does not include the time that the rate limit takes, or a wait that PagerDuty asked for with
 * `Retry-After`.
 */
export function lastPageBound(settings: DeliverySettings): number {
  return longestProbeInterval(settings) + retryCapOf(settings);
}

/**
 * Parses the settings in the environment variable that the stack sets.
 *
 * @throws Error when a setting is missing or not a number of at least zero, because the template
 *   and the bundle are of different versions
 */
export function readDeliverySettings(json: string): DeliverySettings {
  const value: unknown = JSON.parse(json);
  const settings: { -readonly [K in keyof DeliverySettings]: number } = {
    ...DEFAULT_DELIVERY_SETTINGS,
  };
  for (const name of Object.keys(DEFAULT_DELIVERY_SETTINGS).filter(isSetting)) {
    const number = isJsonObject(value) ? value[name] : undefined;
    if (typeof number !== 'number' || !(number >= 0)) {
      throw new Error(
        `The delivery setting ${name} is not a number of at least zero; deploy again.`,
      );
    }
    settings[name] = number;
  }
  return settings;
}

function isSetting(name: string): name is keyof DeliverySettings {
  return Object.hasOwn(DEFAULT_DELIVERY_SETTINGS, name);
}
