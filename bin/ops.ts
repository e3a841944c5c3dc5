/** `npm run ops`: the operator's commands. */

import { stages } from '../config/index.ts';
import { runOps } from '../ops/main.ts';

const listeners = new Set<() => void>();

function onInterrupt(listener: () => void): () => void {
  listeners.add(listener);
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return () => {
    listeners.delete(listener);
    process.off('SIGINT', listener).off('SIGTERM', listener);
  };
}

// A reader such as `head` that has seen enough ends the command in good order.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (listeners.size === 0) process.exit(0);
  for (const listener of listeners) listener();
});

process.exitCode = await runOps(process.argv.slice(2), {
  stages,
  terminal: {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    now: Date.now,
    onInterrupt,
  },
});
