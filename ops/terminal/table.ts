/** Tables for a terminal. */

import Table from 'cli-table3';

import { cut } from '../../lambda/shared/text.ts';
import { visibleLength, wrap } from './terminal.ts';

/** One column of a table. */
export interface Column {
  readonly head: string;
  /** Fewest characters that the column is cut to. @default never cut */
  readonly least?: number;
  readonly right?: boolean;
  /** Breaks a cell between words instead of cutting it. */
  readonly wraps?: boolean;
}

/** The last column of a table: what a row means and what to do, in a few words. */
export const NOTE: Column = { head: '', least: 20, wraps: true };

/** Rows per layout: the time of the library grows faster than the number of rows. */
const CHUNK = 200;

/** Characters between two columns. */
const GAP = 2;

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
};

/** Narrows the columns that may be cut, the widest first, until the table fits. */
function fit(columns: readonly Column[], widths: number[], available: number): void {
  let excess = widths.reduce((sum, width) => sum + width, GAP * (columns.length - 1)) - available;
  while (excess > 0) {
    let widest = -1;
    for (const [index, { least }] of columns.entries()) {
      const width = widths[index] ?? 0;
      if (least === undefined || width <= least) continue;
      if (widest === -1 || width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
}

/**
 * Lays out a table without lines between cells.
 *
 * @param width of the terminal, in characters
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const widths = columns.map(({ head }, index) =>
    rows.reduce((most, row) => Math.max(most, visibleLength(row[index] ?? '')), head.length),
  );
  fit(columns, widths, width);
  const cells = rows.map((row) =>
    row.map((cell, index) => {
      const room = widths[index] ?? cell.length;
      // A cell with colours is short; cutting it could cut a colour's code.
      if (visibleLength(cell) <= room) return cell;
      return columns[index]?.wraps === true ? wrap(cell, room) : cut(cell, room);
    }),
  );
  const lines: string[] = [];
  for (let start = 0; start === 0 || start < cells.length; start += CHUNK) {
    const layout = new Table({
      chars: NO_LINES,
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
      head: start === 0 ? columns.map(({ head }) => head) : [],
      colAligns: columns.map(({ right }) => (right === true ? 'right' : 'left')),
      colWidths: widths,
    });
    layout.push(...cells.slice(start, start + CHUNK));
    lines.push(...layout.toString().split('\n'));
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/**
 * Lists names and values, one per line. Rows without a value are left out.
 *
 * @param width of the terminal, in characters; a longer value continues below itself
 */
export function properties(
  rows: readonly (readonly [name: string, value: string | undefined])[],
  width = Infinity,
): string {
  const shown = rows.filter(([, value]) => value !== undefined && value !== '');
  const longest = Math.max(0, ...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => wrap(`${name.padEnd(longest)}  ${value ?? ''}`, width, longest + GAP))
    .join('\n');
}
