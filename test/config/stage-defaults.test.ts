import { describe, expect, test } from '@jest/globals';
import { defineStage, defineStages } from '../../config/define-stage.ts';
import { stages } from '../../config/index.ts';
import type { StageInput } from '../../config/stage.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../lambda/shared/delivery-settings.ts';

const smallest: StageInput = {
  name: 'small',
  routes: [{ environment: '*', service: 'platform' }],
};

describe('a stage with defaults', () => {
  test('is complete when only its name and routes are given', () => {
    expect(defineStage(smallest)).toEqual({
      name: 'small',
      pagerDutyUrl: 'https://events.pagerduty.com',
      consoleUrl: 'https://app.glasnostic.com',
      routes: smallest.routes,
      alarmEmails: [],
      throttle: { ratePerSecond: 1000, burst: 2000 },
      alarms: {
        deliveryDelaySeconds: 300,
        unauthorizedPerFiveMinutes: 100,
        silenceHours: 0,
      },
      allowedNetworks: [],
      tracing: false,
      dashboard: true,
      customerManagedKey: false,
      keepData: false,
      terminationProtection: false,
      tags: {},
      fipsEndpoints: false,
      architecture: 'arm64',
      operatorPolicies: false,
      ingestFunction: { memoryMB: 512, timeoutSeconds: 10 },
      deliveryFunction: {
        memoryMB: 512,
        timeoutSeconds: 60,
        batchSize: 10,
        batchWindowSeconds: 0,
      },
      delivery: DEFAULT_DELIVERY_SETTINGS,
      queue: { retentionDays: 14 },
      logs: { retentionDays: 30 },
    });
  });

  test('keeps what is set, and the defaults beside it', () => {
    const stage = defineStage({
      ...smallest,
      account: '123456789012',
      region: 'eu-west-1',
      pagerDutyRegion: 'eu',
      consoleUrl: 'http://127.0.0.1:4100/console/',
      alarmEmails: ['oncall@example.com'],
      throttle: { burst: 7 },
      delivery: { callsPerMinute: 60 },
      logs: { retentionDays: 90 },
    });
    expect(stage).toMatchObject({
      account: '123456789012',
      region: 'eu-west-1',
      pagerDutyUrl: 'https://events.eu.pagerduty.com',
      consoleUrl: 'http://127.0.0.1:4100/console',
      alarmEmails: ['oncall@example.com'],
      throttle: { ratePerSecond: 1000, burst: 7 },
      delivery: { ...DEFAULT_DELIVERY_SETTINGS, callsPerMinute: 60 },
      logs: { retentionDays: 90 },
    });
  });

  test('calls the URL of an Events API, instead of a region', () => {
    const stage = defineStage({ ...smallest, pagerDutyUrl: 'https://egress.example/pagerduty/' });
    expect(stage.pagerDutyUrl).toBe('https://egress.example/pagerduty');
    expect(stage).not.toHaveProperty('pagerDutyRegion');
  });

  test('gives its severity to the routes that set none', () => {
    const over = [{ ratio: 2, severity: 'critical' }] as const;
    const stage = defineStage({
      name: 'small',
      severity: { default: 'error', over },
      routes: [
        { environment: 'a', ignore: true },
        { environment: 'b', service: 's', severity: 'info' },
        { environment: '*', domain: 'SEGMENTATION', service: 'network' },
        { environment: '*', service: 's' },
      ],
    });
    expect(stage.routes).toEqual([
      { environment: 'a', ignore: true },
      { environment: 'b', service: 's', severity: 'info' },
      // Denied connections have no value, so no step ever applies.
      { environment: '*', domain: 'SEGMENTATION', service: 'network', severity: 'error' },
      { environment: '*', service: 's', severity: { default: 'error', over } },
    ]);
    expect(stage).not.toHaveProperty('severity');
  });

  test('takes a field that is undefined as left out', () => {
    const left: object = { region: undefined, delivery: { callsPerMinute: undefined } };
    expect(defineStage({ ...smallest, ...left })).toStrictEqual(defineStage(smallest));
  });

  test('may have a region without an account: the caller\u2019s account, there', () => {
    expect(defineStage({ ...smallest, region: 'ap-southeast-2' }).region).toBe('ap-southeast-2');
  });

  test('the stages of the project are there, each once', () => {
    expect(stages.map(({ name }) => name)).toEqual(['example', 'local']);
    expect(() => defineStages([...stages, defineStage({ ...smallest, name: 'local' })])).toThrow(
      'stages.local: is there twice; give each stage a name of its own',
    );
  });
});
