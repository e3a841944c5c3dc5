import { isJsonObject } from './json.ts';

/**
 * How delivery behaves. A stage sets these numbers, the template carries them as JSON in one
 * environment variable, and the delivery function reads them from there.
 */
export interface DeliverySettings {
  /**
   * Calls per integration key in a sliding minute, over all concurrent batches.
   * PagerDuty's limit is about 120: https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
   * @default 120
   */
  readonly callsPerMinute: number;
  /**
   * Seconds between two calls that say nothing new about an incident except its value. 0 sends every
   * event as soon as the rate limit allows.
   * @default 60
   */
  readonly updateIntervalSeconds: number;
  /**
   * Seconds until a call to PagerDuty counts as timed out. A connection that something in between
   * has forgotten costs a page this long, once.
   * @default 5
   */
  readonly callTimeoutSeconds: number;
  /** Calls to PagerDuty under way at once in one batch. @default 8 */
  readonly concurrentCalls: number;
  /** Shortest wait after a failure, seconds. @default 5 */
  readonly retryBaseSeconds: number;
  /** Longest wait after a failure, seconds, as long as events are given up within 25 h. @default 180 */
  readonly retryCapSeconds: number;
  /** Age in seconds, since it was enqueued, at which an event is given up. @default 86400 */
  readonly giveUpAfterSeconds: number;
  /** Different incidents of a key that fail in a row before its circuit breaker opens. @default 3 */
  readonly circuitFailures: number;
  /** Longest time between two probes while a circuit breaker is open, seconds. @default 60 */
  readonly circuitCapSeconds: number;
  /** Batches that may run at once: the event source mapping's maximum concurrency, at least 2. @default 2 */
  readonly maxConcurrentBatches: number;
}

/** Settings of a stage that sets none. Reasons and sources: the fields of {@link DeliverySettings}. */
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
 * Span in milliseconds: a waiting event stands for events that were accepted at most this long after
 * it. Another instance can then decide about the waiting event from the event alone, without knowing
 * what was deduplicated into it. A quarter of the update interval keeps at most five of them waiting.
 */
export function deduplicationWindowOf(
  settings: Pick<DeliverySettings, 'updateIntervalSeconds'>,
): number {
  return settings.updateIntervalSeconds * 250;
}

/**
 * Longest wait after a failure, milliseconds. SQS moves a message away after 1,000 receives, so a
 * stage that waits for weeks has to ask less often: at least a 500th of the time until giving up.
 */
export function retryCapOf(
  settings: Pick<DeliverySettings, 'retryCapSeconds' | 'giveUpAfterSeconds'>,
): number {
  return Math.max(settings.retryCapSeconds, settings.giveUpAfterSeconds / 500) * 1000;
}

/**
 * Longest time from the end of an outage to the last page, milliseconds, for answers without
 * `Retry-After` and beside what the rate limit takes. A probe that hangs is repeated after 5/3 of
 * the circuit breaker's cap, plus an eighth by chance; an event that was received just before the
 * recovery waits for the longest wait.
 */
export function lastPageBound(settings: DeliverySettings): number {
  return 1.125 * (5 / 3) * settings.circuitCapSeconds * 1000 + retryCapOf(settings);
}

/**
 * Reads the settings that the stack wrote.
 *
 * @throws Error when a setting is missing or not a number of at least zero: the template and the bundle
 *   come from different versions
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
