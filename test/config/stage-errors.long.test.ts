import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the project in which the stage `local` has two mistakes. */
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'broken-stage-'));
  for (const name of [
    'bin',
    'config',
    'explain',
    'lambda',
    'lib',
    'local',
    'ops',
    'cdk.json',
    'package.json',
  ]) {
    cpSync(join(ROOT, name), join(project, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  const stage = join(project, 'config', 'local.ts');
  const source = readFileSync(stage, 'utf8').replace("name: 'local'", "name: 'local', tracin: 1");
  writeFileSync(stage, source.replace('callTimeoutSeconds: 2', 'callTimeoutSeconds: 0'));
});

afterAll(() => {
  rmSync(project, { recursive: true, force: true });
});

test.each([
  ['cdk', ['bin/app.ts']],
  ['npm run review', ['bin/review.ts']],
  ['./bridge', ['bin/ops.ts', '--stage', 'example', 'url']],
  ['npm run explain', ['bin/explain.ts', '--stage', 'example', '--environment', 'e']],
  ['npm start', ['bin/local.ts']],
  ['npm run drill', ['bin/drill.ts']],
])('%s prints the mistakes in a stage, and no stack trace', async (_, args) => {
  const child = spawn(process.execPath, args, {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Not the flags that Jest needs.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  expect({ code, output, errors }).toEqual({
    code: 1,
    output: '',
    errors: [
      'This stage cannot be used:',
      '  stages.local.delivery.callTimeoutSeconds: 0 is not a whole number from 1 to 60; a call that takes longer delays every other event of its batch',
      '  stages.local.tracin: is not a field; did you mean tracing?',
      '',
    ].join('\n'),
  });
});
