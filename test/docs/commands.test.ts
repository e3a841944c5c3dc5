/** Every command in the documents exists and takes the options that are shown. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { run } from '../ops/support/run.ts';
import { awsErrors, cdkErrors } from '../support/command-lines.ts';
import { blockLines, codeSpans, markdownFiles, ROOT, textOf } from '../support/markdown.ts';

/** The command lines in the documents, without prompt, comment, pipe and redirection. */
function shown(): readonly string[] {
  const texts = markdownFiles().map(textOf);
  const lines = texts.flatMap((text) => blockLines(text)).concat(texts.flatMap(codeSpans));
  const commands = lines
    .flatMap((line) => line.split(/&&|;/))
    .map((line) =>
      line
        .replace(/ [#<>|].*$/, '')
        .trim()
        .replace(/^\$ /, ''),
    )
    // Placeholders for a command.
    .filter((command) => !/\.\.\.|…|\bCOMMAND\b/.test(command));
  return [...new Set(commands)];
}

const SHOWN = shown();

function matching(pattern: RegExp): readonly string[][] {
  return SHOWN.flatMap((command) => {
    const [, ...groups] = pattern.exec(command) ?? [];
    return groups.length === 0 ? [] : [groups];
  });
}

/** End of the error message for unknown arguments and options; see `ops/main.ts`. */
const NOT_UNDERSTOOD = '--help shows how to use it';

/** The usage error of an operator's command, if any. There is no stage, so the command does nothing. */
async function usageError(args: string): Promise<string | undefined> {
  const { stderr } = await run(args.split(' '), { stages: [] });
  return stderr.includes(NOT_UNDERSTOOD) ? stderr : undefined;
}

describe("the operator's commands", () => {
  const whole = matching(/^\.\/bridge (?!\.\.\.)(.+)$/).flat();
  // In running text, `dlq replay --dry-run` is a short form; `dlq replay` alone is only a name.
  const short = matching(/^((?:alarms|dlq|incidents|keys|token) \S+ .+)$/).flat();

  test.each([...whole, ...short])('%s', async (args) => {
    expect(await usageError(args)).toBeUndefined();
  });

  test.each(matching(/^((?:alarms|dlq|incidents|keys|token) \S+)$/).flat())(
    '%s is the name of a command',
    async (name) => {
      expect(await usageError(`${name} --help`)).toBeUndefined();
    },
  );

  test('a wrong command is found', async () => {
    expect(whole.length).toBeGreaterThan(20);
    expect(await usageError('dlq replay --reasn rejected')).toContain('--reasn');
    expect(await usageError('dlq reply')).toContain('reply');
    expect(await usageError('status production')).toContain('too many arguments');
  });
});

const helps = new Map<string, string>();

/** Help text of a program in `bin/`. */
function helpOf(file: string): string {
  const known = helps.get(file);
  if (known !== undefined) return known;
  const { stdout } = spawnSync(process.execPath, [file, '--help'], { cwd: ROOT });
  const help = stdout.toString('utf8');
  helps.set(file, help);
  return help;
}

function scripts(): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(textOf('package.json'));
  return isJsonObject(value) && isJsonObject(value['scripts']) ? value['scripts'] : {};
}

describe('the scripts of package.json', () => {
  const named = new Set(matching(/^npm (?:run )?(?:-s )?([a-z][a-z:-]*)/).flat());
  const npmOwn = ['ci', 'install', 'run'];

  test.each([...named].filter((name) => !npmOwn.includes(name)))('the script %s exists', (name) => {
    expect(scripts()).toHaveProperty([name]);
  });

  test('every script is documented', () => {
    expect([...named]).toEqual(expect.arrayContaining(Object.keys(scripts())));
  });

  const withOptions = matching(/^npm (?:run )?(?:-s )?([a-z:-]+) -- (.*--.+)$/);

  test.each(withOptions)('npm run %s takes %s', (name, options) => {
    const [, file = ''] = /node (bin\/[\w-]+\.ts)$/.exec(String(scripts()[name ?? ''])) ?? [];
    const help = helpOf(file);
    for (const [option] of (options ?? '').matchAll(/--[\w-]+/g)) expect(help).toContain(option);
    // The help also has the names of measurements.
    for (const [, value = ''] of (options ?? '').matchAll(/--only ([a-z-]+)/g)) {
      expect(help).toContain(value);
    }
  });
});

test.each(matching(/^npx node (\S+\.ts)/).flat())('%s is a file', (file) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
});

describe('lines of other tools', () => {
  const cdk = matching(/^npx cdk (.+)$/).flat();
  // In the table of assumptions they are in running text.
  const named = markdownFiles().flatMap((file) =>
    [...textOf(file).matchAll(/\baws ([a-z]+ [a-z]+-[a-z-]+)/g)].map(([, args = '']) => args),
  );
  const aws = [...new Set([...matching(/^aws (.+)$/).flat(), ...named])];

  test.each(cdk)('npx cdk %s', (args) => {
    expect(cdkErrors(args)).toEqual([]);
  });

  const inHelp = [...helpOf('bin/migrate.ts').matchAll(/^ *aws (.+)$/gm)].map(
    ([, args = '']) => args,
  );

  test('the help of migrate has a line of aws', () => {
    expect(inHelp).toHaveLength(1);
  });

  test.each([...aws, ...inHelp])('aws %s', (args) => {
    expect(awsErrors(args)).toEqual([]);
  });

  test.each([
    ['cdk', cdkErrors('deploi example'), 'no command deploi'],
    ['cdk', cdkErrors('deploy example --exclusive'), 'no option --exclusive'],
    ['cdk', cdkErrors('doctor example'), 'no argument example'],
    ['aws', awsErrors('sqs list-queue'), 'no operation list-queue'],
    ['aws', awsErrors('sqs list-queues --prefix a'), 'no option --prefix'],
    ['aws', awsErrors('iam list-roles'), 'no client'],
  ])('a wrong line of %s is found', (_, errors, expected) => {
    expect(errors).toEqual([expect.stringContaining(expected)]);
  });
});

/** The lines to paste that a test checks: here, and those with `curl` in `test/local/start.test.ts`. */
const CHECKED =
  /^(?:(?:\.\/bridge|npm|npx cdk|npx node|aws|curl) |git pull|URL=\$\(\.\/bridge |export BRIDGE_STAGE=)/;

test('every line to paste is of a program that a test checks', () => {
  const lines = markdownFiles()
    .flatMap((file) => blockLines(textOf(file), 'sh'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.length).toBeGreaterThan(60);
  expect(lines.filter((line) => !CHECKED.test(line))).toEqual([]);
});
