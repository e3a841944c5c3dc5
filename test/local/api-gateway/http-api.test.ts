import { createServer, request as httpRequest } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Answered, httpApi, tokenBucket } from '../../../local/api-gateway/http-api.ts';
import { isTextType, toAnswer } from '../../../local/api-gateway/payload.ts';
import { routeMatcher } from '../../../local/api-gateway/routes.ts';
import type { InvocationResult } from '../../../local/lambda/instance.ts';
import { listenOnLoopback, type Listening } from '../../../local/http.ts';
import type { ThrottleModel } from '../../../local/stack/model.ts';

let listening: Listening | undefined;

afterEach(async () => {
  await listening?.stop();
  listening = undefined;
});

/** An HTTP API whose function returns the result, and the function's events. */
async function start(
  result: unknown = { statusCode: 204 },
  throttle?: ThrottleModel,
  onAnswer?: (answered: Answered) => void,
): Promise<{ url: string; events: unknown[] }> {
  const events: unknown[] = [];
  const invoke = async (event: unknown): Promise<InvocationResult> => {
    events.push(event);
    return result instanceof Error
      ? { ok: false, cause: 'error', message: result.message }
      : { ok: true, payload: JSON.stringify(result) };
  };
  const handle = httpApi({
    routes: [
      { routeKey: 'POST /webhook/{token}', functionName: 'ingest' },
      { routeKey: 'POST /webhook', functionName: 'ingest' },
    ],
    pools: new Map([['ingest', { invoke }]]),
    ...(throttle === undefined ? {} : { throttle }),
    onAnswer,
  });
  const server = createServer((request, response) => {
    void handle(request, response);
  });
  listening = await listenOnLoopback(server, 0);
  return { url: listening.url, events };
}

test('reports each answer, and whether the API has the route', async () => {
  const answers: string[] = [];
  const { url } = await start(new Error('broken'), undefined, (answer) => {
    answers.push(Object.values(answer).join(' '));
  });
  for (const path of ['webhook/a', 'b']) await fetch(`${url}/${path}`, { method: 'POST' });
  expect(answers).toEqual(['500 POST true', '404 POST false']);
});

describe('the event of payload format 2.0', () => {
  test('has every field of API Gateway', async () => {
    const { url, events } = await start();
    const host = new URL(url).host;
    const response = await fetch(`${url}/webhook/to%20ken?a=1&b=%20x&a=2`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'glasnostic',
        'X-Custom': 'One',
        cookie: 'c=1; d=2',
        connection: 'close',
      },
      body: '{"ä":1}',
    });
    const requestId = response.headers.get('apigw-requestid');
    expect(response.status).toBe(204);
    expect(requestId).toMatch(/^[A-Za-z0-9+/]{15}=$/);
    expect(events).toEqual([
      {
        version: '2.0',
        routeKey: 'POST /webhook/{token}',
        rawPath: '/webhook/to ken',
        rawQueryString: 'a=1&b=%20x&a=2',
        cookies: ['c=1', 'd=2'],
        headers: expect.objectContaining({
          'content-length': '8',
          'content-type': 'application/json; charset=utf-8',
          host,
          'user-agent': 'glasnostic',
          'x-custom': 'One',
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-port': '443',
          'x-forwarded-proto': 'https',
          'x-amzn-trace-id': expect.stringMatching(/^Root=1-/),
        }),
        queryStringParameters: { a: '1,2', b: ' x' },
        pathParameters: { token: 'to ken' },
        requestContext: {
          accountId: '000000000000',
          apiId: 'localbridg',
          domainName: host,
          domainPrefix: '127',
          http: {
            method: 'POST',
            path: '/webhook/to ken',
            protocol: 'HTTP/1.1',
            sourceIp: '127.0.0.1',
            userAgent: 'glasnostic',
          },
          requestId,
          routeKey: 'POST /webhook/{token}',
          stage: '$default',
          time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
          timeEpoch: expect.any(Number),
        },
        body: '{"ä":1}',
        isBase64Encoded: false,
      },
    ]);
  });

  test('joins a repeated header, and omits what the request does not have', async () => {
    const { url, events } = await start();
    await new Promise((done) => {
      const sent = httpRequest(`${url}/webhook`, { method: 'POST' }, done);
      sent.setHeader('X-Twice', ['a', 'b']);
      sent.end();
    });
    expect(events).toEqual([
      expect.objectContaining({
        headers: expect.objectContaining({ 'x-twice': 'a,b' }),
        isBase64Encoded: false,
      }),
    ]);
    for (const name of ['body', 'cookies', 'pathParameters', 'queryStringParameters']) {
      expect(events[0]).not.toHaveProperty(name);
    }
  });

  test('contains a body that is not text as base64', async () => {
    const { url, events } = await start();
    const body = Buffer.from([0, 255, 254]);
    const headers = { 'content-type': 'application/octet-stream' };
    await fetch(`${url}/webhook`, { method: 'POST', body, headers });
    expect(events[0]).toMatchObject({ body: 'AP/+', isBase64Encoded: true });
  });

  test.each([
    [undefined, true],
    ['application/json', true],
    ['Application/JSON; charset=utf-8', true],
    ['application/problem+json', true],
    ['text/plain', true],
    ['application/xml', true],
    ['application/javascript', true],
    ['application/octet-stream', false],
    ['application/x-www-form-urlencoded', false],
    ['multipart/form-data', false],
    ['nonsense', false],
  ])('a body of type %s is text: %s', (type, expected) => {
    expect(isTextType(type)).toBe(expected);
  });
});

