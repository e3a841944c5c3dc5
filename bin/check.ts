/**
 * `npm run check`: what a change has to pass apart from its tests. Every step runs, whatever the
 * others find, and the end says what mends it. The pre-commit hook runs it with `--staged`.
 */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = `Usage: npm run check [-- --staged]

Checks types, lint, format, and that nothing is unused or imported in a circle. Runs every step
even when one fails, and says at the end which command mends what.

  --staged   only what is staged, as it is staged: types of all, lint and format of the staged
             files. The pre-commit hook does this; "npm run hooks" switches it on.
  --help     this text

Exit codes: 0 passed, 1 something is to be mended, 2 wrong usage.`;

/** Where the tools are. The tree that they check is the current directory. */
const TOOLS = fileURLToPath(new URL('../node_modules/', import.meta.url));

/** Files that the type checker or the linter reads. */
const CODE = /\.(?:[cm]?[jt]s|json)$/;

/** Files that the types of the console page depend on. */
const PAGE = /^(?:local\/console\/.*\.ts|.*tsconfig\.json|package(?:-lock)?\.json)$/;

const FIX = 'npm run fix, then by hand what it leaves';

interface Step {
  readonly name: string;
  /** The tool and its arguments. */
  readonly command: readonly [tool: string, ...args: string[]];
  /** What to run or to do about its findings. */
  readonly mend: string;
}

interface Result {
  readonly step: Step;
  readonly passed: boolean;
}

const TYPES: Step = { name: 'types', command: ['tsc', '-p', '.'], mend: 'by hand' };

const PAGE_TYPES: Step = {
  name: 'types of the console page',
  command: ['tsc', '-p', 'local/console/page'],
  mend: 'by hand',
};

const ALL: readonly Step[] = [
  TYPES,
  PAGE_TYPES,
  { name: 'lint', command: ['oxlint', '--type-aware'], mend: FIX },
  { name: 'format', command: ['oxfmt', '--check'], mend: FIX },
  {
    name: 'unused',
    // A hint is an entry of knip.jsonc that is not needed any more.
    command: ['knip', '--no-progress', '--treat-config-hints-as-errors'],
    mend: 'delete it, or say in knip.jsonc what uses it',
  },
];

/** The steps for files that changed, which are relative to the root. One that is gone changes types. */
function stepsFor(changed: readonly string[], root: string): readonly Step[] {
  const code = changed.some((file) => CODE.test(file));
  const files = changed.filter((file) => existsSync(join(root, file)));
  const paths = ['--no-error-on-unmatched-pattern', ...files];
  const mend = 'npm run fix, then stage the files again';
  return [
    ...(code ? [TYPES] : []),
    ...(changed.some((file) => PAGE.test(file)) ? [PAGE_TYPES] : []),
    ...(code
      ? [{ name: 'lint', command: ['oxlint', '--type-aware', ...paths], mend } as const]
      : []),
    { name: 'format', command: ['oxfmt', '--check', ...paths], mend },
  ];
}

/** Runs a step and prints its name, its time, and what it found. */
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
      // The tools start with the Node of the project, as under npm; a hook may find an older one, or none.
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

/** Runs the steps side by side. Each prints when it is done, so that no two outputs mix. */
async function check(steps: readonly Step[], root: string, signal: AbortSignal): Promise<number> {
  const results = await Promise.all(steps.map(async (step) => run(step, root, signal)));
  signal.throwIfAborted();
  const failed = results.filter(({ passed }) => !passed).map(({ step }) => step);
  if (failed.length === 0) return 0;
  const width = Math.max(...failed.map(({ name }) => name.length));
  console.log('To mend it:');
  for (const { name, mend } of failed) console.log(`  ${name.padEnd(width)}  ${mend}`);
  return 1;
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { encoding: 'utf8' });
}

/**
 * Checks what is staged in a copy of the index, so that changes which are not staged neither hide a
 * fault nor make one, and no file of the checkout is touched.
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
  // Whoever stops it gets a tidy end: the tools are ended, and the copy is removed.
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
