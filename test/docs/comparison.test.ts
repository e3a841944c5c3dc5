/** docs/comparison.md has the rows and columns of the measurement. */

import { describe, expect, test } from '@jest/globals';
import { CONTESTANTS, ROWS } from '../../bench/comparison/rows.ts';
import { textOf } from '../support/markdown.ts';

/** Rows of all tables, each a list of trimmed cells. */
function tableRows(markdown: string): readonly (readonly string[])[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const TABLE = tableRows(textOf('docs/comparison.md'));
const COLUMNS = Object.values(CONTESTANTS);
const head = TABLE.findIndex((cells) => COLUMNS.every((name) => cells.includes(name)));

describe('the table of docs/comparison.md', () => {
  test('has a column per system', () => {
    expect(TABLE[head]?.slice(1)).toEqual(COLUMNS);
  });

  test('has the rows of the measurement, in its order, with a figure of each system', () => {
    const names = Object.values(ROWS).flat();
    const rows = TABLE.slice(head + 2, head + 2 + names.length);
    expect(rows.map(([name]) => name)).toEqual(names);
    for (const [, ...cells] of rows) {
      expect(cells).toHaveLength(COLUMNS.length);
      expect(cells).not.toContain('');
    }
  });
});
