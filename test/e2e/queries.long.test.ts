import { expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import * as v from 'valibot';

import { bridgeApp } from '../../lib/bridge-app.ts';
import { BridgeStack } from '../../lib/bridge-stack.ts';
import type { Bridge } from '../../local/bridge.ts';
import {
  drained,
  post,
  scenarioStage,
  startScenario,
  until,
  viewEvent,
} from '../../testkit/scenario.ts';

const SCENARIO = {
  routes: [
    {
      environment: 'env-1',
      service: 'local-service',
      severity: 'warning' as const,
      resolveAfterMinutes: 0.02,
    },
  ],
  delivery: { retryBaseSeconds: 1, retryCapSeconds: 1, updateIntervalSeconds: 1 },
  // So little that both functions log that it is nearly used up.
  memoryMB: 1,
};

/** Fields that CloudWatch adds to every line: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
const BY_CLOUDWATCH = ['@timestamp', '@message', '@log'];

/** Words of a query that are not fields. */
const KEYWORDS = new Set(
  'fields filter stats sort limit desc asc by as and or in like count count_distinct sum max min pct latest bin coalesce ispresent toMillis'.split(
    ' ',
  ),
);

const Query = v.looseObject({
  Properties: v.looseObject({
    Name: v.string(),
    QueryString: v.string(),
    LogGroupNames: v.array(v.object({ Ref: v.string() })),
  }),
});

/** Fields that a query reads: its words without keywords and aliases. */
function fieldsOf(query: string): string[] {
  const bare = query.replaceAll(/"[^"]*"|\/[^/\n]*\/|\b\d+\w*/g, ' ');
  const aliases = new Set([...bare.matchAll(/\bas (\w+)/g)].map(([, alias = '']) => alias));
  const words = bare.match(/@?[A-Za-z_][\w.]*/g) ?? [];
  return [...new Set(words)].filter((word) => !KEYWORDS.has(word) && !aliases.has(word));
}

/** The saved queries of the stage, and the fields of its access log. */
function readStack() {
  const stack = bridgeApp({
    stages: [scenarioStage(SCENARIO)],
    bundle: false,
    validate: false,
  }).node.findChild('local');
  if (!(stack instanceof BridgeStack)) throw new Error('no stack');
  const template = Template.fromStack(stack);
  const queries = Object.values(template.findResources('AWS::Logs::QueryDefinition')).map(
    (resource) => v.parse(Query, resource).Properties,
  );
  const [api] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
  const format: unknown = JSON.parse(api?.['Properties'].AccessLogSettings.Format);
  return { queries, accessFields: Object.keys(v.parse(v.record(v.string(), v.string()), format)) };
}

/** Makes the functions log every outcome of an event. */
async function provokeEveryOutcome(bridge: Bridge): Promise<void> {
  const provoke = async (kind: 'ok' | 'down' | 'refuse', text: string): Promise<void> => {
    bridge.standIn?.setMode({ kind });
    expect(await post(bridge, viewEvent(kind))).toBe(202);
    await until(() => bridge.journal.lines().some((line) => line.text.includes(text)), {
      seconds: 60,
    });
  };
  expect(await post(bridge, { ...viewEvent('x'), environment: { id: 'other' } })).toBe(404);
  expect(await post(bridge, { type: 'EVENT' })).toBe(422);
  expect(await post(bridge, { type: 'TEST' })).toBe(200);
  await provoke('ok', 'PagerDuty accepted an event');
  await until(() => bridge.journal.lines().some(({ text }) => text.includes('Incident resolved')), {
    seconds: 60,
  });
  await provoke('down', 'Events wait');
  await provoke('refuse', 'Events became dead letters');
  await drained(bridge, 60);
}

test('the saved queries ask for fields that the functions and the API log', async () => {
  const bridge = await startScenario(SCENARIO, { tickSeconds: 0.5 });
  try {
    await provokeEveryOutcome(bridge);
    const { queries, accessFields } = readStack();
    const logged = (name: string): readonly string[] =>
      bridge.journal
        .lines()
        .filter(({ functionName }) => functionName === name)
        .flatMap(({ fields }) => Object.keys(fields ?? {}));
    const sources: readonly (readonly [string, readonly string[]])[] = [
      ['Ingest', logged(bridge.ingest.fn.name)],
      ['Delivery', logged(bridge.delivery.fn.name)],
      ['Webhook', accessFields],
    ];
    expect(queries.length).toBeGreaterThan(5);
    for (const { Name, QueryString, LogGroupNames } of queries) {
      const known = new Set([
        ...BY_CLOUDWATCH,
        ...sources
          .filter(([prefix]) => LogGroupNames.some(({ Ref }) => Ref.startsWith(prefix)))
          .flatMap(([, fields]) => fields),
      ]);
      const unknown = fieldsOf(QueryString).filter((field) => !known.has(field));
      expect({ Name, unknown }).toEqual({ Name, unknown: [] });
    }
    // `service` is a field of every line, but never the service of PagerDuty.
    const services = bridge.journal.lines().map(({ fields }) => fields?.['service']);
    expect(services).not.toContain('local-service');
    for (const { QueryString } of queries) expect(QueryString).not.toMatch(/by .*\bservice\b/);
  } finally {
    await bridge.stop();
  }
});

test('the fields of a query are separated from its keywords', () => {
  const query = 'filter a.b = "c" and d like /e/ | stats sum(f) as g by h, bin(5m) | sort g desc';
  expect(fieldsOf(query)).toEqual(['a.b', 'd', 'f', 'h']);
});
