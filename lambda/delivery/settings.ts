import { isJsonObject } from '../shared/json.ts';

/**
 * Settings of the delivery function. A stage sets them. The stack passes them to the function as
 * JSON in one environment variable.
 */
export interface DeliverySettings {
  /**
   * Calls per integration key in a sliding minute, over all concurrent batches. PagerDuty's limit
   * is about 120:
   * https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
   * @default 120
   */
  readonly callsPerMinute: number;
  /** Shortest time between two updates of an incident at the same severity, seconds. @default 60 */
  readonly updateIntervalSeconds: number;
  /** Timeout of a call to PagerDuty, seconds. @default 10 */
  readonly callTimeoutSeconds: number;
  /** Most concurrent calls to PagerDuty per batch. @default 8 */
  readonly concurrentCalls: number;
  /** First step of the exponential backoff, seconds. @default 5 */
  readonly retryBaseSeconds: number;
  /** Longest backoff, seconds. @default 900 */
  readonly retryCapSeconds: number;
  /** Time on the queue after which an event becomes a dead letter, seconds. @default 86400 */
  readonly giveUpAfterSeconds: number;
  /**
   * Number of different incidents whose calls fail in a row before the circuit opens. @default 3
   */
  readonly circuitFailures: number;
  /** Longest time between two probes while the circuit is open, seconds. @default 60 */
  readonly circuitCapSeconds: number;
  /**
   * First wait of an event whose integration key is missing, seconds. Later it waits a tenth of its
   * age, up to `retryCapSeconds`.
   * @default 60
   */
  readonly missingKeyRetrySeconds: number;
  /** Maximum concurrency of the event source mapping, in batches; at least 2. @default 2 */
  readonly maxConcurrentBatches: number;
}

/** Default settings of a stage. */
export const DEFAULT_DELIVERY_SETTINGS: DeliverySettings = {
  callsPerMinute: 120,
  updateIntervalSeconds: 60,
  callTimeoutSeconds: 10,
  concurrentCalls: 8,
  retryBaseSeconds: 5,
  retryCapSeconds: 900,
  giveUpAfterSeconds: 86_400,
  circuitFailures: 3,
  circuitCapSeconds: 60,
  missingKeyRetrySeconds: 60,
  maxConcurrentBatches: 2,
};

/**
 * Parses the settings that the stack wrote.
 *
 * @throws Error when a setting is missing or is not a number of at least zero. This happens when
 *   the template and the bundle have different versions.
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
