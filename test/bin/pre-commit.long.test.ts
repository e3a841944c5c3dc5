import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SmallTree, smallTree } from '../support/small-tree.ts';

const GOOD = "process.stdout.write('good\\n');\n";
const UNFORMATTED = 'process.stdout.write("good\\n")\n';
const WRONG_TYPE = "export const wrong: number = 'no number';\n";

let tree: SmallTree;

async function git(...args: readonly string[]): Promise<string> {
  const { code, output } = await tree.run('git', ...args);
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${output}`);
  return output;
}

async function commit() {
  return tree.run('git', 'commit', '--quiet', '--message', 'A change');
}

beforeEach(async () => {
  tree = smallTree();
  await git('init', '--quiet');
  await git('config', 'user.name', 'Developer');
  await git('config', 'user.email', 'developer@example.com');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'The beginning');
  await git('config', 'core.hooksPath', '.githooks');
});

afterEach(() => {
  // The checked copy is removed after every outcome.
  const left = readdirSync(tree.temporary);
  tree.remove();
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});

test('a commit in order passes', async () => {
  tree.write({ 'bin/new.ts': GOOD });
  await git('add', 'bin/new.ts');
  expect(await commit()).toMatchObject({ code: 0 });
});

test.each([
  ['unformatted', UNFORMATTED, /FAILED {2}format/],
  ['of a wrong type', WRONG_TYPE, /FAILED {2}types/],
  ['in banned words', '/** Nobody is told. */\nexport {};\n', /FAILED {2}words/],
  ['against a rule', 'console.log([1].map((n) => n as any));\n', /FAILED {2}lint/],
])(
  'a staged file that is %s stops the commit, which prints how to fix it',
  async (_, text, says) => {
    tree.write({ 'bin/new.ts': text });
    await git('add', 'bin/new.ts');
    const { code, output } = await commit();
    expect(code).toBe(1);
    expect(output).toMatch(says);
    expect(output).toContain('To fix:');
    expect(await git('log', '--oneline')).not.toContain('A change');
  },
);

test('the staged text counts, not a correction that is not staged', async () => {
  tree.write({ 'bin/new.ts': UNFORMATTED });
  await git('add', 'bin/new.ts');
  tree.write({ 'bin/new.ts': GOOD });
  expect(await commit()).toMatchObject({ code: 1 });
});

test('an unstaged change neither stops a commit nor is changed by it', async () => {
  tree.write({ 'bin/new.ts': GOOD });
  await git('add', 'bin/new.ts');
  tree.write({ 'bin/new.ts': UNFORMATTED, 'bin/other.ts': WRONG_TYPE });
  expect(await commit()).toMatchObject({ code: 0 });
  expect(readFileSync(join(tree.root, 'bin/new.ts'), 'utf8')).toBe(UNFORMATTED);
  expect(await git('status', '--short')).toBe(' M bin/new.ts\n?? bin/other.ts\n');
});

test('a file that another one imports cannot be deleted', async () => {
  tree.write({ 'lib/a.ts': 'export const a = 1;\n' });
  tree.write({ 'bin/b.ts': "import { a } from '../lib/a.ts';\n\nconsole.log(a);\n" });
  await git('add', 'lib', 'bin');
  expect(await commit()).toMatchObject({ code: 0 });
  await git('rm', '--quiet', 'lib/a.ts');
  expect(await commit()).toMatchObject({ code: 1, output: expect.stringContaining('bin/b.ts') });
});

test('without packages it prints what to install', async () => {
  await git('rm', '--quiet', '-r', '--cached', '.gitignore');
  await tree.run('rm', 'node_modules');
  expect(await commit()).toMatchObject({ code: 1, output: expect.stringContaining('npm ci') });
});
