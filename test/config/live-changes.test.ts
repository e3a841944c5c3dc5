/**
 * Each setting of a stage says in its docstring what a change does to a live stage. The table in
 * docs/deploying.md says the same, and the templates agree.
 */

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import { DECRYPT_ONLY, type StageInput } from '../../config/stage.ts';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { templateOf } from '../lib/stages.ts';
import { replacementIdentity } from '../support/resource-spec.ts';

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** Schemas of `config/stage.ts` -> path of the setting that they describe. */
const SCHEMAS: Readonly<Record<string, string>> = {
  Throttle: 'throttle.',
  IngestFunction: 'ingestFunction.',
  DeliveryFunction: 'deliveryFunction.',
  CustomDomainSchema: 'customDomain.',
  Alarms: 'alarms.',
  Stage: '',
};

/** Settings whose fields are marked one by one. */
const SECTIONS = ['throttle', 'ingestFunction', 'deliveryFunction', 'queue', 'logs'];
const SECTIONS_WITH_PARTS = [...SECTIONS, 'customDomain', 'alarms'];

/** Setting -> its mark, from the docstrings. */
function marksInSource(): ReadonlyMap<string, string> {
  const marks = new Map<string, string>();
  let schema: string | undefined;
  let section = '';
  let comment = '';
  for (const line of read('config/stage.ts').split('\n')) {
    const [, name] = /^(?:export )?const (\w+) = /.exec(line) ?? [];
    if (name !== undefined) schema = SCHEMAS[name];
    const [, indent = '', field] = /^( +)(\w+)(?:: (?!\{)|,$)/.exec(line) ?? [];
    if (line.trim().startsWith('/**')) comment = line;
    else if (line.trim().startsWith('*')) comment += line;
    else if (schema !== undefined && field !== undefined && comment !== '') {
      if (indent.length === 2 && schema === '') section = '';
      const path = `${schema}${section}${field}`;
      if (SECTIONS_WITH_PARTS.includes(path)) section = schema === '' ? `${path}.` : '';
      else marks.set(path, /Live: ([\w ]+)\./.exec(comment)?.[1] ?? 'not marked');
      comment = '';
    }
  }
  return marks;
}

/** Setting -> its mark, from the table. */
function marksInDocument(): ReadonlyMap<string, string> {
  const [, section = ''] = read('docs/deploying.md').split('\n## Changing a live stage\n');
  const rows = section.split('\n## ')[0]?.matchAll(/^\| (`[^|]+`) +\| ([\w ]+?) +\|/gm) ?? [];
  return new Map(
    [...rows].flatMap(([, names = '', mark = '']) =>
      [...names.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => [name, mark] as const),
    ),
  );
}

const sorted = (marks: ReadonlyMap<string, string>): unknown =>
  Object.fromEntries([...marks].toSorted(([a], [b]) => a.localeCompare(b)));

const marks = marksInSource();

test('each setting is marked in its docstring, and the table of the document says the same', () => {
  expect(marks.size).toBeGreaterThanOrEqual(35);
  expect(new Set(marks.values())).toEqual(new Set(['safe', 'needs steps', 'replaces the stack']));
  expect(sorted(marksInDocument())).toEqual(sorted(marks));
});

const route = { environment: '*', service: 'platform' };
const base: StageInput = { name: 'stage', routes: [route] };
const customDomain = {
  name: 'alerts.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b',
};

/** Each setting at another value than its default: which, and the stage. */
const CHANGES: readonly (readonly [settings: string, change: Partial<StageInput>])[] = [
  [
    'throttle.ratePerSecond throttle.burst tracing dashboard consoleUrl severity allowedNetworks ' +
      'ingestFunction.memoryMB ingestFunction.timeoutSeconds deliveryFunction.memoryMB ' +
      'deliveryFunction.timeoutSeconds deliveryFunction.batchSize alarmEmails delivery ' +
      'deliveryFunction.batchWindowSeconds logs.retentionDays terminationProtection keepData ' +
      'alarms.deliveryDelaySeconds alarms.unauthorizedPerFiveMinutes alarms.silenceHours ' +
      'alarms.runbookUrl alarms.topicArn',
    {
      throttle: { ratePerSecond: 10, burst: 20 },
      tracing: true,
      dashboard: false,
      consoleUrl: 'https://console.example.com',
      severity: 'error',
      allowedNetworks: ['203.0.113.0/24'],
      ingestFunction: { memoryMB: 1024, timeoutSeconds: 5 },
      deliveryFunction: {
        memoryMB: 1024,
        timeoutSeconds: 120,
        batchSize: 100,
        batchWindowSeconds: 1,
      },
      alarmEmails: ['oncall@example.com'],
      delivery: { callsPerMinute: 60 },
      logs: { retentionDays: 90 },
      terminationProtection: true,
      keepData: true,
      alarms: {
        deliveryDelaySeconds: 600,
        unauthorizedPerFiveMinutes: 10,
        silenceHours: 12,
        runbookUrl: 'https://wiki.example/bridge',
        topicArn: 'arn:aws:sns:eu-west-1:123456789012:on-call',
      },
    },
  ],
  [
    'pagerDutyRegion ingestFunction.reservedConcurrency deliveryFunction.reservedConcurrency queue.retentionDays',
    {
      pagerDutyRegion: 'eu',
      ingestFunction: { reservedConcurrency: 5 },
      deliveryFunction: { reservedConcurrency: 5 },
      queue: { retentionDays: 7 },
    },
  ],
  ['pagerDutyUrl', { pagerDutyUrl: 'https://egress.example.com' }],
  ['customDomain.name customDomain.certificateArn', { customDomain }],
  [
    'customDomain.disableGeneratedUrl',
    { customDomain: { ...customDomain, disableGeneratedUrl: true } },
  ],
  ['customerManagedKey', { customerManagedKey: true }],
  ['customerManagedKey', { customerManagedKey: DECRYPT_ONLY }],
  ['routes', { routes: [{ ...route, resolveAfterMinutes: 30 }] }],
];

const STATEFUL = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::SNS::Topic',
  'AWS::SecretsManager::Secret',
  'AWS::SQS::Queue',
]);

