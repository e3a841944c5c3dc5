import { describe, expect, test } from '@jest/globals';
import type { MeasuredLoad } from '../../bench/cost/load.ts';
import { billOf, dominant, MILLION, totalOf, type Usage } from '../../bench/cost/prices.ts';
import {
  accessLogBytes,
  bridgeUsage,
  eventBridgeUsage,
  gigabyteSeconds,
  idleMonth,
  synchronousUsage,
} from '../../bench/cost/usage.ts';
import { example } from '../../config/example.ts';
import type { JsonObject } from '../../lambda/shared/json.ts';
import type { StackTemplate, TemplateResource } from '../../local/stack/template.ts';
import { templateOf } from '../lib/stages.ts';

interface TemplateOfResource {
  readonly Type: string;
  readonly Properties?: JsonObject;
}

const GIGABYTE = 2 ** 30;

describe('a bill', () => {
  test('is empty when nothing was used', () => {
    expect(billOf([{}, 1])).toEqual(new Map());
  });

  test.each<[string, Usage, string, number]>([
    ['requests to the HTTP API', { apiRequests: MILLION }, 'API Gateway', 1],
    ['requests to SQS', { queueRequests: 2 * MILLION }, 'SQS', 0.8],
    ['the surcharge of groups', { queueRequests: 1e6, fairQueueRequests: 1e6 }, 'SQS', 0.5],
    ['secrets read', { secretReads: 10_000 }, 'Secrets Manager', 0.05],
    ['log bytes', { logBytes: 3 * GIGABYTE }, 'CloudWatch', 1.5],
    ['bytes to the internet', { bytesOut: GIGABYTE }, 'data transfer', 0.09],
    ['EventBridge', { busEvents: MILLION, destinationCalls: MILLION }, 'EventBridge', 1.2],
    ['Lambda', { invocations: MILLION, gigabyteSeconds: 1 }, 'Lambda', 0.200_013_333_4],
    ['a table', { tableReads: MILLION, tableWrites: MILLION }, 'DynamoDB', 0.75],
    ['an encryption key', { encryptionKeys: 1 }, 'KMS', 1],
  ])('of %s', (_, usage, service, usd) => {
    expect(billOf([usage, 1])).toEqual(new Map([[service, expect.closeTo(usd, 9)]]));
  });

  test('adds usages, each times its factor', () => {
    const bill = billOf([{ apiRequests: 10 }, MILLION / 10], [{ queueRequests: 30 }, 100_000]);
    expect(totalOf(bill)).toBeCloseTo(1 + 1.2, 9);
    expect(dominant(bill)).toBe('SQS 55 %, API Gateway 45 %');
  });
});

describe('billed GB-seconds', () => {
  const computing = { invocations: 0, cpuSeconds: 10, waitSeconds: 0 };

  test('of computing are the same at any memory below a core: less of one takes longer', () => {
    const whole = gigabyteSeconds(1769, computing);
    expect(whole).toBeCloseTo((10 * 1769) / 1024, 6);
    expect(gigabyteSeconds(512, computing)).toBeCloseTo(whole, 6);
    expect(gigabyteSeconds(2 * 1769, computing)).toBeCloseTo(2 * whole, 6);
  });

  test('of waiting grow with the memory', () => {
    expect(gigabyteSeconds(512, { invocations: 0, cpuSeconds: 0, waitSeconds: 8 })).toBe(4);
  });

  test('round each invocation up', () => {
    const use = { invocations: 2000, cpuSeconds: 0, waitSeconds: 0 };
    expect(gigabyteSeconds(1024, use)).toBeCloseTo(1, 9);
  });
});

function stackOf(...resources: readonly (readonly [type: string, of?: JsonObject])[]) {
  return {
    stackName: 'stack',
    outputs: {},
    conditions: {},
    assetFolders: new Map(),
    resources: resources.map(([type, properties = {}]): TemplateResource => {
      return { logicalId: type, type, properties };
    }),
  } satisfies StackTemplate;
}

test.each([
  ['{"s":"$context.status"}', 26 + '{"s":"202"}'.length],
  ['$context.integration.status $context.status', 26 + 7],
  [undefined, 0],
])('a line of the access log %s has %i bytes', (format, bytes) => {
  const AccessLogSettings = format === undefined ? {} : { Format: format };
  expect(accessLogBytes(stackOf(['AWS::ApiGatewayV2::Stage', { AccessLogSettings }]))).toBe(bytes);
});

