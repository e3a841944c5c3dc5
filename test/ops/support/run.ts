/** Runs the operator's commands in this process, with streams that the test holds. */

import { PassThrough } from 'node:stream';

import type { StageConfig } from '../../../config/stage.ts';
import { example } from '../../../config/example.ts';
import { local } from '../../../config/local.ts';
import type { AwsCall } from '../../../ops/aws/calls.ts';
import { runOps } from '../../../ops/main.ts';

/** Result of a command. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly AwsCall[];
}

/** Where to run a command. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input, which is no terminal. */
  readonly input?: string;
  readonly stages?: readonly StageConfig[];
  /** Given a function that interrupts the command as Ctrl-C does. */
  readonly onStart?: (interrupt: () => void) => void;
  /** Called with each text that the command writes. */
  readonly onOutput?: (text: string) => void;
  /** A terminal of this width for output. */
  readonly columns?: number;
  /** Clock of the command, milliseconds since 1970. */
  readonly now?: () => number;
}

function sink(onText: (text: string) => void, columns: number | undefined): PassThrough {
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => onText(chunk.toString('utf8')));
  return columns === undefined ? stream : Object.assign(stream, { isTTY: true, columns });
}

/** Runs one command to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, input = '', stages = [example, local], columns, now = Date.now } = options;
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  const calls: AwsCall[] = [];
  const collect = (name: 'stdout' | 'stderr') => (text: string) => {
    written[name] += text;
    options.onOutput?.(text);
  };
  const stdout = sink(collect('stdout'), columns);
  const stderr = sink(collect('stderr'), columns);
  const stdin = new PassThrough();
  stdin.end(input);
  options.onStart?.(() => {
    for (const listener of listeners) listener();
  });
  const code = await runOps(args, {
    stages,
    onCall: (call) => calls.push(call),
    terminal: {
      stdout,
      stderr,
      stdin,
      env,
      now,
      onInterrupt: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  // What was written last has to come through the streams.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return { code, ...written, calls };
}