function resourcesOf(change: Partial<StageInput>): JsonObject {
  return templateOf(defineStage({ ...base, ...change })).toJSON()['Resources'];
}

/** Stateful resources that CloudFormation would replace or remove. */
function lost(before: JsonObject, after: JsonObject): readonly string[] {
  return Object.entries(before).flatMap(([id, resource]) => {
    if (!isJsonObject(resource) || !STATEFUL.has(String(resource['Type']))) return [];
    const planned = after[id];
    const next = replacementIdentity(isJsonObject(planned) ? planned : undefined);
    return isDeepStrictEqual(next, replacementIdentity(resource)) ? [] : [String(resource['Type'])];
  });
}

describe('a change of a setting that is safe keeps every stateful resource', () => {
  const off = resourcesOf({});

  test('every setting is tried, but those that decide which stack it is', () => {
    const tried = new Set(CHANGES.flatMap(([settings]) => settings.split(' ')));
    const stack = [...marks].filter(([, mark]) => mark === 'replaces the stack');
    expect([...tried, ...stack.map(([name]) => name)].toSorted()).toEqual(
      [...marks.keys()].toSorted(),
    );
  });

  test.each(CHANGES)('%s', (settings, change) => {
    const on = resourcesOf(change);
    const isMarked = settings.split(' ').some((name) => marks.get(name) === 'needs steps');
    expect(lost(off, on)).toEqual([]);
    const lostByTurningOff = isMarked ? [] : lost(on, off);
    expect(lostByTurningOff).toEqual([]);
  });

  test('and the test finds what is not: the key and the table, when they are turned off', () => {
    expect(lost(resourcesOf({ customerManagedKey: true }), off)).toEqual(['AWS::KMS::Key']);
    const routes = [{ ...route, resolveAfterMinutes: 30 }];
    expect(lost(resourcesOf({ routes }), off)).toEqual(['AWS::DynamoDB::Table']);
  });
});
