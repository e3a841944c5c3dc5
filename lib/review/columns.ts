/** Width of the review's output. */
const COLUMNS = 100;

/** What a line begins with: blanks and the branches of a tree, up to a mark such as `[+]`. */
const HEAD = /^[ │├└─]*(?:\[.\] |[-+~] )?/u;

/**
 * Breaks a line at blanks and after commas, so that it fits 100 columns. Its other lines are
 * indented. A word that is too long is cut in two.
 */
export function wrap(line: string): readonly string[] {
  const head = HEAD.exec(line)?.[0] ?? '';
  const indent = ' '.repeat(Math.min(head.length + 2, COLUMNS / 2));
  const lines: string[] = [];
  let rest = line;
  while (rest.length > COLUMNS) {
    const last = Math.max(rest.lastIndexOf(' ', COLUMNS), rest.lastIndexOf(',', COLUMNS - 1) + 1);
    const end = last > indent.length + head.length ? last : COLUMNS;
    lines.push(rest.slice(0, end).trimEnd());
    rest = indent + rest.slice(end).trimStart();
  }
  return [...lines, rest.trimEnd()];
}
