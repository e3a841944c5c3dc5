/** Server-sent events to every open page. */

import type { ServerResponse } from 'node:http';
import type { Messages } from './state.ts';

/** Interval between comments that show the page that the connection works, milliseconds. */
const HEARTBEAT = 5_000;

/** A page with more unsent bytes than this gets no further messages until it has read them. */
const MAX_BACKLOG = 4 * 1024 * 1024;

/** The open pages. */
export interface Stream {
  readonly open: (response: ServerResponse, hello: Messages['hello']) => void;
  /** Sends a message to every page. Pages that open later get the last one, unless it is a sample. */
  readonly publish: <Name extends Exclude<keyof Messages, 'hello'>>(
    name: Name,
    message: Messages[Name],
  ) => void;
  /** Number of open pages. */
  readonly readers: () => number;
  readonly stop: () => void;
}

function frame(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}

/** Starts a stream without readers. */
export function openStream(): Stream {
  const readers = new Set<ServerResponse>();
  /** The last message by name, as JSON: the same message is not sent again. */
  const latest = new Map<string, string>();
  const heartbeat = setInterval(() => {
    for (const reader of readers) reader.write(': still here\n\n');
  }, HEARTBEAT);
  heartbeat.unref();

  return {
    open: (response, hello) => {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      response.write(`retry: 500\n${frame('hello', JSON.stringify(hello))}`);
      for (const [name, json] of latest) response.write(frame(name, json));
      readers.add(response);
      response.on('close', () => readers.delete(response));
    },
    publish: (name, message) => {
      const json = JSON.stringify(message);
      if (name !== 'sample') {
        if (latest.get(name) === json) return;
        latest.set(name, json);
      }
      const text = frame(name, json);
      for (const reader of readers) {
        if (reader.writableLength < MAX_BACKLOG) reader.write(text);
      }
    },
    readers: () => readers.size,
    stop: () => {
      clearInterval(heartbeat);
      for (const reader of readers) reader.end();
      readers.clear();
    },
  };
}
