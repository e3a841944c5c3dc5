/**
 * What a reviewer reads of each stage: its template and its routes, as text that is the same on every
 * machine.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StageConfig } from '../config/stage.ts';
import type { Route } from '../lambda/shared/routes.ts';
import { bridgeApp } from './bridge-app.ts';

/** The routes of a stage, one per line, with the severity of the stage in each. */
export function routesText(routes: readonly Route[]): string {
  return `[\n${routes.map((route) => JSON.stringify(route)).join(',\n')}\n]\n`;
}

/**
 * Replaces the hashes of the functions' code, so that a change in code alone changes no template.
 */
export function withoutCodeHashes(template: string): string {
  return template.replace(/("S3Key": )"[0-9a-f]{64}\.zip"/g, '$1"code.zip"');
}

/**
 * Synthesises stages without bundling.
 *
 * @param validate check the templates against CloudFormation's rules, which takes seconds
 * @returns the templates by stage name, in the order of the stages
 * @throws Error of CDK, for instance when a template breaks a rule of CloudFormation
 */
export function synthesiseTemplates(
  stages: readonly StageConfig[],
  validate = true,
): ReadonlyMap<string, string> {
  const outdir = mkdtempSync(join(tmpdir(), 'templates-'));
  try {
    const assembly = bridgeApp({ stages, outdir, bundle: false, validate }).synth();
    return new Map(
      assembly.stacks.map((stack) => {
        const parsed: unknown = JSON.parse(readFileSync(stack.templateFullPath, 'utf8'));
        return [stack.id, withoutCodeHashes(`${JSON.stringify(parsed, null, 1)}\n`)];
      }),
    );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
