/** `./bridge`: the operator's commands. */

import { orPrintMistakes } from '../config/stage-error.ts';
import { callLoopbackDirectly } from '../local/no-proxy.ts';
import { runOps } from '../ops/main.ts';

const { stages } = await orPrintMistakes(import('../config/index.ts'));

callLoopbackDirectly(process.env);

// A pipe has no width of its own.
const columns = Number(process.env['COLUMNS']);
if (Number.isInteger(columns) && columns > 0) {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.isTTY) Object.assign(stream, { columns });
  }
}

/** Milliseconds. npm passes Ctrl-C on although the terminal has sent it already: that is no second one. */
const SAME_INTERRUPT = 1_000;

const listeners = new Set<() => void>();

function onInterrupt(listener: () => void): () => void {
  let first: number | undefined;
  const handle = (): void => {
    if (first === undefined) {
      first = Date.now();
      listener();
    } else if (Date.now() - first > SAME_INTERRUPT) process.exit(1);
  };
  listeners.add(handle);
  process.on('SIGINT', handle).on('SIGTERM', handle);
  return () => {
    listeners.delete(handle);
    process.off('SIGINT', handle).off('SIGTERM', handle);
  };
}

// A reader such as `head` that closes the pipe ends the command cleanly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
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
