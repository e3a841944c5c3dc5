/** The stream of messages from the bridge. */

import type { Messages } from '../state.ts';

/** Pause before the next attempt to connect, milliseconds. */
const RETRY_AFTER = 700;

/** A connection without messages for this long is opened again, milliseconds. */
const MAX_SILENCE = 15_000;

/** Takes each message. */
export type Handlers = {
  readonly [Name in keyof Messages]: (message: Messages[Name]) => void;
};

/** State of the connection. */
export type Connection = 'connecting' | 'live' | 'lost';

/**
 * Opens the stream, and opens it again when it ends. EventSource's own retry gives up after any
 * answer but 200, and a bridge that is starting answers 503.
 */
export function follow(handlers: Handlers, onState: (state: Connection) => void): void {
  let source: EventSource | undefined;
  let lastMessage = performance.now();

  const connect = (): void => {
    source?.close();
    const next = new EventSource('/api/live');
    source = next;
    lastMessage = performance.now();
    const on = (name: keyof Messages, take: (json: string) => void): void => {
      next.addEventListener(name, (event: MessageEvent<string>) => {
        lastMessage = performance.now();
        take(event.data);
      });
    };
    // The bridge that served this page writes the messages, so their types are not checked here.
    on('hello', (json) => handlers.hello(JSON.parse(json)));
    on('verdict', (json) => handlers.verdict(JSON.parse(json)));
    on('pipeline', (json) => handlers.pipeline(JSON.parse(json)));
    on('incidents', (json) => handlers.incidents(JSON.parse(json)));
    on('deadLetters', (json) => handlers.deadLetters(JSON.parse(json)));
    on('sample', (json) => handlers.sample(JSON.parse(json)));
    next.addEventListener('open', () => onState('live'));
    next.addEventListener('error', () => {
      next.close();
      if (source !== next) return;
      onState('lost');
      setTimeout(connect, RETRY_AFTER);
    });
  };
  onState('connecting');
  connect();
  setInterval(() => {
    // A sample comes every second. Without one, the machine slept or the bridge hangs.
    if (performance.now() - lastMessage > MAX_SILENCE) connect();
  }, 1000);
}
