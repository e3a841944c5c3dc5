/** Reads the delivery settings of a stage. */

import { DEFAULT_DELIVERY_SETTINGS, type DeliverySettings } from '../lambda/delivery/settings.ts';
import type { Bounds, Section } from './section.ts';

/**
 * SQS keeps a message invisible for 12 hours at most, and the time before counts. Half of it leaves
 * room, and is the longest that delivery waits.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
const LONGEST_WAIT_SECONDS = 6 * 3600;

const WAIT_IS_VISIBILITY =
  'a wait is an SQS visibility timeout, and half of its 12 hours is left as room';

const BOUNDS: Readonly<Record<keyof DeliverySettings, Bounds>> = {
  callsPerMinute: {
    min: 1,
    max: 120,
    why: 'PagerDuty answers 429 above about 120 calls a minute per integration key',
  },
  updateIntervalSeconds: {
    min: 0,
    max: 3600,
    why: 'an open incident that is updated less than hourly shows stale values',
  },
  callTimeoutSeconds: {
    min: 1,
    max: 60,
    why: 'a call that takes longer holds up every other event of its batch',
  },
  concurrentCalls: {
    min: 1,
    max: 100,
    why: 'more connections than that look like an attack to PagerDuty',
  },
  retryBaseSeconds: { min: 1, max: LONGEST_WAIT_SECONDS, why: WAIT_IS_VISIBILITY },
  retryCapSeconds: { min: 1, max: LONGEST_WAIT_SECONDS, why: WAIT_IS_VISIBILITY },
  giveUpAfterSeconds: {
    min: 60,
    max: 13 * 86_400,
    why: 'SQS deletes a message after 14 days, and giving up has to come before that',
  },
  circuitFailures: {
    min: 1,
    max: 100,
    why: 'each failure costs a call, so the circuit has to open at some point',
  },
  circuitCapSeconds: {
    min: 1,
    max: 300,
    why: 'the alarm on an outage counts failed probes in periods of five minutes',
  },
  missingKeyRetrySeconds: {
    min: 1,
    max: 3600,
    why: 'a key that was set should be found within the hour',
  },
  maxConcurrentBatches: {
    min: 2,
    max: 1000,
    why: "these are the bounds of Lambda's MaximumConcurrency",
  },
};

/** Reads the settings, each with its default and its bounds. */
export function readDelivery(section: Section): DeliverySettings {
  const read = (name: keyof DeliverySettings): number =>
    section.integer(name, DEFAULT_DELIVERY_SETTINGS[name], BOUNDS[name]);
  const settings: DeliverySettings = {
    callsPerMinute: read('callsPerMinute'),
    updateIntervalSeconds: read('updateIntervalSeconds'),
    callTimeoutSeconds: read('callTimeoutSeconds'),
    concurrentCalls: read('concurrentCalls'),
    retryBaseSeconds: read('retryBaseSeconds'),
    retryCapSeconds: read('retryCapSeconds'),
    giveUpAfterSeconds: read('giveUpAfterSeconds'),
    circuitFailures: read('circuitFailures'),
    circuitCapSeconds: read('circuitCapSeconds'),
    missingKeyRetrySeconds: read('missingKeyRetrySeconds'),
    maxConcurrentBatches: read('maxConcurrentBatches'),
  };
  section.close();
  if (settings.retryBaseSeconds > settings.retryCapSeconds) {
    section.problem(
      'retryBaseSeconds',
      `${settings.retryBaseSeconds} is above retryCapSeconds ${settings.retryCapSeconds}; the first wait cannot be longer than the longest`,
    );
  }
  if (settings.callsPerMinute < settings.maxConcurrentBatches) {
    section.problem(
      'callsPerMinute',
      `${settings.callsPerMinute} is below maxConcurrentBatches ${settings.maxConcurrentBatches}; batches share the calls, and each needs one`,
    );
  }
  return settings;
}
