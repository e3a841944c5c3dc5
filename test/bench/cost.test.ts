import { describe, expect, test } from '@jest/globals';
import { accessLogBytes, platformBytes, textLogBytes } from '../../bench/cost/log-lines.ts';
import {
  billedGigabyteSeconds,
  costOf,
  NOTHING_USED,
  scaled,
  standingCost,
  totalOf,
  tracesOf,
  type Usage,
} from '../../bench/cost/model.ts';
import { PRICES } from '../../bench/cost/prices.ts';
import { standingOf } from '../../bench/cost/stack.ts';
import type { JsonObject } from '../../lambda/shared/json.ts';
import type { StackTemplate, TemplateResource } from '../../local/stack/template.ts';

const MILLION = 1_000_000;
const GIGABYTE = 2 ** 30;

/** One second of waiting in one GB: 1 GB-second, and no rounding to speak of. */
const gigabyteSecond = { invocations: 0, cpuSeconds: 0, waitSeconds: 1, memoryMB: 1024 };

describe('what a load costs', () => {
  test('is nothing when it used nothing', () => {
    expect(costOf(NOTHING_USED, PRICES)).toEqual({});
  });

  test.each<[string, Partial<Usage>, object]>([
    ['requests to the HTTP API', { apiRequests: MILLION }, { 'API Gateway': 1 }],
    ['requests to SQS', { queueRequests: 2 * MILLION }, { SQS: 0.8 }],
    [
      'the surcharge of groups',
      { queueRequests: MILLION, fairQueueRequests: MILLION },
      { SQS: 0.5 },
    ],
    ['secrets read', { secretCalls: 10_000 }, { 'Secrets Manager': 0.05 }],
    ['log bytes', { logBytes: 3 * GIGABYTE }, { CloudWatch: 1.5 }],
    ['traces', { traces: MILLION }, { 'X-Ray': 5 }],
    ['bytes to the internet', { bytesOut: GIGABYTE }, { 'data transfer': 0.09 }],
    ['EventBridge', { customEvents: MILLION, apiDestinationCalls: MILLION }, { EventBridge: 1.2 }],
    ['GB-seconds', { functions: [gigabyteSecond] }, { Lambda: 0.000_013_333_4 }],
  ])('%s', (_, usage, bill) => {
    const cost = costOf({ ...NOTHING_USED, ...usage }, PRICES);
    expect(cost).toEqual(
      Object.fromEntries(
        Object.entries(bill).map(([service, usd]) => [service, expect.closeTo(Number(usd), 9)]),
      ),
    );
  });

  test('adds up, and grows with the events', () => {
    const bill = costOf({ ...NOTHING_USED, apiRequests: 10, queueRequests: 30 }, PRICES);
    expect(totalOf(scaled(bill, MILLION / 10))).toBeCloseTo(1 + 1.2, 9);
  });
});

describe('what Lambda bills', () => {
  const computing = { invocations: 0, cpuSeconds: 10, waitSeconds: 0 };

  test('computing costs the same at any memory below a core: less of one takes longer', () => {
    const whole = billedGigabyteSeconds({ ...computing, memoryMB: 1769 });
    expect(whole).toBeCloseTo((10 * 1769) / 1024, 6);
    expect(billedGigabyteSeconds({ ...computing, memoryMB: 512 })).toBeCloseTo(whole, 6);
    expect(billedGigabyteSeconds({ ...computing, memoryMB: 2 * 1769 })).toBeCloseTo(2 * whole, 6);
  });

  test('waiting costs what the memory costs', () => {
    const waiting = { invocations: 0, cpuSeconds: 0, waitSeconds: 8 };
    expect(billedGigabyteSeconds({ ...waiting, memoryMB: 512 })).toBe(4);
  });

  test('each invocation is rounded up', () => {
    const none = { cpuSeconds: 0, waitSeconds: 0, memoryMB: 1024 };
    expect(billedGigabyteSeconds({ ...none, invocations: 2000 })).toBeCloseTo(1, 9);
  });
});

test.each([
  ['all of a trickle', 0.1, 1000],
  ['all of one a second', 1, 1000],
  ['one in ten and a twentieth of the others, of ten a second', 10, 145],
])('X-Ray records %s', (_, perSecond, traces) => {
  expect(tracesOf(1000, perSecond)).toBeCloseTo(traces, 6);
});

describe('lines that AWS writes', () => {
  const fn = { arn: 'arn:a', memoryMB: 512, systemLogLevel: 'INFO', isTraced: false };

  test('of an invocation: none above INFO, longer with a trace', () => {
    expect(platformBytes({ ...fn, systemLogLevel: 'WARN' })).toBe(0);
    const plain = platformBytes(fn);
    expect(plain).toBeGreaterThan(400);
    expect(platformBytes({ ...fn, isTraced: true })).toBeGreaterThan(plain + 200);
    expect(textLogBytes('x'.repeat(100)) - textLogBytes('')).toBe(100);
  });

  test('of a request: the format with its variables as long as they are', () => {
    expect(accessLogBytes('')).toBe(26);
    expect(accessLogBytes('{"s":"$context.status"}')).toBe(26 + '{"s":"202"}'.length);
    expect(accessLogBytes('$context.integration.status $context.status')).toBe(26 + 7);
  });
});

function resource(type: string, properties: JsonObject = {}): TemplateResource {
  return { logicalId: type, type, properties };
}

test('an idle month is that of the parts in the template', () => {
  const onTwo = [{ Expression: 'a + b' }, { MetricStat: {} }, { MetricStat: {} }];
  const template: StackTemplate = {
    stackName: 'stack',
    outputs: {},
    assetFolders: new Map(),
    resources: [
      resource('AWS::CloudWatch::Alarm', { MetricName: 'Errors' }),
      resource('AWS::CloudWatch::Alarm', { Metrics: onTwo }),
      resource('AWS::CloudWatch::Dashboard'),
      resource('AWS::SecretsManager::Secret'),
      resource('AWS::SecretsManager::Secret'),
      resource('AWS::Lambda::EventSourceMapping'),
    ],
  };
  const standing = standingOf(template);
  // Five polls every 20 s in 730 hours.
  expect(standing).toMatchObject({ alarmMetrics: 3, dashboards: 1, secrets: 2 });
  expect(standing.emptyReceives).toBe((5 * 730 * 3600) / 20);
  expect(standingCost(standing, PRICES)).toEqual({
    CloudWatch: expect.closeTo(3.3, 9),
    'Secrets Manager': 0.8,
    SQS: expect.closeTo(0.2628, 9),
  });
});
