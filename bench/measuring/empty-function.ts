import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPool } from '../../local/lambda/pool.ts';
import type { FunctionModel } from '../../local/stack/model.ts';
import { withFolder } from './folder.ts';
import { peakMemory } from './process.ts';

/** Invocations before its memory is measured. */
const INVOCATIONS = 5;

/**
 * Measures the peak memory of an empty handler's process, in the runtime of the bridge's functions.
 *
 * @param like the function whose memory and timeout it gets
 * @returns MiB
 * @throws Error when it fails
 */
export async function emptyFunctionMemory(like: FunctionModel, event: unknown): Promise<number> {
  return withFolder(async (codeFolder) => {
    writeFileSync(join(codeFolder, 'index.mjs'), 'export const handler = async () => ({});\n');
    const pool = createPool({
      fn: { ...like, codeFolder, handler: 'index.handler' },
      maxInstances: 1,
      environment: {
        PATH: process.env['PATH'] ?? '',
        LAMBDA_TASK_ROOT: codeFolder,
        _HANDLER: 'index.handler',
      },
      onLine: () => {},
    });
    try {
      for (let n = 0; n < INVOCATIONS; n += 1) {
        const result = await pool.invoke(event);
        if (!result.ok) throw new Error(`The empty function failed: ${result.message}`);
      }
      const [process] = pool.processes();
      if (process === undefined) throw new Error('The empty function has no process.');
      return peakMemory(process.pid);
    } finally {
      await pool.stop();
    }
  });
}
