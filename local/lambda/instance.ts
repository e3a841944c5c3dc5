/** One process of a function: what Lambda calls an execution environment. */

import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { newTraceId } from '../ids.ts';
import type { FunctionModel } from '../stack/model.ts';
import type { Reply } from './protocol.ts';

/** How an invocation ended. */
export type InvocationResult =
  /** The handler's result as JSON. */
  | { readonly ok: true; readonly payload: string }
  | {
      readonly ok: false;
      /** The handler threw, ran out of time, its process ended, or it could not be loaded. */
      readonly cause: 'error' | 'timeout' | 'crash' | 'init';
      readonly message: string;
    };

/** A process that runs a function, one invocation at a time. */
export interface FunctionInstance {
  readonly pid: number;
  /** How many invocations it began. */
  readonly invocations: () => number;
  readonly isBusy: () => boolean;
  /** Runs the handler once. Never rejects. The caller sees to it that only one runs at a time. */
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  readonly kill: () => void;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

const RUNTIME = fileURLToPath(new URL('./runtime.ts', import.meta.url));

function isReply(message: unknown): message is Reply {
  return typeof message === 'object' && message !== null && 'type' in message;
}

function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}

function timedOut({ timeoutSeconds }: FunctionModel): InvocationResult {
  // Lambda's own words, so that whoever looks for them in a log finds them here too.
  const message = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { ok: false, cause: 'timeout', message };
}

/**
 * Shares of a function's memory that Lambda's own start script gives to V8's young and old generation.
 * A function that sets `NODE_OPTIONS` for either decides for both. Without them V8 would go by the
 * memory of this machine, and keep garbage that it could not afford there.
 * https://dev.to/wonderfulsoap/deep-dive-into-aws-lambda-3-official-nodejs-runtime-analysis-43je
 */
export function heapFlags(
  { memoryMB }: Pick<FunctionModel, 'memoryMB'>,
  nodeOptions = '',
): string[] {
  if (/--max[-_](?:semi|old)[-_]space[-_]size/.test(nodeOptions)) return [];
  return [
    `--max-semi-space-size=${Math.floor(memoryMB * 0.05)}`,
    `--max-old-space-size=${Math.floor(memoryMB * 0.9)}`,
  ];
}

/**
 * Starts a process for a function.
 *
 * @param environment all of it: nothing of this process's own is passed on
 * @param onLine takes each line that the function writes to standard output or error
 */
export function startInstance(
  fn: FunctionModel,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): FunctionInstance {
  const child: ChildProcess = fork(RUNTIME, [], {
    env: environment,
    execArgv: heapFlags(fn, environment['NODE_OPTIONS']),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);

  let settle: ((result: InvocationResult) => void) | undefined;
  let begun = 0;
  let busy = false;
  const finish = (result: InvocationResult): void => {
    settle?.(result);
    settle = undefined;
  };

  const ready = new Promise<InvocationResult | undefined>((resolve) => {
    child.on('message', (message: unknown) => {
      if (!isReply(message)) return;
      if (message.type === 'ready') resolve(undefined);
      else if (message.type === 'result') finish({ ok: true, payload: message.payload });
      else {
        const text = `${message.errorType}: ${message.message}`;
        if (message.requestId === undefined) resolve({ ok: false, cause: 'init', message: text });
        else finish({ ok: false, cause: 'error', message: text });
      }
    });
    child.once('error', ({ message }) => {
      resolve({ ok: false, cause: 'crash', message });
    });
    child.once('exit', (code, signal) => {
      const message = `The process ended (${signal ?? `exit code ${code}`}) before it answered.`;
      resolve({ ok: false, cause: 'crash', message });
      finish({ ok: false, cause: 'crash', message });
    });
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    // A process that could not be started has no exit.
    child.once('error', () => {
      resolve();
    });
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };

  const run = async (event: unknown): Promise<InvocationResult> => {
    const refusal = await ready;
    if (refusal !== undefined) {
      kill();
      return refusal;
    }
    return new Promise((resolve) => {
      const milliseconds = fn.timeoutSeconds * 1000;
      const timer = setTimeout(() => {
        finish(timedOut(fn));
        kill();
      }, milliseconds);
      settle = (result) => {
        clearTimeout(timer);
        resolve(result);
      };
      const message = {
        type: 'invoke',
        requestId: randomUUID(),
        event,
        deadline: Date.now() + milliseconds,
        traceId: `Root=${newTraceId()};Sampled=0`,
      } as const;
      child.send(message, (error) => {
        if (error !== null) finish({ ok: false, cause: 'crash', message: error.message });
      });
    });
  };

  return {
    pid: child.pid ?? 0,
    invocations: () => begun,
    isBusy: () => busy,
    invoke: async (event) => {
      begun += 1;
      busy = true;
      const result = await run(event);
      busy = false;
      return result;
    },
    kill,
    ended,
  };
}
