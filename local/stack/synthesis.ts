/** Synthesises a stage as `cdk deploy` would: the same template, the same bundles. */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { StageConfig } from '../../config/stage.ts';
import type { AssemblyStack } from './template.ts';

/** Message to the process that synthesises. */
export interface SynthesisRequest {
  readonly stage: StageConfig;
  /** Folder to write the assembly to. */
  readonly directory: string;
}

const ENTRY = fileURLToPath(new URL('./synthesis-process.ts', import.meta.url));

function isAssemblyStack(value: unknown): value is AssemblyStack {
  return typeof value === 'object' && value !== null && 'artifactId' in value;
}

/**
 * Synthesises a stage in a process of its own.
 *
 * @throws Error with the output of CDK or esbuild when the stage cannot be synthesised
 */
export function synthesise(stage: StageConfig, directory: string): Promise<AssemblyStack> {
  return new Promise((resolve, reject) => {
    const child = fork(ENTRY, [], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Checking the template against CloudFormation's rules takes longer than all the rest.
      // `npm run synth` and the tests do it.
      env: { ...process.env, CDK_VALIDATION: 'false' },
    });
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    child.once('error', reject);
    child.once('message', (answer: unknown) => {
      if (isAssemblyStack(answer)) resolve(answer);
    });
    child.once('close', () => {
      reject(new Error(`The stage ${stage.name} cannot be synthesised:\n${errors.trim()}`));
    });
    const request: SynthesisRequest = { stage, directory };
    child.send(request);
  });
}
