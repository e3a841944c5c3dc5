import { isJsonObject } from '../shared/json.ts';

/**
 * How delivery behaves: every number of the delivery contract. A stage sets them, the template
 * carries them as JSON in one environment variable, the delivery function reads them from there.
 */
export interface DeliverySettings {
  /**
   * Calls per integration key in a sliding minute, over all concurrent batches. PagerDuty's limit
   * is about 120:
   * https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic
   * @default 120
   */
  readonly callsPerMinute: number;
  /** Seconds in which an incident that PagerDuty knows of needs no further call. @default 60 */
  readonly updateIntervalSeconds: number;
  /** Seconds until a call to PagerDuty counts as timed out. @default 10 */
  readonly callTimeoutSeconds: number;
  /** Calls to PagerDuty under way at once in one batch. @default 8 */
  readonly concurrentCalls: number;
  /** First step of the exponential back-off, seconds. @default 5 */
  readonly retryBaseSeconds: number;
  /** Longest back-off, seconds. @default 900 */
  readonly retryCapSeconds: number;
  /** Age in seconds, since it was enqueued, at which an event is given up. @default 86400 */
  readonly giveUpAfterSeconds: number;
  /**
   * Different incidents in a row that fail to reach PagerDuty before the circuit opens. @default 3
   */
  readonly circuitFailures: number;
  /** Longest time between two probes while the circuit is open, seconds. @default 60 */
  readonly circuitCapSeconds: number;
  /**
   * Seconds after which an event whose integration key is missing looks for it again, at first;
   * later a tenth of its age, up to `retryCapSeconds`. @default 60
   */
  readonly missingKeyRetrySeconds: number;
  /**
   * Batches that may run at once: the event source mapping's maximum concurrency, at least 2.
   * @default 2
   */
  readonly maxConcurrentBatches: number;
}

/**
 * What a stage gets that sets nothing. Reasons and sources: the fields of {@link DeliverySettings}.
 */
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
 * Reads the settings that the stack wrote.
 *
 * @throws Error when a setting is missing or not a number of at least zero: the template and the
 *   bundle come from different versions
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
