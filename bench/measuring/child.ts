/** A process that measures. The servers that it calls run in another one. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { heapFlags } from '../../local/lambda/instance.ts';
import { peakMemory } from '../measuring/process.ts';

/** A running process that measures. */
export interface Child {
  /**
   * Sends a request. Send the next one after the answer.
   *
   * @throws Error with the process's message when it failed, or when it ended
   */
  readonly ask: (request: JsonObject) => Promise<JsonObject>;
  /** Peak resident memory, MiB. */
  readonly peakMemory: () => number;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a process with the heap that Lambda gives a function of its size. Its standard output is
 * read, as Lambda reads the log of a function, and discarded.
 *
 * @param script file below `bench/` that calls `serve`
 * @param environment the whole environment of the process
 */
export function startChild(script: string, environment: Readonly<Record<string, string>>): Child {
  const child = fork(join(import.meta.dirname, '..', script), [], {
    env: environment,
    execArgv: heapFlags(
      { memoryMB: Number(environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']) },
      environment['NODE_OPTIONS'],
    ),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  child.stdout?.resume();
  const ended = once(child, 'exit');

  const ask: Child['ask'] = async (request) => {
    const answered = once(child, 'message');
    child.send(request, () => {
      // When sending fails, the process has ended, and `ended` resolves.
    });
    const [answer]: unknown[] = await Promise.race([answered, ended]);
    if (!isJsonObject(answer)) throw new Error('A process ended before its answer.');
    if (typeof answer['error'] === 'string') throw new Error(answer['error']);
    return answer;
  };

  return {
    ask,
    peakMemory: () => peakMemory(child.pid ?? 0),
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
