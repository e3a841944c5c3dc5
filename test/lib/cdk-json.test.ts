import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PROJECT_ROOT } from '../../lib/bundle.ts';
import { cdkContext } from '../../lib/bridge-app.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';

function read(path: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  if (!isJsonObject(value)) throw new Error(`${path} is not an object`);
  return value;
}

test('every feature flag that aws-cdk-lib recommends is set, to what it recommends', () => {
  const recommended = read('../../node_modules/aws-cdk-lib/recommended-feature-flags.json');
  const { context } = read('../../cdk.json');
  expect(context).toEqual({ ...recommended, 'cli-telemetry': false });
});

test('the CDK CLI sends no data about its use to AWS', () => {
  const { stdout, stderr } = spawnSync('node_modules/.bin/cdk', ['cli-telemetry', '--status'], {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
    // Without the variables and the home directory of the machine, which can turn it off too.
    env: { PATH: process.env['PATH'], HOME: tmpdir() },
  });
  expect(`${stdout}${stderr}`).toContain('CLI Telemetry is disabled');
});

test('findings of the template validation are errors', () => {
  expect(cdkContext()).toMatchObject({ '@aws-cdk/core:validateAgainstDefaultRules': true });
});

test('templates name the constructs, and nothing of the machine or the CLI', () => {
  expect(read('../../cdk.json')).toMatchObject({
    pathMetadata: true,
    assetMetadata: false,
    versionReporting: false,
  });
});

test('a CLI on another Node, such as a global one, starts the app on the Node of the project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'other-node-'));
  try {
    const other = join(folder, 'node');
    writeFileSync(other, '#!/bin/sh\necho "this Node cannot run TypeScript" >&2\nexit 1\n');
    chmodSync(other, 0o755);
    const [interpreter, app] = String(read('../../cdk.json')['app']).split(' ');
    expect(app).toBe('bin/app.ts');
    // The CLI starts the app by a shell.
    const version = execFileSync('/bin/sh', ['-c', `${interpreter} --version`], {
      cwd: PROJECT_ROOT,
      encoding: 'utf8',
      env: { PATH: [folder, '/usr/bin', '/bin'].join(delimiter) },
    });
    expect(version.trim()).toBe(process.version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
