import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterEach, describe, expect, test } from '@jest/globals';

import { pagerDutyClient } from '../../../lambda/pagerduty/client.ts';
import { isJsonObject } from '../../../lambda/shared/json.ts';
import { httpServer, type Listener, type Loopback, tcpServer } from '../../../testkit/loopback.ts';
import { KEY, pagerDutyEvent } from '../../support/pagerduty-event.ts';

const NOW = Date.parse('2026-10-21T07:27:00Z');
const open: Loopback[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async ({ close }) => close()));
});

/** A client of a server with this request listener. */
async function clientOf(listener: Listener, path = '') {
  const server = await httpServer(listener);
  open.push(server);
  const baseUrl = `http://127.0.0.1:${server.port}${path}`;
  return pagerDutyClient({ baseUrl, timeout: 5_000, now: () => NOW });
}

/** A listener that reads the request and sends this response. */
const answering =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Listener =>
  async (request, response) => {
    await text(request);
    response.writeHead(status, headers).end(body);
  };

describe('a call', () => {
  test.each(['', '/', '//'])(
    'posts the event to /v2/enqueue of the base URL (%j)',
    async (path) => {
      const requests: unknown[] = [];
      const send = await clientOf(async (request, response) => {
        const { method, url, headers } = request;
        const { 'user-agent': caller, 'content-type': type } = headers;
        requests.push({ method, url, caller, type });
        requests.push(JSON.parse(await text(request)));
        response.writeHead(202).end('{}');
      }, path);
      expect(await send(pagerDutyEvent())).toEqual({ kind: 'delivered', status: 202 });
      expect(requests).toEqual([
        {
          method: 'POST',
          url: '/v2/enqueue',
          caller: 'glasnostic-pagerduty-bridge',
          type: 'application/json',
        },
        pagerDutyEvent(),
      ]);
    },
  );

  test('does not have the key in the URL or the headers', async () => {
    let head = '';
    const send = await clientOf((request, response) => {
      head = `${request.url} ${request.rawHeaders.join(' ')}`;
      response.writeHead(202).end();
    });
    await send(pagerDutyEvent());
    expect(head).toContain('/v2/enqueue');
    expect(head).not.toContain(KEY);
  });

  test('uses the connections of the calls before it, and leaves no listener on them', async () => {
    const sockets: Socket[] = [];
    const seen = (message: unknown): void => {
      if (isJsonObject(message) && message['socket'] instanceof Socket) {
        sockets.push(message['socket']);
      }
    };
    subscribe('net.client.socket', seen);
    const send = await clientOf(answering(202, '{}'));
    for (let i = 0; i < 20; i++) await send(pagerDutyEvent());
    unsubscribe('net.client.socket', seen);
    // There may be a second one: the first is free a moment after its answer was read.
    expect(sockets.length).toBeGreaterThanOrEqual(1);
    expect(sockets.length).toBeLessThanOrEqual(2);
    for (const socket of sockets) expect(socket.listenerCount('connect')).toBeLessThanOrEqual(1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['closed', (socket) => socket.end()],
    ['reset', (socket) => socket.resetAndDestroy()],
  ])(
    'succeeds at once although its connection was %s after the previous call',
    async (_, close) => {
      const sockets = new Set<Socket>();
      const send = await clientOf(async (request, response) => {
        await text(request);
        // The second call finds its connection closed, as after hours without events.
        if (sockets.has(request.socket)) return close(request.socket);
        sockets.add(request.socket);
        response.writeHead(202).end('{}');
      });
      for (let i = 0; i < 5; i++) {
        expect(await send(pagerDutyEvent())).toEqual({ kind: 'delivered', status: 202 });
      }
      expect(sockets.size).toBeGreaterThan(1);
    },
  );

  test('goes out at once although its connection was forgotten, with no reset sent', async () => {
    let now = NOW;
    const sockets = new Set<Socket>();
    const server = await httpServer(async (request, response) => {
      await text(request);
      // Like a firewall that drops packets of a forgotten connection: no response and no reset.
      if (sockets.has(request.socket)) return;
      sockets.add(request.socket);
      response.writeHead(202).end('{}');
    });
    open.push(server);
    const baseUrl = `http://127.0.0.1:${server.port}`;
    const send = pagerDutyClient({ baseUrl, timeout: 1_000, now: () => now });
    for (let i = 0; i < 3; i++) {
      expect(await send(pagerDutyEvent())).toEqual({ kind: 'delivered', status: 202 });
      now += 31_000;
    }
    expect(sockets.size).toBe(3);
  });

  test('that is answered before it was read closes its connection', async () => {
    const accepted: Socket[] = [];
    const server = await tcpServer((socket) => {
      accepted.push(socket);
      // Without reading on.
      socket.once('readable', () => socket.write('HTTP/1.1 413 x\r\ncontent-length: 2\r\n\r\n{}'));
    });
    open.push(server);
    const baseUrl = `http://127.0.0.1:${server.port}`;
    const send = pagerDutyClient({ baseUrl, timeout: 5_000, now: () => NOW });
    const event = pagerDutyEvent({ filler: 'x'.repeat(20_000_000) });
    expect(await send(event)).toMatchObject({ kind: 'rejected', status: 413 });
    let bytes = 0;
    for await (const chunk of accepted[0] ?? []) {
      bytes += Buffer.byteLength(chunk);
      if (bytes > 20_000_000) break;
    }
    expect(bytes).toBeLessThan(20_000_000);
  });

  test('sends the largest event completely', async () => {
    let bytes = 0;
    const send = await clientOf(async (request, response) => {
      bytes = Buffer.byteLength(await text(request));
      response.writeHead(202).end();
    });
    const event = pagerDutyEvent({ filler: 'é'.repeat(250_000) });
    expect((await send(event)).kind).toBe('delivered');
    expect(bytes).toBe(Buffer.byteLength(JSON.stringify(event)));
  });
});

describe('a response becomes an outcome', () => {
  test.each<[string, number, string | Buffer, object]>([
    ['an accepted event', 202, '{"status":"success"}', { kind: 'delivered', status: 202 }],
    [
      'a refused one',
      400,
      '{"message":"Event object is invalid","errors":["Bad severity"]}',
      {
        kind: 'rejected',
        status: 400,
        detail: '400 Event object is invalid: Bad severity',
        aboutKey: false,
      },
    ],
    [
      'an event accepted otherwise',
      200,
      '{"status":"success"}',
      { kind: 'delivered', status: 200 },
    ],
    ['a page of a proxy', 200, '<html>Sign in</html>', { kind: 'retry', cause: 'unavailable' }],
    ['a 404 of a load balancer', 404, '<html>', { kind: 'retry', cause: 'unavailable' }],
    ['a page that is not JSON', 502, '<html>Bad Gateway</html>', { kind: 'retry', status: 502 }],
    ['an empty body', 500, '', { kind: 'retry', detail: '500' }],
    [
      'bytes that are not UTF-8',
      500,
      Buffer.from([0x61, 0xff]),
      { kind: 'retry', detail: '500 a\uFFFD' },
    ],
  ])('%s', async (_, status, body, outcome) => {
    const send = await clientOf(answering(status, body));
    expect(await send(pagerDutyEvent())).toMatchObject(outcome);
  });

  test.each<[string, string, number]>([
    ['in seconds', '17', 17_000],
    ['as a date', 'Wed, 21 Oct 2026 07:28:00 GMT', 60_000],
  ])('with the wait of Retry-After, %s', async (_, header, retryAfter) => {
    const send = await clientOf(answering(429, '{}', { 'retry-after': header }));
    expect(await send(pagerDutyEvent())).toMatchObject({ cause: 'throttled', retryAfter });
  });

  test.each([
    { status: 429, retryAfter: 300_000 },
    { status: 503, retryAfter: 60_000 },
  ])('and waits at most $retryAfter ms with $status', async ({ status, retryAfter }) => {
    const send = await clientOf(answering(status, '', { 'retry-after': '86400' }));
    expect(await send(pagerDutyEvent())).toMatchObject({ kind: 'retry', retryAfter });
  });

  test.each([301, 302, 303, 307, 308])('%d is not followed: the key stays here', async (status) => {
    const paths: (string | undefined)[] = [];
    const send = await clientOf((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await send(pagerDutyEvent())).toMatchObject({ kind: 'retry', status });
    expect(paths).toEqual(['/v2/enqueue']);
  });

  test('of any size is read up to a limit', async () => {
    let sent = 0;
    const send = await clientOf((_, response) => {
      response.writeHead(503);
      const chunk = 'x'.repeat(65_536);
      const more = (): void => {
        while (sent < 500_000_000 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const outcome = await send(pagerDutyEvent());
    expect(outcome).toMatchObject({ kind: 'retry', cause: 'unavailable', status: 503 });
    expect(sent).toBeLessThan(50_000_000);
  });
});

describe('the integration key is in no outcome, even if the server repeats it', () => {
  test.each<[string, number, string]>([
    ['in its message', 400, JSON.stringify({ message: `no service has the key ${KEY}` })],
    ['in its errors', 400, JSON.stringify({ errors: [KEY, `routing_key=${KEY}&`] })],
    ['in JSON of another form', 400, JSON.stringify({ echo: { routing_key: KEY } })],
    ['as text', 500, `${KEY}${KEY}`],
    ['where the detail is cut', 500, `${'x'.repeat(880)}${KEY}`],
    [
      'where the detail is cut, in JSON',
      429,
      JSON.stringify({ message: `${'x'.repeat(870)}${KEY}` }),
    ],
  ])('%s', async (_, status, body) => {
    const send = await clientOf(answering(status, body));
    const outcome = JSON.stringify(await send(pagerDutyEvent()));
    for (let start = 0; start + 12 <= KEY.length; start += 4) {
      expect(outcome).not.toContain(KEY.slice(start, start + 12));
    }
  });

  test('and a key that is taken out does not make a refusal one about the key', async () => {
    const send = await clientOf(answering(400, `{"message":"bad summary (${KEY})"}`));
    expect(await send(pagerDutyEvent())).toMatchObject({ kind: 'rejected', aboutKey: false });
  });
});
