import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { defineStage } from '../../config/define-stage.ts';
import type { StageConfig } from '../../config/stage.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { ROUTES_FILE } from '../../lambda/shared/environment.ts';
import { bridgeApp } from '../../lib/bridge-app.ts';
import { synthesiseTemplates, withoutCodeHashes } from '../../lib/templates.ts';

const stageOf = (name: string): StageConfig =>
  defineStage({ name, routes: [{ environment: name, service: 'platform' }] });
const stages = [stageOf('one'), stageOf('two')];

const outdir = mkdtempSync(join(tmpdir(), 'assets-'));
const text = (file: string): string => readFileSync(join(outdir, file), 'utf8');

/** The directory of each function's code, by its description. */
function assets(stage: string): readonly string[] {
  const template: unknown = JSON.parse(text(`${stage}.template.json`));
  if (!isJsonObject(template)) throw new Error('no template');
  return Object.values(Template.fromJSON(template).findResources('AWS::Lambda::Function')).map(
    (fn) => `asset.${String(fn['Properties'].Code.S3Key).replace('.zip', '')}`,
  );
}

beforeAll(() => {
  bridgeApp({ stages, outdir, validate: false }).synth();
});

afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

test('each function of each stage has its own code and its own routes', () => {
  const directories = stages.flatMap(({ name }) => assets(name));
  expect(new Set(directories).size).toBe(4);
  for (const { name, routes } of stages) {
    const [ingest, delivery] = assets(name);
    expect(JSON.parse(text(`${ingest}/${ROUTES_FILE}`))).toEqual(routes);
    expect(JSON.parse(text(`${delivery}/${ROUTES_FILE}`))).toEqual(routes);
    expect(text(`${ingest}/index.cjs`)).not.toBe(text(`${delivery}/index.cjs`));
  }
});

test('the code aside, a template is the same with bundles and without', () => {
  const reviewed = synthesiseTemplates(stages, false);
  for (const { name } of stages) {
    const parsed: unknown = JSON.parse(text(`${name}.template.json`));
    expect(withoutCodeHashes(`${JSON.stringify(parsed, null, 1)}\n`)).toBe(reviewed.get(name));
  }
});
