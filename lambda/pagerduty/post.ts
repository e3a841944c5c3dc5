import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** What came back from a server. */
export interface HttpResponse {
  readonly kind: 'answer';
  readonly status: number;
  /** Value of the `Retry-After` header, if there was one. */
  readonly retryAfter: string | undefined;
  /** The body as far as it was read; what is not UTF-8 in it is replaced. */
  readonly body: string;
  /** Whether the connection broke, or time ran out, before the body ended. */
  readonly isBroken: boolean;
}

/** Nothing that can be called an answer came back. */
export interface NoResponse {
  readonly kind: 'unreachable';
  /** Node's code of the failure, or a few words. Never the address or a header. */
  readonly cause: string;
  /** Whether the server had closed a connection that an earlier call had left open. */
  readonly wasClosedWhileIdle: boolean;
}

/** Posts a JSON body. Never rejects. */
export type Post = (body: string) => Promise<HttpResponse | NoResponse>;

/** Settings of {@link jsonPoster}. */
export interface PostOptions {
  readonly url: string;
  /** From the first byte sent to the last byte read, milliseconds. */
  readonly timeout: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Firewalls that look at what calls them refuse, or suspect, a call that does not say who it is. */
const USER_AGENT = 'glasnostic-pagerduty-bridge';

/**
 * A connection that was unused for longer is not used again, milliseconds. Whoever is in between may
 * have forgotten it without a word, or have said so while Lambda had frozen this process; the call
 * would then wait for its time-out. Load balancers keep them for 60 seconds and more.
 */
const MAX_IDLE = 30_000;

/** An answer of an API has a few hundred bytes; a page of a proxy may have any number. */
const MAX_ANSWER_CHARACTERS = 64 * 1024;

/** What a server does that closes a connection which nobody has used for a while. */
const CLOSED_BY_SERVER = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Posts by Node's own client over connections that are kept alive between calls. `fetch` would do
 * too, but loading it makes up a fifth of a cold start, and it answers half as many calls a second
 * (`npm run bench -- --only cold-start delivery-warm`). A redirect is an answer like any other: to
 * follow one could carry what is in the body to another host.
 */
export function jsonPoster({ url, timeout, now }: PostOptions): Post {
  const address = URL.parse(url);
  const isSecure = address?.protocol === 'https:';
  const isUsable = isSecure || address?.protocol === 'http:';
  const agent = isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const request = isSecure ? httpsRequest : httpRequest;
  const usedAt = new WeakMap<Socket, number>();

  const closeIdle = (): void => {
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {
      if (now() - (usedAt.get(socket) ?? 0) > MAX_IDLE) socket.destroy();
    }
  };

  const postOnce = async (body: string, time: number): Promise<HttpResponse | NoResponse> =>
    new Promise((resolve) => {
      let isLate = false;
      let isAnswered = false;
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
      }, time);
      const end = (result: HttpResponse | NoResponse): void => {
        clearTimeout(timer);
        if (call.socket !== null) usedAt.set(call.socket, now());
        // Answered before all was sent: a server that does not read on would keep the connection.
        if (!call.writableFinished) call.destroy();
        resolve(result);
      };
      const fail = (code: string): void => {
        end({
          kind: 'unreachable',
          cause: isLate ? 'no answer in time' : code,
          wasClosedWhileIdle: call.reusedSocket && !isLate && CLOSED_BY_SERVER.has(code),
        });
      };
      call.on('response', (response) => {
        isAnswered = true;
        readAnswer(response, end);
      });
      call.on('error', ({ code }: NodeJS.ErrnoException) => {
        // A connection that breaks in the middle of an answer says so here as well.
        if (!isAnswered) fail(code ?? 'unknown failure');
      });
      // A server that changes the protocol unasked leaves neither an answer nor an error.
      call.on('close', () => {
        if (!isAnswered) fail('the connection was closed');
      });
      call.end(body);
    });

  return async (body) => {
    if (!isUsable)
      return { kind: 'unreachable', cause: 'ERR_INVALID_URL', wasClosedWhileIdle: false };
    closeIdle();
    const begin = performance.now();
    let result = await postOnce(body, timeout);
    // Such a connection carried nothing. Each is used up by its failure, so that a fresh one comes.
    while (result.kind === 'unreachable' && result.wasClosedWhileIdle) {
      result = await postOnce(body, timeout - (performance.now() - begin));
    }
    return result;
  };
}

/** Reads a body up to the limit, and gives up the connection when there is more. */
function readAnswer(response: IncomingMessage, end: (posted: HttpResponse) => void): void {
  let body = '';
  const answer = (isBroken: boolean): void => {
    end({
      kind: 'answer',
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body,
      isBroken,
    });
  };
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    body += chunk;
    if (body.length < MAX_ANSWER_CHARACTERS) return;
    answer(false);
    response.destroy();
  });
  response.on('end', () => {
    answer(false);
  });
  // The status is known by now, and says more than the failure to read what comes after it.
  response.on('error', () => {
    answer(true);
  });
  response.on('close', () => {
    answer(true);
  });
}
