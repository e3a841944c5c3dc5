import { describe, expect, test } from '@jest/globals';

import { METRICS, metricFields } from '../../../lambda/shared/metrics.ts';

const NOW = 1_649_008_345_000;

describe('metrics in a log line', () => {
  test('have the embedded metric format of CloudWatch', () => {
    expect(metricFields('example', { EventsAccepted: 1, DeliveryDelay: [120, 80] }, NOW)).toEqual({
      _aws: {
        Timestamp: NOW,
        CloudWatchMetrics: [
          {
            Namespace: 'GlasnosticPagerDuty',
            Dimensions: [['Stage']],
            Metrics: [
              { Name: 'EventsAccepted', Unit: 'Count' },
              { Name: 'DeliveryDelay', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      Stage: 'example',
      EventsAccepted: 1,
      DeliveryDelay: [120, 80],
    });
  });

  test.each([
    ['no values', {}],
    ['zeros', { EventsDelivered: 0, EventsDeduplicated: 0 }],
    ['empty lists', { DeliveryDelay: [] }],
  ])('are left out when there is nothing to publish: %s', (_, values) => {
    expect(metricFields('example', values, NOW)).toEqual({});
  });

  test('leave out a zero beside other values', () => {
    const fields = metricFields('example', { EventsDelivered: 2, EventsDeduplicated: 0 }, NOW);
    expect(fields).toMatchObject({ EventsDelivered: 2 });
    expect(JSON.stringify(fields)).not.toContain('EventsDeduplicated');
  });

  test('keep the 100 largest values of one metric', () => {
    const values = Array.from({ length: 250 }, (_, i) => (i * 7) % 250);
    const kept = metricFields('example', { DeliveryDelay: values }, NOW)['DeliveryDelay'];
    expect(kept).toEqual(Array.from({ length: 100 }, (_, i) => 249 - i));
  });

  test('have no name of another field of a log line', () => {
    const taken = ['_aws', 'Stage', 'message', 'level', 'timestamp', 'service', 'stage'];
    expect(Object.keys(METRICS).filter((name) => taken.includes(name))).toEqual([]);
  });
});
