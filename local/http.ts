/** Helpers that the servers of the local bridge share. */

import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Answers one request completely. Never rejects. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A server that listens. */
export interface Listening {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  /** Closes every connection, busy or idle, and stops listening. */
  readonly stop: () => Promise<void>;
}

/**
 * Lets a server listen on 127.0.0.1.
 *
 * @param port 0 takes a free one
 * @throws Error naming the fix when the port is taken
 */
export function listenOnLoopback(server: Server, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} is in use. Stop what listens there, or choose another with --port.`,
            )
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('The server has no address.'));
        return;
      }
      resolve({
        url: `http://127.0.0.1:${address.port}`,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => {
              stopped();
            });
            server.closeAllConnections();
          }),
      });
    });
  });
}

/**
 * Reads a request's whole body.
 *
 * @returns `undefined` when the body is longer than allowed; the rest is read and discarded
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  });
  await once(request, 'end');
  return size <= maxBytes ? Buffer.concat(chunks) : undefined;
}

/** Parses a body; `undefined` when there is none or it is not JSON. */
export function parseJson(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}
