/** The stream of what happens, opened again whenever it ends. */

import type { Messages } from '../state.ts';

/** Time until the next attempt to connect, milliseconds. */
const RETRY = 700;

/** Without a byte for so long the connection counts as dead, milliseconds; the bridge beats at 5 s. */
const SILENCE = 15_000;

/** What takes the messages. */
export type Handlers = {
  readonly [Name in keyof Messages]: (message: Messages[Name]) => void;
};

/** State of the connection. */
export type Connection = 'connecting' | 'live' | 'lost';

/**
 * Follows the bridge. The browser's own repetition is not enough: it gives up for good when an
 * answer is anything but 200, which is what a bridge gives that is just starting.
 */
export function follow(handlers: Handlers, told: (state: Connection) => void): void {
  let source: EventSource | undefined;
  let heard = performance.now();

  const connect = (): void => {
    source?.close();
    const next = new EventSource('/api/live');
    source = next;
    heard = performance.now();
    const on = (name: keyof Messages, take: (json: string) => void): void => {
      next.addEventListener(name, (event: MessageEvent<string>) => {
        heard = performance.now();
        take(event.data);
      });
    };
    // The bridge that served this page wrote every message: they have the types that both share.
    on('hello', (json) => handlers.hello(JSON.parse(json)));
    on('pipeline', (json) => handlers.pipeline(JSON.parse(json)));
    on('incidents', (json) => handlers.incidents(JSON.parse(json)));
    on('letters', (json) => handlers.letters(JSON.parse(json)));
    on('sample', (json) => handlers.sample(JSON.parse(json)));
    next.addEventListener('open', () => told('live'));
    next.addEventListener('error', () => {
      next.close();
      if (source !== next) return;
      told('lost');
      setTimeout(connect, RETRY);
    });
  };
  told('connecting');
  connect();
  setInterval(() => {
    // A sample comes every second: silence means that the machine slept, or the bridge hangs.
    if (performance.now() - heard > SILENCE) connect();
  }, 1000);
}
