import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'explain-'));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function explain(...args: readonly string[]) {
  const child = spawn(process.execPath, ['bin/explain.ts', '--stage', 'example', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Not the flags that Jest needs.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

test('explains the event that the options describe', async () => {
  const view = ['--view', '4', '--metric', 'requests', '--value', '60', '--threshold', '30'];
  expect(await explain('--environment', 'e', ...view)).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^Severity +critical, from the step at 2: the ratio is 2$/m),
    stderr: '',
  });
});

test('explains an event from a file', async () => {
  const { code, stdout } = await explain('--event', 'test/samples/segmentation.json');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Service +network$/m);
});

test('exits with 1 when a line of a table differs, and with 0 when none does', async () => {
  const row = { environment: 'e', view: '4', metric: 'requests', value: 60, threshold: 30 };
  const good = JSON.stringify({ ...row, severity: 'critical' });
  const bad = JSON.stringify({ ...row, service: 'shop' });
  expect(await explain('--table', file('good.jsonl', `${good}\n`))).toEqual({
    code: 0,
    stdout: '1 event: 1 as expected, 0 different.\n',
    stderr: '',
  });
  expect(await explain('--table', file('bad.jsonl', `${good}\n${bad}\n`))).toEqual({
    code: 1,
    stdout:
      'line 2: view 4 of e (requests), value 60, threshold 30: service is platform, not shop (routes[1] (everything → platform))\n2 events: 1 as expected, 1 different.\n',
    stderr: '',
  });
});

test.each<[string, readonly string[], string]>([
  ['no event', [], 'Add --environment ID, --event FILE or --table FILE.'],
  ['an unknown stage', ['--stage', 'x'], 'Name a stage with --stage: example, local.'],
  [
    'a value that is no number',
    ['--environment', 'e', '--value', 'high'],
    '--value takes a number.',
  ],
  ['two descriptions', ['--environment', 'e', '--table', 'x'], 'only one of them'],
  ['a file that is not there', ['--event', 'nowhere.json'], 'ENOENT'],
  ['an unknown option', ['--enviroment', 'e'], '--enviroment'],
  ['a table that is none', ['--table', 'package.json'], 'line 1: is not JSON'],
])('exits with 2 for %s', async (_, args, message) => {
  expect(await explain(...args)).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
});

test('--help prints the usage', async () => {
  expect(await explain('--help')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('--table FILE'),
  });
});
