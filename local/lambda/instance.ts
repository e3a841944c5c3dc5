/** One process of a function: an execution environment of Lambda. */

import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { newTraceId } from '../ids.ts';
import type { FunctionModel } from '../stack/model.ts';
import type { Reply } from './protocol.ts';

/** Result of an invocation. */
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
  readonly isBusy: () => boolean;
  /** Runs the handler once. Never rejects. Do not call it while {@link isBusy}. */
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  readonly kill: () => void;
  /** Resolves when the process has ended. */
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
  // In Lambda's words, so that a search for them in a log works here too.
  const message = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { ok: false, cause: 'timeout', message };
}

/**
 * Shares of a function's memory that Lambda's start script gives to V8's young and old generation, if
 * `NODE_OPTIONS` sets neither. Without these flags V8 uses the memory size of this machine, and
 * collects garbage later than in Lambda.
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

/** The variable with Node's folder of compiled code, if this process has it; see {@link startInstance}. */
function compileCache(): Record<string, string> {
  const { NODE_COMPILE_CACHE: folder } = process.env;
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

/**
 * Starts a process for a function.
 *
 * @param environment all variables that the function sees; none of this process's are added. Node
 *   itself gets `NODE_COMPILE_CACHE`, which the tests set: it only shortens the start
 * @param onLine called with each line that the function writes to standard output or error
 */
export function startInstance(
  fn: FunctionModel,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): FunctionInstance {
  const child: ChildProcess = fork(RUNTIME, [], {
    env: { ...environment, ...compileCache() },
    execArgv: heapFlags(fn, environment['NODE_OPTIONS']),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);

  let settle: ((result: InvocationResult) => void) | undefined;
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
    isBusy: () => busy,
    invoke: async (event) => {
      busy = true;
      const result = await run(event);
      busy = false;
      return result;
    },
    kill,
    ended,
  };
}
