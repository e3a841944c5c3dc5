/** Synthesises each stage once per run of the tests: a synthesis takes 3 s of CPU time. */

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StageConfig } from '../config/stage.ts';
import { synthesise } from '../local/stack/synthesis.ts';
import type { AssemblyStack } from '../local/stack/template.ts';

/** File with the answer of the synthesis. */
const ANSWER = 'answer.json';

/** Folder of a stage -> its stack, for the tests of this process that run concurrently. */
const assemblies = new Map<string, Promise<AssemblyStack>>();

/** Folder of this run of the tests; `undefined` outside Jest. */
export function testRunFolder(): string | undefined {
  return process.env['TEST_RUN_FOLDER'];
}

async function readOrSynthesise(stage: StageConfig, directory: string): Promise<AssemblyStack> {
  if (!existsSync(directory)) {
    const draft = mkdtempSync(`${directory}-`);
    writeFileSync(join(draft, ANSWER), JSON.stringify(await synthesise(stage, draft)));
    try {
      renameSync(draft, directory);
    } catch (error) {
      // Another process of the tests may have been faster, with the same result.
      rmSync(draft, { recursive: true });
      if (!existsSync(directory)) throw error;
    }
  }
  const answer: AssemblyStack = JSON.parse(readFileSync(join(directory, ANSWER), 'utf8'));
  return { ...answer, directory };
}

/**
 * The synthesised stack of a stage, in the folder of this run of the tests. Do not change its files;
 * copies beside them need names of their own.
 *
 * @throws Error outside Jest, or when the stage cannot be synthesised
 */
export async function assemblyOf(stage: StageConfig): Promise<AssemblyStack> {
  const folder = testRunFolder();
  if (folder === undefined) throw new Error('TEST_RUN_FOLDER is not set: only Jest sets it.');
  const hash = createHash('sha256').update(JSON.stringify(stage)).digest('hex');
  const directory = join(folder, hash);
  const assembly = assemblies.get(directory) ?? readOrSynthesise(stage, directory);
  assemblies.set(directory, assembly);
  return assembly;
}
