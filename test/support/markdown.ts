/** The project's Markdown files, and what they link and name. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folders that are generated or installed. */
const EXCLUDED = new Set(['.cache', '.git', 'cdk.out', 'coverage', 'node_modules']);

/** Paths of all Markdown files, relative to the root. */
export function markdownFiles(folder = ''): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return EXCLUDED.has(entry.name) ? [] : markdownFiles(path);
      return entry.name.endsWith('.md') ? [path] : [];
    })
    .toSorted();
}

/** The text of a file. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const FENCE = /^( *)(```+|~~~+)(.*)\n([\s\S]*?)^\1\2 *$/gm;

/** The lines of the fenced blocks; of those with one language, if given. */
export function blockLines(markdown: string, language?: string): readonly string[] {
  return [...markdown.matchAll(FENCE)]
    .filter(([, , , info]) => language === undefined || info === language)
    .flatMap(([, , , , content = '']) => content.split('\n'));
}

function withoutBlocks(markdown: string): string {
  return markdown.replaceAll(FENCE, '');
}

/** Text between single backticks, outside of fenced blocks. */
export function codeSpans(markdown: string): readonly string[] {
  return [...withoutBlocks(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** Targets of links and pictures. */
export function linkTargets(markdown: string): readonly string[] {
  const prose = withoutBlocks(markdown).replaceAll(/`[^`\n]+`/g, '');
  const inline = [...prose.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)];
  const defined = [...prose.matchAll(/^\[[^\]]+\]: +(\S+)/gm)];
  const html = [...prose.matchAll(/<img [^>]*src="([^"]+)"/g)];
  return [...inline, ...defined, ...html].map(([, target = '']) => target);
}

/** A heading, and the text up to the next heading of any level. */
export interface Section {
  readonly level: number;
  readonly title: string;
  /** As GitHub derives it from the title. */
  readonly anchor: string;
  readonly text: string;
}

/** The sections of a document. */
export function sectionsOf(markdown: string): readonly Section[] {
  const seen = new Map<string, number>();
  const headings = [
    ...withoutBlocks(markdown).matchAll(/^(#+) +(.+)\n([\s\S]*?)(?=^#+ |(?![\s\S]))/gm),
  ];
  return headings.map(([, marks = '', title = '', text = '']) => {
    const plain = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    const before = seen.get(plain) ?? 0;
    seen.set(plain, before + 1);
    return {
      level: marks.length,
      title,
      anchor: before === 0 ? plain : `${plain}-${before}`,
      text: text.trim(),
    };
  });
}
