/** Lines of the logs that the metric filters count. */

import { expect, test } from '@jest/globals';
import { example } from '../../config/example.ts';
import { NEAR_LIMIT_MESSAGE } from '../../lambda/shared/near-limits.ts';
import { templateOf } from './stages.ts';

type Line = Readonly<Record<string, string>>;

const template = templateOf(example);
const FILTERS = Object.values(template.findResources('AWS::Logs::MetricFilter')).map(
  ({ Properties }) => ({
    logGroup: String(Properties.LogGroupName.Ref),
    pattern: String(Properties.FilterPattern),
    metric: String(Properties.MetricTransformations[0].MetricName),
  }),
);

/** True if a pattern of compared texts, joined by `&&`, matches a line. */
function isCounted(pattern: string, line: Line): boolean {
  const rules = [...pattern.matchAll(/\$\.(\w+) (=|!=) "([^"]*)"/g)];
  const rest = pattern.replaceAll(/\$\.\w+ !?= "[^"]*"/g, '').replaceAll(/[{}() ]|&&/g, '');
  if (rules.length === 0 || rest !== '') throw new Error(`An unknown pattern: ${pattern}`);
  return rules.every(([, name = '', is, text = '']) => {
    const value = line[name] ?? '';
    // A text with an asterisk at its end stands for every text that begins so.
    const isEqual = text.endsWith('*') ? value.startsWith(text.slice(0, -1)) : value === text;
    return isEqual === (is === '=');
  });
}

/** The metrics that count a line of a log. */
function countedBy(logGroup: string, line: Line): readonly string[] {
  return FILTERS.filter((filter) => filter.logGroup.startsWith(logGroup))
    .filter(({ pattern }) => isCounted(pattern, line))
    .map(({ metric }) => metric);
}

// API Gateway writes `-` for a variable without a value.
test.each<[string, Line, readonly string[]]>([
  ['throttled', { status: '429', integrationStatus: '-', method: 'POST' }, ['RequestsThrottled']],
  [
    'sent to an unknown path',
    { status: '404', integrationStatus: '-', method: 'POST' },
    ['RequestsToUnknownPaths'],
  ],
  ['a scanner\u2019s look', { status: '404', integrationStatus: '-', method: 'GET' }, []],
  ['an event without a route', { status: '404', integrationStatus: '404', method: 'POST' }, []],
  ['an accepted event', { status: '202', integrationStatus: '202', method: 'POST' }, []],
  ['a wrong token', { status: '401', integrationStatus: '401', method: 'POST' }, []],
  [
    'answered with an error',
    { status: '503', integrationStatus: '-', lambdaStatus: '200', method: 'POST' },
    ['RequestsFailed'],
  ],
  [
    'not answered by Lambda',
    { status: '500', integrationStatus: '-', lambdaStatus: '-', method: 'POST' },
    ['RequestsFailed'],
  ],
  [
    'too large for Lambda',
    { status: '500', integrationStatus: '-', lambdaStatus: '413', method: 'POST' },
    [],
  ],
])('a request that was %s', (_, line, metrics) => {
  expect(countedBy('WebhookAccessLog', line)).toEqual(metrics.map((name) => `${name}-example`));
});

test('the filters read fields that the access log has', () => {
  const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
  const fields = Object.keys(JSON.parse(stage?.['Properties'].AccessLogSettings.Format));
  const read = FILTERS.filter(({ logGroup }) => logGroup.startsWith('WebhookAccessLog')).flatMap(
    ({ pattern }) => [...pattern.matchAll(/\$\.(\w+)/g)].map(([, name]) => name),
  );
  expect(new Set(read)).toEqual(new Set(['status', 'integrationStatus', 'lambdaStatus', 'method']));
  expect(fields).toEqual(expect.arrayContaining(read));
});

test.each(['Ingest', 'Delivery'])('%s near a limit', (name) => {
  expect(countedBy(name, { message: NEAR_LIMIT_MESSAGE })).toEqual(['NearLimits-example']);
  expect(countedBy(name, { message: 'Event accepted' })).toEqual([]);
});
