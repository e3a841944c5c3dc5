import { describe, expect, test } from '@jest/globals';

import { PROBE_TYPE } from '../../../lambda/glasnostic/event.ts';
import type { Route } from '../../../lambda/shared/routes.ts';
import { sampleText, thresholdBody } from '../../support/glasnostic.ts';
import { ingestBench, TOKEN } from '../../support/ingest.ts';

const ROUTES: readonly Route[] = [
  { environment: 'YegltGN8vgAK8THi', view: '4', service: 'shop' },
  { environment: 'YegltGN8vgAK8THi', domain: 'SEGMENTATION', ignore: true },
];

/** Posts a request with those routes, and returns the response with its parsed body. */
async function post(body: string, bench = ingestBench({ routes: ROUTES })) {
  const answer = await bench.post({ body });
  const type = answer.headers['content-type'];
  const read: unknown = JSON.parse(answer.body);
  return { status: answer.statusCode, type, read, answer, bench };
}

const problem = (status: number, title: string, detail: string): object => ({
  type: 'about:blank',
  title,
  status,
  detail,
});

describe('202: the event is on the queue', () => {
  test('with its message ID in the response', async () => {
    const { status, type, read } = await post(sampleText('view-threshold'));
    expect(status).toBe(202);
    expect(type).toBe('application/json');
    expect(read).toEqual({ status: 'accepted', id: 'message-1' });
  });

  test('as it was received, in the message group of its service', async () => {
    const text = sampleText('view-threshold');
    const { bench } = await post(text);
    expect(bench.sent).toEqual([
      {
        groupId: 'shop',
        body: `{"version":1,"receivedAt":"2022-04-03T17:52:25.000Z","requestId":"request-1","event":${text}}`,
      },
    ]);
  });

  test('only when the queue has confirmed it', async () => {
    const queue = Promise.withResolvers<string>();
    const bench = ingestBench({ enqueue: async () => queue.promise });
    let isAnswered = false;
    const answering = bench.post({ body: sampleText('view-threshold') }).then((answer) => {
      isAnswered = true;
      return answer;
    });
    await new Promise(setImmediate);
    expect(isAnswered).toBe(false);
    queue.resolve('later');
    expect(JSON.parse((await answering).body)).toEqual({ status: 'accepted', id: 'later' });
  });

  test('and counted once, with the IDs that link request and event', async () => {
    const { bench } = await post(sampleText('view-threshold'));
    expect(bench.log.lines).toEqual([
      expect.objectContaining({
        level: 'info',
        message: 'Event accepted',
        request_id: 'request-1',
        message_id: 'message-1',
        pagerduty_service: 'shop',
        environment: 'YegltGN8vgAK8THi',
        view: '4',
        EventsAccepted: 1,
      }),
    ]);
  });
});

describe('200: the event is ignored', () => {
  test.each<[string, string, string]>([
    ['its route ignores it', sampleText('segmentation'), 'The matching route ignores this event.'],
    ['its type is another one', '{"type":"TEST"}', 'The type is "TEST", not "EVENT".'],
  ])('%s', async (_, body, reason) => {
    const { status, read, bench } = await post(body);
    expect(status).toBe(200);
    expect(read).toEqual({ status: 'ignored', reason });
    expect(bench.sent).toEqual([]);
  });

  test('and not counted if it is of ./bridge verify, so that no alarm goes off', async () => {
    const { status, bench } = await post(JSON.stringify({ type: PROBE_TYPE }));
    expect({ status, sent: bench.sent }).toEqual({ status: 200, sent: [] });
    expect(bench.log.lines).toMatchObject([{ message: 'Event ignored' }]);
    expect(bench.log.lines[0]).not.toHaveProperty('_aws');
  });

  test('and counted, apart by route and by type', async () => {
    const { bench } = await post(sampleText('segmentation'));
    expect(bench.log.lines).toEqual([
      expect.objectContaining({ EventsIgnoredByRoute: 1, domain: 'SEGMENTATION' }),
    ]);
    const { bench: other } = await post('{"type":"TEST"}');
    expect(other.log.lines).toEqual([
      expect.objectContaining({ EventsIgnoredByType: 1, body: '{"type":"TEST"}' }),
    ]);
  });
});

test('an event of a view without an ID is routed by the name of its view', async () => {
  const routes = [
    { environment: '*', viewName: 'Shop', service: 'shop' },
    { environment: '*', service: 'other' },
  ];
  const bench = ingestBench({ routes });
  for (const view of [{ name: 'Shop' }, { id: {}, name: 'Shop' }, { id: 'Shop' }, 'Shop']) {
    await bench.post({ body: JSON.stringify(thresholdBody({ view })) });
  }
  expect(bench.sent.map(({ groupId }) => groupId)).toEqual(['shop', 'shop', 'other', 'other']);
});

