import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { pagerDutyClient } from '../../../lambda/pagerduty/client.ts';
import type { Outcome } from '../../../lambda/pagerduty/outcome.ts';
import { listen, type Loopback, tcpServer } from '../../../testkit/loopback.ts';
import { KEY, pagerDutyEvent } from '../../support/pagerduty-event.ts';
import { selfSigned } from '../../../testkit/self-signed.ts';

const open: Loopback[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async ({ close }) => close()));
});

async function callTo(baseUrl: string, timeout = 2_000): Promise<Outcome> {
  return pagerDutyClient({ baseUrl, timeout, now: () => 0 })(pagerDutyEvent());
}

/** Calls a server that does this with the connection. */
async function callWith(
  onConnection: (socket: Socket) => void,
  { timeout = 2_000, scheme = 'http' } = {},
): Promise<Outcome> {
  const server = await tcpServer(onConnection);
  open.push(server);
  return callTo(`${scheme}://127.0.0.1:${server.port}`, timeout);
}

/** Does something once the whole request has been read. */
const afterRequest =
  (then: (socket: Socket) => void) =>
  (socket: Socket): void => {
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      // The event is the only part that ends like this.
      if (seen.endsWith('"}') && seen.includes(KEY)) then(socket);
    });
  };

/** Writes this when the request has been read, and then does something to the connection. */
const writing = (answer: string, then: (socket: Socket) => void = () => undefined) =>
  afterRequest((socket) => socket.write(answer, () => then(socket)));

const head = (status: number, ...headers: string[]): string =>
  [`HTTP/1.1 ${status} x`, ...headers, '', ''].join('\r\n');

const UNREACHABLE = { kind: 'retry', cause: 'unreachable' };
const UNANSWERED = { kind: 'retry', cause: 'unanswered' };

describe('a request that could not be sent: the server is unreachable', () => {
  test('connection refused', async () => {
    const server = await tcpServer((socket) => socket.destroy());
    await server.close();
    expect(await callTo(`http://127.0.0.1:${server.port}`)).toEqual({
      ...UNREACHABLE,
      detail: 'PagerDuty could not be reached: ECONNREFUSED',
    });
  });

  test('a name that does not exist', async () => {
    const outcome = await callTo('http://events.pagerduty.invalid');
    expect(outcome).toMatchObject(UNREACHABLE);
    expect(JSON.stringify(outcome)).toMatch(/ENOTFOUND|EAI_AGAIN|no answer in time/);
  });

  test('an invalid URL', async () => {
    expect(await callTo('not an address')).toMatchObject(UNREACHABLE);
  });
});

describe('a request that was sent, without an answer: it may be delivered', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['a connection that is reset', afterRequest((socket) => socket.resetAndDestroy())],
    ['a connection that is closed', afterRequest((socket) => socket.end())],
    ['an answer that is not HTTP', writing('SSH-2.0-OpenSSH_9.9\r\n')],
    ['headers without an end', writing(`HTTP/1.1 202 x\r\nx: ${'y'.repeat(100_000)}`)],
    ['a change of protocol', writing(head(101, 'connection: upgrade', 'upgrade: x'))],
  ])('%s', async (_, onConnection) => {
    expect(await callWith(onConnection)).toMatchObject(UNANSWERED);
  });

  test('a timeout', async () => {
    expect(await callWith(() => undefined, { timeout: 100 })).toEqual({
      ...UNANSWERED,
      detail: 'PagerDuty could not be reached: no answer in time',
    });
  });

  test('a timeout on a connection of an earlier call', async () => {
    let calls = 0;
    const server = await tcpServer(
      afterRequest((socket) => {
        calls += 1;
        if (calls === 1) socket.write(`${head(202, 'content-length: 2')}{}`);
      }),
    );
    open.push(server);
    const baseUrl = `http://127.0.0.1:${server.port}`;
    const send = pagerDutyClient({ baseUrl, timeout: 300, now: () => 0 });
    expect(await send(pagerDutyEvent())).toEqual({ kind: 'delivered', status: 202 });
    expect(await send(pagerDutyEvent())).toMatchObject(UNANSWERED);
  });
});