describe('the answer', () => {
  test("is the function's", async () => {
    const { url } = await start({
      statusCode: 418,
      headers: { 'Content-Type': 'text/x', 'retry-after': 30 },
      cookies: ['a=1', 'b=2'],
      body: 'aGk=',
      isBase64Encoded: true,
    });
    const response = await fetch(`${url}/webhook`, { method: 'POST' });
    expect(response.status).toBe(418);
    expect(response.headers.get('content-type')).toBe('text/x');
    expect(response.headers.get('retry-after')).toBe('30');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.text()).toBe('hi');
  });

  test.each([
    ['an object without a status', { a: 1 }, 200, '{"a":1}'],
    ['text', 'hello', 200, 'hello'],
    ['null', null, 200, 'null'],
    ['a status as text', { statusCode: '201' }, 201, ''],
    ['a status that is none', { statusCode: 1000 }, 500, '{"message":"Internal Server Error"}'],
    [
      'a body that is no text',
      { statusCode: 200, body: {} },
      500,
      '{"message":"Internal Server Error"}',
    ],
  ])('of %s', (_, result, status, body) => {
    const answer = toAnswer(JSON.stringify(result));
    expect([answer.status, answer.body.toString()]).toEqual([status, body]);
  });

  test('is 500 when the function fails', async () => {
    const { url } = await start(new Error('no'));
    const response = await fetch(`${url}/webhook`, { method: 'POST' });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: 'Internal Server Error' });
  });

  test('is 500 when the function answers headers that HTTP cannot carry', async () => {
    const { url } = await start({ statusCode: 200, headers: { 'bad header': 'x' } });
    expect((await fetch(`${url}/webhook`, { method: 'POST' })).status).toBe(500);
  });

  test.each([
    ['GET', '/webhook/x'],
    ['POST', '/other'],
    ['POST', '/webhook/x/y'],
  ])('is 404 for %s %s', async (method, path) => {
    const { url, events } = await start();
    const response = await fetch(`${url}${path}`, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: 'Not Found' });
    expect(events).toEqual([]);
  });

  test('is 413 for a body of more than 10 MB', async () => {
    const { url, events } = await start();
    const post = (bytes: number) =>
      fetch(`${url}/webhook`, { method: 'POST', body: Buffer.alloc(bytes, 'a') });
    const response = await post(10 * 1024 * 1024 + 1);
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ message: 'Request Entity Too Large' });
    expect(events).toEqual([]);
    expect((await post(10 * 1024 * 1024)).status).toBe(204);
  });

  test('is 429 over the throttle', async () => {
    const { url, events } = await start({ statusCode: 200 }, { ratePerSecond: 0.001, burst: 2 });
    const statuses: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      statuses.push((await fetch(`${url}/webhook`, { method: 'POST' })).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
    expect(events.length).toBe(2);
  });
});

test('the token bucket is refilled at the rate, up to the burst', () => {
  let now = 0;
  const mayPass = tokenBucket({ ratePerSecond: 10, burst: 2 }, () => now);
  const take = (count: number) => Array.from({ length: count }, () => mayPass());
  expect(take(3)).toEqual([true, true, false]);
  now = 100;
  expect(take(2)).toEqual([true, false]);
  now = 10_000;
  expect(take(3)).toEqual([true, true, false]);
});

describe('routes', () => {
  const match = routeMatcher(
    ['$default', 'ANY /{proxy+}', 'GET /a/{id}', 'ANY /a/{id}', 'GET /a/b', 'GET /a.b'].map(
      (routeKey) => ({ routeKey, functionName: 'f' }),
    ),
  );

  test.each([
    ['GET', '/a/b', 'GET /a/b', {}],
    ['GET', '/a/c%2Fd', 'GET /a/{id}', { id: 'c/d' }],
    ['GET', '/a/%', 'GET /a/{id}', { id: '%' }],
    ['PUT', '/a/c', 'ANY /a/{id}', { id: 'c' }],
    ['GET', '/axb', 'ANY /{proxy+}', { proxy: 'axb' }],
    ['GET', '/x/y', 'ANY /{proxy+}', { proxy: 'x/y' }],
    ['GET', '/', '$default', {}],
  ])('%s %s matches the most specific one', (method, path, routeKey, pathParameters) => {
    expect(match(method, path)).toEqual({ routeKey, functionName: 'f', pathParameters });
  });
});