describe('400: the body is not a JSON object', () => {
  test.each<[string, string, string]>([
    ['nothing', '', 'The body is not JSON.'],
    ['text', 'hello', 'The body is not JSON.'],
    ['JSON that is cut', '{"type":"EVENT"', 'The body is not JSON.'],
    ['two objects', '{}{}', 'The body is not JSON.'],
    ['a NUL', '\0', 'The body is not JSON.'],
    ['a NUL within a text', '{"type":"\0"}', 'The body is not JSON.'],
    ['JSON5', "{type: 'EVENT'}", 'The body is not JSON.'],
    ['half a surrogate pair', '{"type":"\uD800"}', 'The body is not UTF-8.'],
    ['null', 'null', 'The body is JSON, but not an object.'],
    ['an array', '[{"type":"EVENT"}]', 'The body is JSON, but not an object.'],
    ['a text', '"EVENT"', 'The body is JSON, but not an object.'],
    ['a number', '1e999', 'The body is JSON, but not an object.'],
  ])('%s', async (_, body, detail) => {
    const { status, type, read } = await post(body);
    expect(status).toBe(400);
    expect(type).toBe('application/problem+json');
    expect(read).toEqual(problem(400, 'Not a JSON object', detail));
  });
});

describe('404: no route matches the event', () => {
  test.each<[string, object, string]>([
    [
      'of a view',
      thresholdBody({ view: { id: '5' } }),
      'No route takes events of environment "YegltGN8vgAK8THi" and view "5".',
    ],
    [
      'of no view',
      thresholdBody({ view: null, environment: { id: 7 } }),
      'No route takes events of environment "7" and no view.',
    ],
    [
      'of IDs that are not for display',
      thresholdBody({ view: { id: '"\n"' }, environment: { id: 'x'.repeat(10_000) } }),
      `No route takes events of environment "${'x'.repeat(100)}…" and view "\\"\\n\\"".`,
    ],
  ])('%s, named in the response', async (_, body, detail) => {
    const { status, type, read, bench } = await post(JSON.stringify(body));
    expect(status).toBe(404);
    expect(type).toBe('application/problem+json');
    expect(read).toEqual(problem(404, 'No route', detail));
    expect(bench.sent).toEqual([]);
    expect(bench.log.lines).toEqual([expect.objectContaining({ EventsUnrouted: 1 })]);
  });
});

test('413: over 256 KiB', async () => {
  const { status, type, read } = await post(`{"a":"${'x'.repeat(256 * 1024)}"}`);
  expect(status).toBe(413);
  expect(type).toBe('application/problem+json');
  expect(read).toEqual(problem(413, 'Too large', 'An event has at most 256 KiB.'));
});

test('422: JSON that is not a Glasnostic event, with each error and its path', async () => {
  const { status, type, read } = await post(
    JSON.stringify(thresholdBody({ environment: { id: '' }, view: [] })),
  );
  expect(status).toBe(422);
  expect(type).toBe('application/problem+json');
  expect(read).toEqual({
    ...problem(422, 'Not a Glasnostic event', 'The body is JSON, but not a Glasnostic event.'),
    errors: [{ path: 'environment.id', message: 'must not be blank' }],
  });
});

describe('the token is in no log line, no response and no message', () => {
  const other = 'P8nJ2fGm5EdHs1RcW7uBtYa0XkL9v3qZ';
  const url = `https://bridge.test/webhook/${TOKEN}`;
  test.each<[string, string, string]>([
    [
      'of an accepted event',
      TOKEN,
      JSON.stringify(thresholdBody({ webhook: { id: 1, url, token: TOKEN } })),
    ],
    [
      'of an event with the token for an ID',
      TOKEN,
      JSON.stringify(thresholdBody({ view: { id: TOKEN } })),
    ],
    ['of an unknown type', TOKEN, JSON.stringify({ type: TOKEN })],
    ['of a body that is not JSON', TOKEN, TOKEN],
    ['of an event that is none', TOKEN, JSON.stringify({ type: 'EVENT', environment: TOKEN })],
    ['of a wrong token', other, JSON.stringify({ url: other })],
  ])('%s', async (_, token, body) => {
    const bench = ingestBench();
    const request = { body, pathParameters: { token } };
    const headers = { authorization: `Bearer ${token}` };
    const answers = [
      await bench.post(request),
      await bench.post({ ...request, pathParameters: {}, headers }),
    ];
    expect(bench.log.lines.length).toBe(2);
    const all = bench.log.text() + JSON.stringify([answers, bench.sent]);
    expect(all).not.toContain(token);
  });

  test('not even when everything fails', async () => {
    const bench = ingestBench({
      enqueue: async () => {
        throw new Error('no queue');
      },
    });
    const answer = await bench.post({ body: JSON.stringify(thresholdBody({ webhook: { url } })) });
    expect(answer.statusCode).toBe(503);
    expect(bench.log.text() + answer.body).not.toContain(TOKEN);
  });
});