test('an idle month has the resources of the template', () => {
  const onTwo = [{ Expression: 'a + b' }, { MetricStat: {} }, { MetricStat: {} }];
  const usage = idleMonth(
    stackOf(
      ['AWS::CloudWatch::Alarm', { MetricName: 'Errors' }],
      ['AWS::CloudWatch::Alarm', { Metrics: onTwo }],
      ['AWS::CloudWatch::Dashboard'],
      ['AWS::SecretsManager::Secret'],
      ['AWS::SecretsManager::Secret'],
      ['AWS::Lambda::EventSourceMapping'],
    ),
  );
  expect(usage).toMatchObject({ alarmMetrics: 3, dashboards: 1, secrets: 2 });
  // Five polls every 20 s in 730 hours.
  expect(usage.queueRequests).toBe((5 * 730 * 3600) / 20);
  expect(Object.fromEntries(billOf([usage, 1]))).toEqual({
    CloudWatch: expect.closeTo(3.3, 9),
    'Secrets Manager': 0.8,
    SQS: expect.closeTo(0.2628, 9),
  });
});

function monthWithTicks(...more: readonly (readonly [type: string])[]) {
  const fn = ['AWS::Lambda::Function', { MemorySize: 512 }] as const;
  return idleMonth(stackOf(['AWS::Scheduler::Schedule'], fn, ...more));
}

test('a tick per minute is scheduled, queued, processed, logged and counted', () => {
  const ticks = 730 * 60;
  const usage = monthWithTicks();
  expect(usage).toMatchObject({
    scheduled: ticks,
    invocations: ticks,
    queueRequests: 2 * ticks,
    customMetrics: 1,
    tableReads: 0,
  });
  const { CloudWatch, ...others } = Object.fromEntries(billOf([usage, 1]));
  expect(CloudWatch).toBeCloseTo(0.31, 2);
  expect(others).toEqual({
    EventBridge: expect.closeTo(0.0438, 4),
    SQS: expect.closeTo(0.035, 4),
    Lambda: expect.closeTo(0.0109, 4),
  });
  expect(monthWithTicks(['AWS::DynamoDB::Table'])).toMatchObject({ tableReads: ticks });
});

test('a month without events of the stage example costs less than USD 6.50, with the dashboard', () => {
  const template: Record<string, TemplateOfResource> = templateOf(example).toJSON()['Resources'];
  const resources = Object.entries(template).map(([logicalId, { Type, Properties = {} }]) => ({
    logicalId,
    type: Type,
    properties: Properties,
  }));
  const usage = idleMonth({
    stackName: 'example',
    resources,
    outputs: {},
    conditions: {},
    assetFolders: new Map(),
  });
  expect(usage).toMatchObject({ dashboards: 1, customMetrics: 1, alarmMetrics: 20 });
  expect(totalOf(billOf([usage, 1]))).toBeLessThan(6.5);
});

describe('an event', () => {
  const measured: MeasuredLoad = {
    counts: {
      receives: 0.5,
      'calls to PagerDuty': 0.1,
      'secrets read': 0.01,
      'invocations of ingest': 1,
      'processor seconds of ingest': 0.002,
      'log bytes of ingest': 600,
      'sqs:SendMessage of ingest': 1,
      'invocations of delivery': 0.5,
      'processor seconds of delivery': 0.001,
      'log bytes of delivery': 400,
      // Of these, only the poller's receives with messages and its deletes are charged.
      'sqs:ReceiveMessage of delivery': 9,
      'sqs:DeleteMessageBatch of delivery': 0.5,
      'sqs:ChangeMessageVisibilityBatch of delivery': 0.25,
    },
    callBytes: 1000,
    metrics: 9,
  };
  const stack = { ingestMB: 1769, deliveryMB: 1769, accessLogBytes: 200 };

  test('uses on the bridge what was counted, and waits for its own calls', () => {
    const ingest = 0.002 + 0.01 + 0.01 * 0.02 + 0.0005;
    const delivery = 0.001 + 0.25 * 0.01 + 0.1 * 0.2 + 0.5 * 0.0005;
    expect(bridgeUsage(measured, stack)).toEqual({
      apiRequests: 1,
      invocations: 1.5,
      gigabyteSeconds: expect.closeTo(((ingest + delivery) * 1769) / 1024, 9),
      queueRequests: 2.25,
      fairQueueRequests: 2.25,
      secretReads: 0.01,
      tableWrites: 0,
      logBytes: 1200,
      bytesOut: 400,
    });
  });

  test('is one call each with EventBridge and in a synchronous handler', () => {
    expect(eventBridgeUsage(measured, stack)).toMatchObject({
      destinationCalls: 1,
      bytesOut: 1300,
    });
    expect(synchronousUsage(measured)).toMatchObject({
      invocations: 1,
      gigabyteSeconds: expect.closeTo((0.002 * (1769 / 256) + 0.2 + 0.0005) / 4, 9),
      bytesOut: 1300,
    });
  });
});
