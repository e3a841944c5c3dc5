import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { startBridgeWithConsole } from '../../local/bridge-with-console.ts';
import type { Bridge } from '../../local/bridge.ts';
import { findStage } from '../../ops/stage/find.ts';
import { statusOf } from '../../ops/status/gather.ts';
import { drained, post, scenarioStage, startScenario, viewEvent } from '../../testkit/scenario.ts';
import { nextMessage, nextPipeline } from '../support/live.ts';

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario({}, {}, startBridgeWithConsole);
});

afterAll(async () => {
  await bridge?.stop();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Asks the bridge with headers that a browser would not let a page choose. */
async function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(`${bridge.url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    })
      .on('error', reject)
      .end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('the page may load nothing from elsewhere and cannot be framed', async () => {
  const { status, headers, text } = await ask('GET', '/');
  expect(status).toBe(200);
  expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(text).not.toMatch(/https?:\/\//);
  for (const path of ['/console.js', '/style.css', '/icon.svg']) {
    expect((await ask('GET', path)).status).toBe(200);
  }
});

describe('requests that another site makes a browser send', () => {
  test.each([
    ['under a name of its own', { host: 'evil.example' }],
    ['from its own page', { origin: 'https://evil.example' }],
    ['from another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['from a page without an origin', { origin: 'null' }],
  ])('%s are refused', async (_, headers: Record<string, string>) => {
    for (const path of ['/', '/api/live', '/api/stack']) {
      expect((await ask('GET', path, headers)).status).toBe(403);
    }
    const event = '{"view":"4","value":42}';
    const { status } = await ask('POST', '/api/events', { ...JSON_TYPE, ...headers }, event);
    expect(status).toBe(403);
    expect(bridge.ingest.counts().invocations).toBe(0);
  });

  test.each(['/api/events', '/api/storm', '/api/incidents/resolve', '/api/dead-letters/replay'])(
    'as a form or as text are refused by %s',
    async (path) => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', undefined]) {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
        expect((await ask('POST', path, headers, '{}')).status).toBe(415);
      }
    },
  );

  test('as text do not change what PagerDuty does', async () => {
    const headers = { 'content-type': 'text/plain' };
    const { status } = await ask('PUT', '/api/pagerduty/mode', headers, '{"kind":"down"}');
    expect(status).toBe(415);
    expect(bridge.standIn?.mode()).toEqual({ kind: 'ok' });
  });
});

test.each([
  ['/api/events', '{"view":"","value":42}', 'view: Name a view.'],
  ['/api/events', '{"view":"4","value":null}', 'value: It must be a number.'],
  ['/api/storm', '{"count":0,"views":1,"rate":1}', 'count: It must be at least 1.'],
  ['/api/storm', '{"count":1,"views":1,"rate":501}', 'rate: It must be at most 500.'],
])('%s refuses %s with a message for people', async (path, body, words) => {
  const { status, text } = await ask('POST', path, JSON_TYPE, body);
  expect(status).toBe(400);
  expect(JSON.parse(text)).toMatchObject({ status: 400, detail: words });
});

test('an incident that is not open cannot be resolved', async () => {
  const { status } = await ask('POST', '/api/incidents/resolve', JSON_TYPE, '{"number":99}');
  expect(status).toBe(404);
});

test('the page shows an event within 100 ms', async () => {
  // The first event starts processes; the machine is busy with that.
  expect(await post(bridge, viewEvent('first'))).toBe(202);
  const delays: number[] = [];
  for (const view of ['second', 'third', 'fourth', 'fifth', 'sixth']) {
    const { promise: opened, resolve: open } = Promise.withResolvers<undefined>();
    const sent = bridge.journal.counters()['EventsAccepted'] ?? 0;
    const shown = nextPipeline(
      bridge,
      ({ steps }) => (steps[0]?.figures[0]?.[1] ?? 0) > sent,
      () => open(undefined),
    );
    await opened;
    expect(await post(bridge, viewEvent(view))).toBe(202);
    const answered = performance.now();
    delays.push((await shown).at - answered);
  }
  // The median: a machine that is busy with other tests may be late once.
  expect(delays.toSorted((a, b) => a - b)[2]).toBeLessThan(100);
});

test('the accounting adds up, and the verdict is that of ./bridge status, after what an operator does', async () => {
  await drained(bridge, 30);
  const stages = [scenarioStage()];
  const context = await findStage({ stage: 'local', bridgeUrl: bridge.url, env: {}, stages });
  const { events, deadLetters } = context;
  const body = 'sent by hand';
  // One message to each queue: delivery makes a dead letter of the first.
  await events.send([{ body, groupId: 'by-hand', attributes: {} }]);
  await deadLetters.send([{ body, attributes: {} }]);
  const two = await nextPipeline(
    bridge,
    ({ accounting: { deadLetters: count, waiting, balanced } }) =>
      balanced && count === 2 && waiting === 0,
  );
  expect(two.view.accounting).toMatchObject({ added: 2, removed: 0 });
  const received = await deadLetters.receive({ max: 1, visibilityTimeout: 30, waitTime: 0 });
  await deadLetters.delete(received === 'over-limit' ? [] : received);
  const one = await nextPipeline(
    bridge,
    ({ accounting: { deadLetters: count, balanced } }) => balanced && count === 1,
  );
  expect(one.view.accounting).toMatchObject({ added: 2, removed: 1 });

  const { verdict } = await statusOf(context, Date.now)();
  const { answer, sentence } = verdict;
  expect(answer).toBe('partly');
  // The rest of the sentence has a time.
  const [beginning = ''] = sentence.split(';');
  expect(beginning).toMatch(/^1 event became a dead letter/);
  // The first message can be of the moment before the deletion: the page judges twice per second.
  const same = await nextMessage(bridge, 'verdict', (view) => view.sentence.startsWith(beginning));
  expect(same.view.answer).toBe(answer);

  const { url } = bridge.queue('deadLetters');
  await bridge.aws.call({ name: 'operator' }, 'sqs', 'PurgeQueue', { QueueUrl: url });
  const none = await nextPipeline(
    bridge,
    ({ accounting: { deadLetters: count, balanced } }) => balanced && count === 0,
  );
  expect(none.view.accounting).toMatchObject({ added: 2, removed: 1, purged: 1 });
});
