import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import type { StageInput } from '../../config/stage.ts';

const smallest: StageInput = {
  name: 'small',
  routes: [{ environment: '*', service: 'platform' }],
};

const ARN = 'arn:aws:acm:eu-west-1:123456789012:certificate/0a';

/** The lines of the error, without the heading. */
function mistakes(change: object): string[] {
  try {
    defineStage({ ...smallest, ...change });
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.slice(1).map((line) => line.trim());
  }
  return [];
}

describe('a mistake in a stage names the path and the fix', () => {
  test.each<[string, object, string]>([
    [
      'no name',
      { name: undefined },
      'stages.undefined.name: is missing; a name is 1 to 40 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen',
    ],
    [
      'a name that no stack can have',
      { name: 'Prod_1' },
      'stages.Prod_1.name: "Prod_1" cannot be used; a name is 1 to 40 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen',
    ],
    [
      'a misspelt field',
      { throtle: {} },
      'stages.small.throtle: is not a field; did you mean throttle?',
    ],
    [
      'an account as a number',
      { account: 123456789012, region: 'eu-west-1' },
      'stages.small.account: 123456789012 cannot be used; an account is a string of 12 digits',
    ],
    [
      'an account without a region',
      { account: '123456789012' },
      'stages.small.region: is missing; an account needs the region to deploy to',
    ],
    [
      'an availability zone as region',
      { region: 'eu-west-1a' },
      'stages.small.region: "eu-west-1a" cannot be used; a region looks like eu-west-1',
    ],
    [
      'a reserve that Lambda would throttle batches at',
      { deliveryFunction: { reservedConcurrency: 4 }, delivery: { maxConcurrentBatches: 5 } },
      'stages.small.deliveryFunction.reservedConcurrency: 4 is below delivery.maxConcurrentBatches 5; Lambda would throttle batches, and their events would be late. Use at least 5',
    ],
    [
      'another state of the key',
      { customerManagedKey: 'off' },
      'stages.small.customerManagedKey: "off" is none of the states of a key; use true, false or \'decrypt-only\'',
    ],
    [
      'an unknown PagerDuty region',
      { pagerDutyRegion: 'de' },
      'stages.small.pagerDutyRegion: "de" is not offered; use one of us, eu',
    ],
    [
      'a PagerDuty URL beside a region',
      { pagerDutyRegion: 'eu', pagerDutyUrl: 'https://egress.example' },
      'stages.small.pagerDutyUrl: is set, and pagerDutyRegion eu too; keep the one that is meant',
    ],
    [
      'a PagerDuty URL with a query',
      { pagerDutyUrl: 'https://egress.example/?to=pagerduty' },
      'stages.small.pagerDutyUrl: "https://egress.example/?to=pagerduty" cannot be used; write an https:// base URL without user, query or fragment, such as https://events.pagerduty.com',
    ],
    [
      'an unknown severity for all routes',
      { severity: { default: 'high', over: [{ ratio: 2, severity: 'critical' }] } },
      'stages.small.severity.default: "high" is not a severity; use one of info, warning, error, critical',
    ],
    [
      'a console without TLS',
      { consoleUrl: 'http://glasnostic.example' },
      'stages.small.consoleUrl: "http://glasnostic.example" cannot be used; write an https:// base URL without user, query or fragment, such as https://app.glasnostic.com',
    ],
    [
      'a console that is no URL',
      { consoleUrl: 7 },
      'stages.small.consoleUrl: 7 cannot be used; write an https:// base URL without user, query or fragment, such as https://app.glasnostic.com',
    ],
    [
      'an e-mail address without a host',
      { alarmEmails: ['ok@example.com', 'oncall'] },
      'stages.small.alarmEmails[1]: "oncall" is not an e-mail address',
    ],
    [
      'one address instead of a list',
      { alarmEmails: 'ok@example.com' },
      'stages.small.alarmEmails: "ok@example.com" is not a list',
    ],
    ['a list instead of an object', { throttle: [] }, 'stages.small.throttle: [] is not an object'],
    [
      'a throttle of nothing',
      { throttle: { ratePerSecond: 0 } },
      'stages.small.throttle.ratePerSecond: 0 is not a whole number from 1 to 10000; API Gateway gives an account 10,000 requests per second',
    ],
    [
      'an ingest function slower than its API',
      { ingestFunction: { timeoutSeconds: 30 } },
      'stages.small.ingestFunction.timeoutSeconds: 30 is not a whole number from 1 to 29; an HTTP API stops waiting after 30 seconds',
    ],
    [
      'a large batch without a window',
      { deliveryFunction: { batchSize: 1000 } },
      'stages.small.deliveryFunction.batchWindowSeconds: 0 allows batches of 10 at most; use at least 1 with batchSize 1000',
    ],
    [
      'retention beyond SQS',
      { queue: { retentionDays: 15 } },
      'stages.small.queue.retentionDays: 15 is not a whole number from 1 to 14; SQS keeps a message for 14 days at most',
    ],
    [
      'a log retention that CloudWatch lacks',
      { logs: { retentionDays: 10 } },
      'stages.small.logs.retentionDays: 10 is not offered; use one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653',
    ],
    [
      'a log level, which earlier versions had',
      Object({ logs: { level: 'INFO' } }),
      'stages.small.logs.level: is not a field; use one of retentionDays',
    ],
    [
      'a network without a prefix',
      { allowedNetworks: ['203.0.113.0/24', '2001:db8::/32', '203.0.113.7'] },
      'stages.small.allowedNetworks[2]: "203.0.113.7" is not a network; use CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32',
    ],
    [
      'a prefix longer than the address',
      { allowedNetworks: ['203.0.113.0/33'] },
      'stages.small.allowedNetworks[0]: "203.0.113.0/33" is not a network; use CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32',
    ],
    [
      'too many networks for an environment variable',
      { allowedNetworks: Array.from({ length: 51 }, (_, i) => `10.0.${i}.0/24`) },
      'stages.small.allowedNetworks: has 51 entries; use at most 50',
    ],
    [
      'a silence longer than CloudWatch looks back',
      { alarms: { silenceHours: 25 } },
      'stages.small.alarms.silenceHours: 25 is not a whole number from 0 to 24; 0 switches the alarm off, and CloudWatch looks back one day',
    ],
    [
      'a runbook with a fragment',
      { alarms: { runbookUrl: 'https://wiki.example/bridge#top' } },
      'stages.small.alarms.runbookUrl: "https://wiki.example/bridge#top" cannot be used; write an address that begins with https:// and has no blanks, query or fragment; alarms append the section',
    ],
    [
      'yes as text',
      { terminationProtection: 'yes' },
      'stages.small.terminationProtection: "yes" is not a yes or no; use true or false',
    ],
    [
      'no reserve at all',
      { ingestFunction: { reservedConcurrency: 0 } },
      'stages.small.ingestFunction.reservedConcurrency: 0 is not a whole number from 1 to 1000; an account has a concurrency of 1,000 unless AWS raised it',
    ],
    [
      'a domain that is none',
      {
        customDomain: {
          name: 'alerts',
          certificateArn: ARN,
        },
      },
      'stages.small.customDomain.name: "alerts" cannot be used; write a fully qualified domain name in lower case, such as alerts.example.com',
    ],
    [
      'a certificate of another region',
      {
        region: 'eu-west-1',
        customDomain: {
          name: 'alerts.example.com',
          certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0a',
        },
      },
      'stages.small.customDomain.certificateArn: is in us-east-1, the stage in eu-west-1; an HTTP API takes certificates of its own region',
    ],
  ])('%s', (_, change, message) => {
    expect(mistakes(change)).toEqual([message]);
  });

  test('all of them at once', () => {
    expect(
      mistakes({ region: 'x', throttle: { burst: '5' }, routes: [{ environment: ' a' }] }),
    ).toHaveLength(4);
  });

  test('every unknown field of an object', () => {
    expect(mistakes({ logs: { levl: 'INFO', retentionDay: 30 }, keepdata: true })).toEqual([
      'stages.small.logs.levl: is not a field; use one of retentionDays',
      'stages.small.logs.retentionDay: is not a field; did you mean retentionDays?',
      'stages.small.keepdata: is not a field; did you mean keepData?',
    ]);
  });
});
