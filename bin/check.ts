/**
 * `npm run check`: the checks of a change apart from its tests. Every step runs, even when others
 * fail. The pre-commit hook runs it with `--staged`.
 */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = `Usage: npm run check [-- --staged]

Checks types, lint, format, words, and that nothing is unused. Lint includes who may import whom.
Runs every step even when one fails, and prints how to fix what failed.

  --staged   check what is staged: types of all files; lint, format and words of the staged files.
             The pre-commit hook does this; "npm run hooks" switches it on.
  --help     this text

Exit codes: 0 passed, 1 a step failed, 2 wrong usage.`;

/** Folder of the tools. They check the current directory. */
const TOOLS = fileURLToPath(new URL('../node_modules/', import.meta.url));

/** Files that the type checker and the linter read. */
const CODE = /\.(?:[cm]?[jt]s|json)$/;

/** Files that the types of the console page depend on. */
const PAGE = /^(?:local\/console\/.*\.ts|.*tsconfig\.json|package(?:-lock)?\.json)$/;

const FIX = 'npm run fix, then by hand what it leaves';
const REPLACE = 'write what it suggests; the list is in bin/words.ts';

interface Step {
  readonly name: string;
  readonly command: readonly [tool: string, ...args: string[]];
  /** How to fix what it finds. */
  readonly fix: string;
}

interface Result {
  readonly step: Step;
  readonly passed: boolean;
}

const TYPES: Step = { name: 'types', command: ['tsc', '-p', '.'], fix: 'by hand' };

const PAGE_TYPES: Step = {
  name: 'types of the console page',
  command: ['tsc', '-p', 'local/console/page'],
  fix: 'by hand',
};

const ALL: readonly Step[] = [
  TYPES,
  PAGE_TYPES,
  { name: 'lint', command: ['oxlint', '--type-aware'], fix: FIX },
  { name: 'format', command: ['oxfmt', '--check'], fix: FIX },
  {
    name: 'unused',
    // A hint is an entry of knip.jsonc that nothing needs.
    command: ['knip', '--no-progress', '--treat-config-hints-as-errors'],
    fix: 'delete it, or add what uses it to knip.jsonc',
  },
  { name: 'words', command: ['node', 'bin/words.ts'], fix: REPLACE },
];

/** The steps for changed files, whose paths are relative to the root. A deleted file changes types. */
function stepsFor(changed: readonly string[], root: string): readonly Step[] {
  const code = changed.some((file) => CODE.test(file));
  const files = changed.filter((file) => existsSync(join(root, file)));
  const paths = ['--no-error-on-unmatched-pattern', ...files];
  const fix = 'npm run fix, then stage the files again';
  return [
    ...(code ? [TYPES] : []),
    ...(changed.some((file) => PAGE.test(file)) ? [PAGE_TYPES] : []),
    ...(code
      ? [{ name: 'lint', command: ['oxlint', '--type-aware', ...paths], fix } as const]
      : []),
    { name: 'format', command: ['oxfmt', '--check', ...paths], fix },
    ...(files.length > 0
      ? [{ name: 'words', command: ['node', 'bin/words.ts', ...files], fix: REPLACE } as const]
      : []),
  ];
}

/** Runs a step and prints its name, its duration and its findings. */
async function run(step: Step, root: string, signal: AbortSignal): Promise<Result> {
  const begin = performance.now();
  const [tool, ...args] = step.command;
  const { PATH = '' } = process.env;
  const child = spawn(join(TOOLS, '.bin', tool), args, {
    cwd: root,
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // A hook may run without Node or with an older one, so the project's own comes first.
      PATH: [join(TOOLS, '.bin'), PATH].join(delimiter),
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
    },
  });
  const ended = new Promise<boolean>((done) => {
    child.on('error', (error) => {
      if (!signal.aborted) console.error(error.message);
      done(false);
    });
    child.on('close', (code) => done(code === 0));
  });
  const [passed, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (signal.aborted) return { step, passed: false };
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(`${passed ? 'passed' : 'FAILED'}  ${step.name}, ${seconds} s`);
  if (!passed) console.log(`\n${`${out}${err}`.trim()}\n`);
  return { step, passed };
}

/** Runs the steps in parallel. Each prints when it ends, so that outputs do not mix. */
async function check(steps: readonly Step[], root: string, signal: AbortSignal): Promise<number> {
  const results = await Promise.all(steps.map(async (step) => run(step, root, signal)));
  signal.throwIfAborted();
  const failed = results.filter(({ passed }) => !passed).map(({ step }) => step);
  if (failed.length === 0) return 0;
  const width = Math.max(...failed.map(({ name }) => name.length));
  console.log('To fix:');
  for (const { name, fix } of failed) console.log(`  ${name.padEnd(width)}  ${fix}`);
  return 1;
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { encoding: 'utf8' });
}

/**
 * Checks a copy of the index, so that unstaged changes neither hide an error nor cause one, and no
 * file of the checkout changes.
 */
async function checkStaged(signal: AbortSignal): Promise<number> {
  const changed = git('diff', '--cached', '--name-only', '--no-renames', '-z')
    .split('\0')
    .filter((name) => name !== '');
  if (changed.length === 0) return 0;
  const copy = mkdtempSync(join(tmpdir(), 'staged-'));
  try {
    git('checkout-index', '--all', `--prefix=${copy}/`);
    symlinkSync(resolve(TOOLS), join(copy, 'node_modules'));
    return await check(stepsFor(changed, copy), copy, signal);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function readArguments(): { readonly staged: boolean; readonly help: boolean } | string {
  try {
    const { values } = parseArgs({
      options: { staged: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    return { staged: values.staged ?? false, help: values.help ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function main(staged: boolean): Promise<number> {
  // A signal ends the tools and removes the copy.
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stopping.abort(new Error('Stopped.')));
  return staged ? checkStaged(stopping.signal) : check(ALL, process.cwd(), stopping.signal);
}

const choice = readArguments();
if (typeof choice === 'string') {
  console.error(`${choice}\n\n${USAGE}`);
  process.exitCode = 2;
} else if (choice.help) {
  console.log(USAGE);
} else {
  try {
    process.exitCode = await main(choice.staged);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
