/** The processes of one function: started on demand, reused, up to a maximum. */

import type { FunctionModel } from '../stack/model.ts';
import { startInstance, type FunctionInstance, type InvocationResult } from './instance.ts';

/** Counts of a pool since its start. */
export interface PoolCounts {
  readonly invocations: number;
  /** Started processes, including those after a crash or a timeout. */
  readonly starts: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly crashes: number;
}

/** The processes of one function. */
export interface FunctionPool {
  readonly fn: FunctionModel;
  /** Runs the function once; waits when the maximum of processes is busy. Never rejects. */
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  readonly counts: () => PoolCounts;
  /** Process IDs, the most recently used first. */
  readonly processes: () => readonly { readonly pid: number; readonly busy: boolean }[];
  /**
   * Ends a process with SIGKILL, whether or not it is busy.
   *
   * @param pid @default a busy process, otherwise any
   * @returns the ID of the process; `undefined` when there is none
   */
  readonly kill: (pid?: number) => number | undefined;
  readonly stop: () => Promise<void>;
}

/** Settings of a pool. */
export interface PoolOptions {
  readonly fn: FunctionModel;
  /** Maximum of processes at the same time. */
  readonly maxInstances: number;
  /** All environment variables of a process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called with each line that a process writes. */
  readonly onLine: (line: string) => void;
}

const COUNTED = { error: 'errors', timeout: 'timeouts', crash: 'crashes', init: 'errors' } as const;

/** Makes a pool; its first process starts with the first invocation. */
export function createPool({ fn, maxInstances, environment, onLine }: PoolOptions): FunctionPool {
  /** The most recently used process is last, and is used first, as in Lambda. */
  const idle: FunctionInstance[] = [];
  const all = new Set<FunctionInstance>();
  const waiting: ((instance: FunctionInstance | undefined) => void)[] = [];
  const counts = { invocations: 0, starts: 0, errors: 0, timeouts: 0, crashes: 0 };
  let stopped = false;

  const forget = (instance: FunctionInstance): void => {
    all.delete(instance);
    const position = idle.indexOf(instance);
    if (position !== -1) idle.splice(position, 1);
    // A process fewer: an invocation that waits can start a new one.
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
