/** The help of every command: an example that works, and lines that break between words. */

import { describe, expect, test } from '@jest/globals';

import { run } from './support/run.ts';

/** Names of the commands that a help lists. */
function listed(help: string): readonly string[] {
  const [, block = ''] = /\nCommands:\n([\s\S]*?)\n\n/.exec(help) ?? [];
  return [...block.matchAll(/^ {2}([a-z]\S*)/gm)].map(([, name = '']) => name);
}

async function helpOf(path: readonly string[], columns?: number): Promise<string> {
  const options = columns === undefined ? {} : { columns };
  return (await run([...path, '--help'], options)).stdout;
}

async function commandsBelow(path: readonly string[]): Promise<readonly (readonly string[])[]> {
  const below = await Promise.all(
    listed(await helpOf(path)).map((name) => commandsBelow([...path, name])),
  );
  return [path, ...below.flat()];
}

const COMMANDS = await commandsBelow([]);

/** The command lines of the examples in a help, without redirections. */
function examples(help: string): readonly string[] {
  return [...help.matchAll(/^ {2}\.\/bridge ([^<\n]+?)(?: <.*)?$/gm)].map(([, line = '']) => line);
}

test('every command is found', () => {
  expect(COMMANDS.length).toBeGreaterThan(25);
  expect(COMMANDS.map((path) => path.join(' '))).toContain('dlq list');
});

describe('the help of ./bridge', () => {
  test.each(COMMANDS.map((path) => [path.join(' '), path] as const))(
    '%s has examples that are understood',
    async (name, path) => {
      const lines = examples(await helpOf(path));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        expect(line).toContain(name);
        // Without stages, a command that is understood ends at the choice of its stage.
        const { stderr } = await run(line.split(' '), { stages: [] });
        expect(stderr).not.toContain('--help shows how to use it');
      }
    },
  );

  test.each([60, 80, 120])('fits a terminal of %i columns', async (columns) => {
    for (const path of COMMANDS) {
      const lines = (await helpOf(path, columns)).split('\n');
      // A command line is not broken, so that it can be copied.
      const tooLong = lines.filter((line) => line.length > columns && !/^ {2}\.\//.test(line));
      expect(tooLong).toEqual([]);
    }
  });
});