describe('over TLS, the key is sent only to a server that proves its name', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['a port that sends plain text', (socket) => socket.write(head(202))],
    ['a reset at once', (socket) => socket.resetAndDestroy()],
    ['a reset in the handshake', (socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['an end in the handshake', (socket) => socket.once('data', () => socket.end())],
    ['a handshake without an answer', () => undefined],
  ])('%s: unreachable', async (_, onConnection) => {
    const seen: string[] = [];
    const outcome = await callWith(
      (socket) => {
        socket.on('data', (chunk) => seen.push(chunk.toString('latin1')));
        onConnection(socket);
      },
      { scheme: 'https', timeout: 500 },
    );
    expect(outcome).toMatchObject(UNREACHABLE);
    expect(seen.join('')).not.toContain(KEY);
  });

  test('a self-signed certificate: unreachable', async () => {
    let requests = 0;
    const server = createTlsServer(selfSigned(), (_, response) => {
      requests += 1;
      response.writeHead(202).end();
    });
    const loopback = await listen(server);
    open.push(loopback);
    expect(await callTo(`https://127.0.0.1:${loopback.port}`)).toEqual({
      ...UNREACHABLE,
      detail: 'PagerDuty could not be reached: DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(requests).toBe(0);
  });

  describe('by a certificate that is trusted', () => {
    const trusted = getCACertificates('default');
    const certificate = selfSigned('localhost');
    beforeAll(() => setDefaultCACertificates([certificate.cert]));
    afterAll(() => setDefaultCACertificates(trusted));

    /** Calls a TLS server that does this with each request. */
    async function callSecure(listener: RequestListener): Promise<Outcome> {
      const loopback = await listen(createTlsServer(certificate, listener));
      open.push(loopback);
      return callTo(`https://localhost:${loopback.port}`, 1_000);
    }

    test.each<[string, RequestListener, object]>([
      [
        'an answer: delivered',
        (request, response) => {
          request.resume().on('end', () => response.writeHead(202).end());
        },
        { kind: 'delivered', status: 202 },
      ],
      ['no answer: unanswered', () => undefined, UNANSWERED],
      [
        'a reset after the request: unanswered',
        (request) => {
          request.resume().on('end', () => request.socket.destroy());
        },
        UNANSWERED,
      ],
    ])('%s', async (_, listener, outcome) => {
      expect(await callSecure(listener)).toMatchObject(outcome);
    });
  });
});

/** Writes a body that has no end, a byte at a time. */
const drip = (socket: Socket): void => {
  const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20);
  socket.on('close', () => clearInterval(timer));
};

describe('a server whose body takes too long', () => {
  test('counts by its status, and a refusal is tried again', async () => {
    // All at once, and long enough for a busy machine to get as far as the body.
    const limits = { timeout: 1_200 };
    const answer = (status: number) =>
      writing(`${head(status, 'retry-after: 3', 'content-length: 1000')}so far`);
    const outcomes = await Promise.all([
      callWith(answer(202), limits),
      callWith(answer(429), limits),
      callWith(answer(500), limits),
      callWith(answer(400), limits),
      callWith(writing(head(503, 'transfer-encoding: chunked'), drip), limits),
    ]);
    expect(outcomes).toEqual([
      { kind: 'delivered', status: 202 },
      {
        kind: 'retry',
        cause: 'throttled',
        status: 429,
        detail: '429 so far',
        retryAfter: 3_000,
      },
      {
        kind: 'retry',
        cause: 'unavailable',
        status: 500,
        detail: '500 so far',
        retryAfter: 3_000,
      },
      {
        kind: 'retry',
        cause: 'unavailable',
        status: 400,
        detail: '400 so far',
        retryAfter: 3_000,
      },
      {
        kind: 'retry',
        cause: 'unavailable',
        status: 503,
        detail: expect.stringMatching(/^503 x+$/),
      },
    ]);
  });
});

describe.each<[string, (socket: Socket) => void]>([
  ['ends', (socket) => socket.end()],
  ['is reset', (socket) => socket.resetAndDestroy()],
])('the status of a response decides when the connection %s during its body', (_, end) => {
  test.each([
    [202, 'delivered', undefined],
    [429, 'retry', 'throttled'],
    [503, 'retry', 'unavailable'],
    [400, 'retry', 'unavailable'],
  ])('%d: %s', async (status, kind, cause) => {
    const answer = head(status, 'content-length: 1000') + '{"message":"Inv';
    // A reset takes with it what the other end has not read yet.
    const outcome = await callWith(writing(answer, (socket) => setTimeout(end, 100, socket)));
    expect(outcome).toMatchObject({ kind, status, ...(cause === undefined ? {} : { cause }) });
  });
});
