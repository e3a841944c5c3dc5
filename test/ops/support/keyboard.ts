import { PassThrough } from 'node:stream';

import type { Terminal } from '../../../ops/terminal/terminal.ts';

/** A terminal with a keyboard that types, and a screen that can be read. */
export function keyboard(columns = 80): {
  terminal: Terminal;
  type: (keys: string) => void;
  screen: () => string;
} {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns, rows: 24 });
  // A process cannot end its own streams, and a question tries to.
  stderr.end = () => stderr;
  let shown = '';
  stderr.on('data', (chunk: Buffer) => {
    shown += chunk.toString('utf8');
  });
  return {
    terminal: {
      stdin,
      stderr,
      stdout: new PassThrough(),
      env: {},
      now: Date.now,
      onInterrupt: () => () => undefined,
    },
    type: (keys) => stdin.write(keys),
    screen: () => shown,
  };
}
