import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** A response of a server. */
export interface HttpResponse {
  readonly status: number;
  /** Value of the `Retry-After` header. */
  readonly retryAfter?: string | undefined;
  /** The body, or its beginning. Bytes that are not UTF-8 are replaced with U+FFFD. */
  readonly body: string;
  /** True if the connection broke, or time ran out, before the body ended. @default false */
  readonly isBroken?: boolean;
}

/** Result of a call. */
export type PostResult =
  | ({ readonly kind: 'response' } & HttpResponse)
  | {
      /** There was no response. */
      readonly kind: 'unreachable';
      /** Node's error code, or a short description. Never contains the address or a header. */
      readonly cause: string;
      /** True if the connection was there, so that the server may have received the request. */
      readonly wasSent: boolean;
      /** True if the server had closed the kept-alive connection before this call used it. */
      readonly wasClosedWhileIdle: boolean;
    };

/** Posts a JSON body. Never rejects. */
export type Post = (body: string) => Promise<PostResult>;

/** Options of {@link jsonPoster}. */
export interface PostOptions {
  readonly url: string;
  /** Longest time of a call, from its start to the last byte of the response, milliseconds. */
  readonly timeout: number;
  /** Makes the agent that calls through a proxy. @default none: calls go directly */
  readonly proxyAgent?: (() => HttpsAgent) | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Some firewalls refuse a call without a user agent. */
const USER_AGENT = 'glasnostic-pagerduty-bridge';

/**
 * Longest idle time of a connection that is used again, milliseconds. A load balancer may close an
 * idle connection, usually after 60 seconds or more. This process does not notice while Lambda has
 * frozen it. A call over such a connection would wait for its timeout.
 */
const MAX_IDLE = 30_000;

/** A response of the API has some hundred characters; the error page of a proxy may be large. */
const MAX_RESPONSE_CHARACTERS = 64 * 1024;

/** An error of Node's client. A proxy that refuses a tunnel answers with a status. */
interface CallError extends NodeJS.ErrnoException {
  readonly statusCode?: number;
}

/** Error codes of a call over a connection that the server has closed. */
const CLOSED_BY_SERVER = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Posts with Node's `http` client and keeps connections alive between calls. `fetch` takes a fifth
 * of a cold start to load, and makes half as many calls per second (`npm run bench -- --only
 * cold-start delivery-warm`). A redirect is not followed, because that could send the body to
 * another host.
 */
export function jsonPoster({ url, timeout, proxyAgent, now }: PostOptions): Post {
  const address = URL.parse(url);
  const isSecure = address?.protocol === 'https:';
  const isUsable = isSecure || address?.protocol === 'http:';
  const secureAgent = proxyAgent ?? (() => new HttpsAgent({ keepAlive: true }));
  const agent = isSecure ? secureAgent() : new HttpAgent({ keepAlive: true });
  const request = isSecure ? httpsRequest : httpRequest;
  const usedAt = new WeakMap<Socket, number>();

  const closeIdle = (): void => {
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {
      if (now() - (usedAt.get(socket) ?? 0) > MAX_IDLE) socket.destroy();
    }
  };

  const postOnce = async (body: string, time: number): Promise<PostResult> =>
    new Promise((resolve) => {
      let isLate = false;
      let hasResponse = false;
      let isConnected = false;
      const call = request(url, {
        method: 'POST',
        agent,
        headers: {
          'user-agent': USER_AGENT,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      });
      const timer = setTimeout(() => {
        isLate = true;
        call.destroy();
        // Until a proxy has made the connection, there is no event about the end of the call.
        if (call.socket === null) fail('');
      }, time);
      const end = (result: PostResult): void => {
        clearTimeout(timer);
        if (call.socket !== null) usedAt.set(call.socket, now());
        // The response came before the whole body was sent. The server may never read the rest.
        if (!call.writableFinished) call.destroy();
        resolve(result);
      };
      const fail = (code: string): void => {
        end({
          kind: 'unreachable',
          cause: isLate ? 'no answer in time' : code,
          wasSent: isConnected,
          wasClosedWhileIdle: call.reusedSocket && !isLate && CLOSED_BY_SERVER.has(code),
        });
      };
      call.on('socket', (socket) => {
        // Through a proxy, the TLS handshake is over when the call gets its socket.
        isConnected = call.reusedSocket || !socket.connecting;
        if (isConnected) return;
        socket.once(isSecure ? 'secureConnect' : 'connect', () => {
          isConnected = true;
        });
      });
      call.on('response', (response) => {
        hasResponse = true;
        readResponse(response, end);
      });
      call.on('error', ({ code, statusCode }: CallError) => {
        // It is also emitted when the connection breaks during the response.
        if (!hasResponse) fail([code ?? 'unknown failure', statusCode].join(' ').trimEnd());
      });
      // There may be neither a response nor an error, for example after an unasked protocol switch.
      call.on('close', () => {
        if (!hasResponse) fail('the connection was closed');
      });
      call.end(body);
    });

  return async (body) => {
    if (!isUsable) {
      const cause = 'ERR_INVALID_URL';
      return { kind: 'unreachable', cause, wasSent: false, wasClosedWhileIdle: false };
    }
    closeIdle();
    const begin = performance.now();
    let result = await postOnce(body, timeout);
    // The server received nothing. Each failure removes an idle connection, so the loop ends.
    while (result.kind === 'unreachable' && result.wasClosedWhileIdle) {
      result = await postOnce(body, timeout - (performance.now() - begin));
    }
    return result;
  };
}

/** Reads a body up to {@link MAX_RESPONSE_CHARACTERS}; closes the connection when there is more. */
function readResponse(response: IncomingMessage, end: (result: PostResult) => void): void {
  let body = '';
  const finish = (isBroken: boolean): void => {
    end({
      kind: 'response',
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body,
      isBroken,
    });
  };
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    body += chunk;
    if (body.length < MAX_RESPONSE_CHARACTERS) return;
    finish(false);
    response.destroy();
  });
  response.on('end', () => {
    finish(false);
  });
  // The status is already known, and matters more than this error.
  response.on('error', () => {
    finish(true);
  });
  response.on('close', () => {
    finish(true);
  });
}
