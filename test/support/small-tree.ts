/** A project of a few lines with the checks of this one. */

import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from './child-environment.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Rules and checks of this project. */
const COPIED = [
  '.githooks',
  '.oxfmtrc.json',
  '.oxlintrc.json',
  'bin/check.ts',
  'bin/words.ts',
  'local/console/page/tsconfig.json',
  'tsconfig.json',
];

/** Files of the small project: path -> text. */
const OWN: Readonly<Record<string, string>> = {
  '.gitignore': 'node_modules\n',
  'knip.jsonc': readFileSync(join(ROOT, 'knip.jsonc'), 'utf8').replace(
    /"entry": \[[^\]]*\]/,
    '"entry": ["bin/*.ts", "local/console/page/main.ts"]',
  ),
  'local/console/page/main.ts': "document.title = 'Nothing';\n",
  'package.json': '{\n  "name": "small",\n  "private": true,\n  "type": "module"\n}\n',
};

/** Result of a command. */
export interface Answer {
  readonly code: number;
  /** Standard output and standard error. */
  readonly output: string;
}

/** A tree that passes every check. */
export interface SmallTree {
  /** Its folder. */
  readonly root: string;
  /** Folder for temporary files of the commands. */
  readonly temporary: string;
  /** Writes files: path -> text. */
  write(files: Readonly<Record<string, string>>): void;
  /** Runs a command in it. Never rejects. */
  run(command: string, ...args: readonly string[]): Promise<Answer>;
  remove(): void;
}

/** Creates a tree in the folder for temporary files. */
export function smallTree(): SmallTree {
  const top = mkdtempSync(join(tmpdir(), 'small-tree-'));
  const root = join(top, 'tree');
  const temporary = join(top, 'temporary');
  mkdirSync(temporary);
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
  };
  for (const path of COPIED) cpSync(join(ROOT, path), join(root, path), { recursive: true });
  write(OWN);
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return {
    root,
    temporary,
    write,
    async run(command, ...args) {
      const child = spawn(command, args, {
        cwd: root,
        // Excludes your git settings and, in a hook, the index of your commit.
        env: childEnvironment({ HOME: top, TMPDIR: temporary, GIT_CONFIG_NOSYSTEM: '1' }),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = new Promise<number>((done) => {
        child.on('error', () => done(-1));
        child.on('close', (code) => done(code ?? -1));
      });
      const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
      return { code, output: out + err };
    },
    remove() {
      rmSync(top, { recursive: true, force: true });
    },
  };
}
