import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type SmallTree, smallTree } from '../support/small-tree.ts';

let tree: SmallTree;

beforeAll(() => {
  tree = smallTree();
});

afterAll(() => {
  tree.remove();
});

/** Lines that the check prints about a text in a file. */
async function findings(file: string, text: string): Promise<readonly string[]> {
  tree.write({ [file]: text });
  const { code, output } = await tree.run(process.execPath, 'bin/words.ts', file);
  const lines = output.split('\n').filter((line) => line !== '');
  expect(code).toBe(lines.length > 0 ? 1 : 0);
  return lines;
}

test.each([
  ['an identifier', 'lib/a.ts', '\nconst isFolded = true;\n', 'lib/a.ts:2: "folded": use dedup'],
  ['a constant', 'lib/b.ts', 'const MAX_PATIENCE = 1;\n', 'lib/b.ts:1: "patience": use'],
  ['a type', 'lib/c.ts', 'type LetterDesk = 1;\n', 'lib/c.ts:1: "letter": use dead letter'],
  ['a comment', 'lib/d.ts', '/**\n * Nobody is\n * told.\n */\n', 'lib/d.ts:2: "nobody": use you'],
  ['a string', 'lib/e.ts', "log('the stage-hand');\n", 'lib/e.ts:1: "stage-hand": use drill'],
  ['two lines', 'lib/f.ts', '// 120 calls a\n// minute\n', 'lib/f.ts:1: "calls a minute": use per'],
  ['a document', 'docs/a.md', 'The law of **conservation**.\n', 'docs/a.md:1: "conservation": use'],
  ['a page', 'local/a.html', '<p class="letters">\n', 'local/a.html:1: "letters": use dead letter'],
  ['a file name', 'lib/doorkeeper.ts', 'export {};\n', 'lib/doorkeeper.ts:1: "doorkeeper": use'],
])('%s is reported with line, word and replacement', async (_, file, text, expected) => {
  expect((await findings(file, text))[0]).toContain(expected);
});

test.each([
  ['a dead letter', 'deadLetters, DEAD_LETTER_QUEUE; a dead-letter queue; a dead\n * letter'],
  ['the alphabet', 'Lower-case letters, digits and hyphens; begins with a letter.'],
  ['parts of words', 'The folder of the gateway; browser strings; investigate; scaffolding.'],
  ["AWS's own words", 'Start DLQ redrive, RedrivePolicy and API Gateway.'],
  ['addresses', '[1](https://example.com/keyring/patience) [2](0007-folding.md)'],
])('%s can be used', async (_, text) => {
  expect(await findings('docs/b.md', text)).toEqual([]);
});

test('without arguments it reads the whole tree, except what others wrote', async () => {
  const planted = 'Somebody folds.\n';
  tree.write({
    'docs/c.md': planted,
    'test/snapshots/stack.md': planted,
    'node_modules.md': 'No word.\n',
    'docs/decisions/0018-names.md': planted,
    'docs/decisions/0016-schema.md': planted,
  });
  const { output } = await tree.run(process.execPath, 'bin/words.ts');
  const files = new Set(output.split('\n').map((line) => line.replace(/:.*/, '')));
  expect([...files]).toEqual(
    expect.arrayContaining(['docs/c.md', 'docs/decisions/0016-schema.md']),
  );
  expect(files).not.toContain('test/snapshots/stack.md');
  expect(files).not.toContain('docs/decisions/0018-names.md');
});
