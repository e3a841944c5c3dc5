import * as v from 'valibot';
import {
  DEFAULT_DELIVERY_SETTINGS,
  type DeliverySettings,
} from '../lambda/shared/delivery-settings.ts';
import { fields, integer, object } from './fields.ts';

/**
 * SQS keeps a message invisible for 12 hours at most, and the time that has passed counts.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
const wait = integer(
  [1, 6 * 3600],
  'a wait is an SQS visibility timeout, and half of its 12 hours is left as room',
);

/** Bounds of each setting, with the reason. Meanings and units: {@link DeliverySettings}. */
const settings = {
  callsPerMinute: integer(
    [1, 120],
    'PagerDuty answers 429 above about 120 calls per minute per integration key',
  ),
  updateIntervalSeconds: integer(
    [0, 3600],
    'an open incident that is updated less than hourly shows stale values',
  ),
  callTimeoutSeconds: integer(
    [1, 60],
    'a call that takes longer delays every other event of its batch',
  ),
  concurrentCalls: integer([1, 100], 'more connections than that look like an attack to PagerDuty'),
  retryBaseSeconds: wait,
  retryCapSeconds: wait,
  giveUpAfterSeconds: integer(
    [60, 13 * 86_400],
    'SQS deletes a message after 14 days, and giving up has to come before that',
  ),
  circuitFailures: integer(
    [1, 100],
    'each failure costs a call, so the circuit has to open at some point',
  ),
  circuitCapSeconds: integer(
    [1, 300],
    'the alarm on an outage counts failed probes in periods of five minutes',
  ),
  maxConcurrentBatches: integer([2, 1000], "these are the bounds of Lambda's MaximumConcurrency"),
} satisfies Readonly<Record<keyof DeliverySettings, v.GenericSchema<number>>>;

/** The delivery settings of a stage. Type and defaults: `lambda/shared/delivery-settings.ts`. */
export const Delivery: v.GenericSchema<Partial<DeliverySettings>, DeliverySettings> = v.pipe(
  object<Partial<DeliverySettings>>(),
  v.transform((given) => ({ ...DEFAULT_DELIVERY_SETTINGS, ...given })),
  fields(settings),
  v.forward(
    v.partialCheck(
      [['retryBaseSeconds'], ['retryCapSeconds']],
      ({ retryBaseSeconds, retryCapSeconds }) => retryBaseSeconds <= retryCapSeconds,
      ({ input: { retryBaseSeconds, retryCapSeconds } }) =>
        `${retryBaseSeconds} is above retryCapSeconds ${retryCapSeconds}; the first wait cannot be longer than the longest`,
    ),
    ['retryBaseSeconds'],
  ),
  v.forward(
    v.partialCheck(
      [['callsPerMinute'], ['maxConcurrentBatches']],
      ({ callsPerMinute, maxConcurrentBatches }) => callsPerMinute >= maxConcurrentBatches,
      ({ input: { callsPerMinute, maxConcurrentBatches } }) =>
        `${callsPerMinute} is below maxConcurrentBatches ${maxConcurrentBatches}; batches share the calls, and each needs one`,
    ),
    ['callsPerMinute'],
  ),
);
