/** A table with a column per system, for measurements that are not a figure and a baseline. */

import { isJsonObject } from '../../lambda/shared/json.ts';

/** Systems side by side. */
export interface SideBySide {
  /** Names of the systems. */
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    /** One per column. */
    readonly cells: readonly string[];
  }[];
  /** Printed below the table. */
  readonly notes: readonly string[];
  /** The figures behind the cells, for `--json`. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Whether a message from the process of a measurement is such a table. */
export function isSideBySide(message: unknown): message is SideBySide {
  return isJsonObject(message) && Array.isArray(message['columns']);
}

/** The table for a terminal of 80 columns: a block per row. */
export function sideBySideText({ columns, rows, notes }: SideBySide): string {
  const width = Math.max(...columns.map(({ length }) => length)) + 2;
  const blocks = rows.map(({ name, cells }) =>
    [name, ...columns.map((column, n) => `  ${column.padEnd(width)}${cells[n] ?? ''}`)].join('\n'),
  );
  return [...blocks, notes.map((note) => `- ${note}`).join('\n')].join('\n\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The table in Markdown, with the notes below. */
export function sideBySideMarkdown({ columns, rows, notes }: SideBySide): string {
  const table = [
    line(['', ...columns]),
    line(['', ...columns].map(() => '---')),
    ...rows.map(({ name, cells }) => line([name, ...cells])),
  ];
  return [...table, '', ...notes.map((note) => `- ${note}`)].join('\n');
}
