import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** A server on 127.0.0.1. */
export interface Loopback {
  readonly port: number;
  /** Stops listening and breaks the connections that are left. */
  readonly close: () => Promise<void>;
}

/** Answers a request. A rejection breaks the connection. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Starts an HTTP server with a listener. */
export async function httpServer(listener: Listener): Promise<Loopback> {
  return listen(
    createServer((request, response) => {
      const answer = async (): Promise<void> => listener(request, response);
      answer().catch(() => response.destroy());
    }),
  );
}

/** Starts a TCP server, for answers that no HTTP server gives. */
export async function tcpServer(onConnection: (socket: Socket) => void): Promise<Loopback> {
  return listen(createTcpServer(onConnection));
}

/** Makes a server of any kind listen on a free port. */
export async function listen(server: Server): Promise<Loopback> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // Some tests break the connection from the other end.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return {
    port: address.port,
    close: async () => {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
