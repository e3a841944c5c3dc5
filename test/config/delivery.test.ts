import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';

/** The lines of the error of a stage named `small`, without the heading. */
function mistakes(change: object): string[] {
  try {
    defineStage({ name: 'small', routes: [{ environment: '*', service: 's' }], ...change });
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.slice(1).map((line) => line.trim());
  }
  return [];
}

describe('a mistake in the delivery settings', () => {
  test.each<[string, object, string]>([
    [
      'text',
      { callsPerMinute: '120' },
      'stages.small.delivery.callsPerMinute: "120" is not a whole number from 1 to 120; PagerDuty answers 429 above about 120 calls per minute per integration key',
    ],
    [
      'more calls than PagerDuty takes',
      { callsPerMinute: 121 },
      'stages.small.delivery.callsPerMinute: 121 is not a whole number from 1 to 120; PagerDuty answers 429 above about 120 calls per minute per integration key',
    ],
    [
      'fewer calls than batches',
      { callsPerMinute: 2, maxConcurrentBatches: 3 },
      'stages.small.delivery.callsPerMinute: 2 is below maxConcurrentBatches 3; batches share the calls, and each needs one',
    ],
    [
      'a fraction',
      { retryBaseSeconds: 0.5 },
      'stages.small.delivery.retryBaseSeconds: 0.5 is not a whole number from 1 to 21600; a wait is an SQS visibility timeout, and half of its 12 hours is left as room',
    ],
    [
      'a base above the cap',
      { retryBaseSeconds: 901 },
      'stages.small.delivery.retryBaseSeconds: 901 is above retryCapSeconds 180; the first wait cannot be longer than the longest',
    ],
    [
      'a cap beyond visibility',
      { retryCapSeconds: 43_200 },
      'stages.small.delivery.retryCapSeconds: 43200 is not a whole number from 1 to 21600; a wait is an SQS visibility timeout, and half of its 12 hours is left as room',
    ],
    [
      'giving up after SQS did',
      { giveUpAfterSeconds: 14 * 86_400 },
      'stages.small.delivery.giveUpAfterSeconds: 1209600 is not a whole number from 60 to 1123200; SQS deletes a message after 14 days, and giving up has to come before that',
    ],
    [
      'one batch at a time',
      { maxConcurrentBatches: 1 },
      "stages.small.delivery.maxConcurrentBatches: 1 is not a whole number from 2 to 1000; these are the bounds of Lambda's MaximumConcurrency",
    ],
    [
      'a call as long as the function',
      { callTimeoutSeconds: 31 },
      'stages.small.delivery.callTimeoutSeconds: 31 is more than half of deliveryFunction.timeoutSeconds 60; one slow call must leave time to give the rest back',
    ],
    [
      'a misspelt setting',
      { callTimeoutSecond: 5 },
      'stages.small.delivery.callTimeoutSecond: is not a field; did you mean callTimeoutSeconds?',
    ],
  ])('%s', (_, delivery, message) => {
    expect(mistakes({ delivery })).toEqual([message]);
  });

  test('settings that do not fit together are reported beside other mistakes', () => {
    expect(mistakes({ delivery: { concurrentCalls: '8', retryBaseSeconds: 901 } })).toHaveLength(2);
  });

  test('giving up after the stage\u2019s own retention', () => {
    expect(mistakes({ queue: { retentionDays: 1 } })).toEqual([
      'stages.small.delivery.giveUpAfterSeconds: 86400 and one wait of 180 reach the 86400 seconds that queue.retentionDays 1 keeps a message; SQS would delete it before it is given up',
    ]);
  });
});
