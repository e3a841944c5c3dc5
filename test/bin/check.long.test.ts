import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Answer, type SmallTree, smallTree } from '../support/small-tree.ts';

let tree: SmallTree;

beforeEach(() => {
  tree = smallTree();
});

afterEach(() => {
  tree.remove();
});

async function check(...args: readonly string[]): Promise<Answer> {
  return tree.run(process.execPath, 'bin/check.ts', ...args);
}

/** The steps that a run printed as passed, or as failed. */
function steps(output: string, outcome: 'passed' | 'FAILED'): readonly string[] {
  const lines = [...output.matchAll(/^(passed|FAILED) {2}(.+), \d+\.\d s$/gm)];
  return lines.flatMap(([, word, name = '']) => (word === outcome ? [name] : [])).toSorted();
}

const STEPS = ['format', 'lint', 'types', 'types of the console page', 'unused', 'words'];

test('a correct tree passes every step, each with its duration', async () => {
  const { code, output } = await check();
  expect({ code, passed: steps(output, 'passed') }).toEqual({ code: 0, passed: STEPS });
  expect(output).not.toContain('To fix');
});

test('every step runs when others fail, prints its findings and how to fix them', async () => {
  tree.write({
    'bin/types.ts': "export const wrong: number = 'no number';\n",
    'bin/lint.ts': 'console.log([1, 2].map((n) => n as any));\n',
    'bin/format.ts': 'process.exitCode  =  0\n',
    'bin/unused.ts': "import '../lib/used.ts';\n",
    'lib/used.ts': 'export const unused = 1;\n',
    'lib/words.ts': '/** Nobody is told. */\n',
    'bin/circle.ts': "import { a } from '../lib/a.ts';\n\nconsole.log(a());\n",
    'lib/a.ts': "import { b } from './b.ts';\n\nexport const a = (): string => b();\n",
    'lib/b.ts': "import { a } from './a.ts';\n\nexport const b = (): string => a();\n",
    'local/console/page/main.ts': "document.titel = 'Nothing';\n",
  });
  const { code, output } = await check();
  expect({ code, failed: steps(output, 'FAILED') }).toEqual({ code: 1, failed: STEPS });
  for (const found of [
    'bin/types.ts',
    'no-explicit-any',
    'Dependency cycle',
    'bin/format.ts',
    'titel',
    'lib/used.ts',
    'told',
  ]) {
    expect(output).toContain(found);
  }
  const fixes = output.slice(output.indexOf('To fix:'));
  expect(fixes).toMatch(/^ {2}lint +npm run fix/m);
  expect(fixes).toMatch(/^ {2}format +npm run fix/m);
  expect(fixes).toMatch(/^ {2}unused +delete it/m);
});

test('--help prints the usage, and an unknown option is refused', async () => {
  const help = await check('--help');
  expect(help).toMatchObject({ code: 0, output: expect.stringContaining('--staged') });
  const wrong = await check('--stagde');
  expect(wrong).toMatchObject({ code: 2, output: expect.stringContaining('--stagde') });
});
