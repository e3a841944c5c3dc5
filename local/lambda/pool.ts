/** The processes of one function: started on demand, reused, never more than allowed. */

import type { FunctionModel } from '../stack/model.ts';
import { startInstance, type FunctionInstance, type InvocationResult } from './instance.ts';

/** What has happened in a pool so far. */
export interface PoolCounts {
  readonly invocations: number;
  /** Processes started; those after a crash or a time-out included. */
  readonly starts: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly crashes: number;
}

/** The processes of one function. */
export interface FunctionPool {
  readonly fn: FunctionModel;
  /** Runs the function once; waits for a free process when all are busy. Never rejects. */
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  readonly counts: () => PoolCounts;
  /** Process IDs, the most recently used first. */
  readonly processes: () => readonly { readonly pid: number; readonly busy: boolean }[];
  /**
   * Ends a process with SIGKILL, in the middle of whatever it does.
   *
   * @param pid @default a busy one, else any
   * @returns the ID of the process; `undefined` when there was none to kill
   */
  readonly kill: (pid?: number) => number | undefined;
  readonly stop: () => Promise<void>;
}

/** What a pool needs to know. */
export interface PoolOptions {
  readonly fn: FunctionModel;
  /** Processes at once, at most. */
  readonly maxInstances: number;
  /** All of a process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes each line that a process writes. */
  readonly onLine: (line: string) => void;
}

const COUNTED = { error: 'errors', timeout: 'timeouts', crash: 'crashes', init: 'errors' } as const;

/** Makes a pool; its first process starts with the first invocation. */
export function createPool({ fn, maxInstances, environment, onLine }: PoolOptions): FunctionPool {
  /** The most recently used last: it is taken first, as Lambda does. */
  const idle: FunctionInstance[] = [];
  const all = new Set<FunctionInstance>();
  const waiting: ((instance: FunctionInstance | undefined) => void)[] = [];
  const counts = { invocations: 0, starts: 0, errors: 0, timeouts: 0, crashes: 0 };
  let stopped = false;

  const forget = (instance: FunctionInstance): void => {
    all.delete(instance);
    const position = idle.indexOf(instance);
    if (position !== -1) idle.splice(position, 1);
    // Its place is free: whoever waits may start a new one.
    if (!stopped && waiting.length > 0 && all.size < maxInstances) waiting.shift()?.(start());
  };

  const start = (): FunctionInstance => {
    counts.starts += 1;
    const instance = startInstance(fn, environment, onLine);
    all.add(instance);
    void instance.ended.then(() => forget(instance));
    return instance;
  };

  const acquire = async (): Promise<FunctionInstance | undefined> => {
    if (stopped) return undefined;
    const free = idle.pop();
    if (free !== undefined) return free;
    if (all.size < maxInstances) return start();
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  };

  const release = (instance: FunctionInstance): void => {
    const next = waiting.shift();
    if (next === undefined) idle.push(instance);
    else next(instance);
  };

  const invoke = async (event: unknown): Promise<InvocationResult> => {
    counts.invocations += 1;
    const instance = await acquire();
    if (instance === undefined) {
      return { ok: false, cause: 'crash', message: 'The local bridge is stopping.' };
    }
    const result = await instance.invoke(event);
    if (result.ok || result.cause === 'error') release(instance);
    if (!result.ok) {
      counts[COUNTED[result.cause]] += 1;
      onLine(`${fn.name} failed: ${result.message}`);
    }
    return result;
  };

  return {
    fn,
    invoke,
    counts: () => ({ ...counts }),
    processes: () => [...all].map((instance) => ({ pid: instance.pid, busy: instance.isBusy() })),
    kill: (pid) => {
      const instances = [...all];
      const victim =
        pid === undefined
          ? (instances.find((instance) => instance.isBusy()) ?? instances[0])
          : instances.find((instance) => instance.pid === pid);
      victim?.kill();
      return victim?.pid;
    },
    stop: async () => {
      stopped = true;
      for (const resolve of waiting.splice(0)) resolve(undefined);
      const instances = [...all];
      for (const instance of instances) instance.kill();
      await Promise.all(instances.map(({ ended }) => ended));
    },
  };
}
