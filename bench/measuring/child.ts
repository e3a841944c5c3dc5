/** A process that measures, so that the servers it calls have another one. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { heapFlags } from '../../local/lambda/instance.ts';
import { peakMemory } from '../measuring/process.ts';

/** A measuring process under way. */
export interface Child {
  /**
   * Asks one thing; the next may be asked when this is answered.
   *
   * @throws Error with the process's own words when it failed, or when it has ended
   */
  readonly ask: (request: JsonObject) => Promise<JsonObject>;
  /** The most memory that it ever had resident, MiB. */
  readonly peakMemory: () => number;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a process with the heap that Lambda gives a function of its size. What it writes to standard output is read and thrown away, as Lambda reads the
 * log of a function.
 *
 * @param script file that calls `serve`, below `bench/`
 * @param environment all of it: nothing of this process's own is passed on
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
      // A process that cannot be written to has ended, and that is waited for.
    });
    const [answer]: unknown[] = await Promise.race([answered, ended]);
    if (!isJsonObject(answer)) throw new Error('A measuring process has ended before its answer.');
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
