/** Every link and path in the documents leads to an existing file and heading. */

import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  codeSpans,
  linkTargets,
  markdownFiles,
  ROOT,
  sectionsOf,
  textOf,
} from '../support/markdown.ts';

const FILES = markdownFiles();

/** A path of this repository in running text; what one writes oneself is in `config/`. */
const PATH =
  /^(?:\.github|\.githooks|bench|bin|docs|lambda|lib|local|ops|test|testkit)\/[\w./-]*\w$/;

/** The error of a link; `undefined` if it is correct. */
function linkError(from: string, target: string): string | undefined {
  if (/^(?:https?|mailto):/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : join(dirname(from), decodeURIComponent(path));
  if (file.startsWith('..')) return `${target} leads out of the repository`;
  if (!existsSync(join(ROOT, file))) return `${target} leads to no file`;
  if (anchor === undefined) return undefined;
  if (statSync(join(ROOT, file)).isDirectory()) return `${target} asks a folder for a place`;
  const text = textOf(file);
  if (file.endsWith('.md')) {
    const found = sectionsOf(text).some((section) => section.anchor === anchor);
    return found ? undefined : `${target} leads to no heading`;
  }
  const [, line] = /^L(\d+)/.exec(anchor) ?? [];
  const found = line !== undefined && Number(line) <= text.split('\n').length;
  return found ? undefined : `${target} leads to no line`;
}

test('there are documents', () => {
  expect(FILES).toEqual(expect.arrayContaining(['README.md', join('docs', 'runbook.md')]));
});

describe.each(FILES)('%s', (file) => {
  test('every link within the project leads to a file and a heading', () => {
    const errors = linkTargets(textOf(file)).flatMap((target) => linkError(file, target) ?? []);
    expect(errors).toEqual([]);
  });

  test('every path of the project exists', () => {
    const missing = codeSpans(textOf(file))
      .filter((code) => PATH.test(code))
      .filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });
});

test('a broken link is found', () => {
  expect(linkError('README.md', 'docs/nothing.md')).toContain('no file');
  expect(linkError('README.md', 'docs/runbook.md#nothing')).toContain('no heading');
  expect(linkError('docs/runbook.md', '#delivery-delay')).toBeUndefined();
  expect(linkError('docs/runbook.md', '../lib/alarms.ts#L99999')).toContain('no line');
  expect(linkError('README.md', '../elsewhere')).toContain('out of the repository');
});
