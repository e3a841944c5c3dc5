import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { listen, type Loopback } from './loopback.ts';
import type { SelfSigned } from './self-signed.ts';

/** An HTTP proxy on 127.0.0.1. */
export interface ConnectProxy extends Loopback {
  /** `host:port` of each tunnel that was asked for. */
  readonly asked: readonly string[];
}

/** Answers every method but `CONNECT`. */
const refuse: RequestListener = (_, response) => response.writeHead(405).end();

/** What the proxy does when it is asked for a tunnel. */
export type OnConnect = (client: Socket) => void;

/** Makes a tunnel to a port of this machine, whatever host was asked for. */
export function tunnelTo(port: number): OnConnect {
  return (client) => {
    const server = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.pipe(client);
      client.pipe(server);
    });
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
  };
}

/**
 * Starts an HTTP proxy that knows the method `CONNECT` only.
 *
 * @param certificate of a proxy that is called over TLS
 */
export async function connectProxy(
  onConnect: OnConnect,
  certificate?: SelfSigned,
): Promise<ConnectProxy> {
  const asked: string[] = [];
  const server =
    certificate === undefined ? createServer(refuse) : createTlsServer(certificate, refuse);
  server.on('connect', ({ url = '', socket }: IncomingMessage) => {
    asked.push(url);
    onConnect(socket);
  });
  return { ...(await listen(server)), asked };
}
