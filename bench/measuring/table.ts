/** Rows as a table. */

import { availableParallelism, cpus, totalmem } from 'node:os';
import Table from 'cli-table3';
import { COMPARISON, type Row } from './row.ts';

/** The machine of a run. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** ISO time of the start. */
  readonly at: string;
}

/** This machine. */
export function thisMachine(at: Date): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    at: at.toISOString(),
  };
}

/** The machine in one line. */
export function describeMachine(on: Machine): string {
  return `${on.processor}, ${on.cores} cores, ${on.memoryGB} GB, ${on.system}, Node ${on.node} (V8 ${on.v8}), ${on.at}`;
}

/** Three significant digits, or all digits before the point. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** A ratio, or a percentage below 0.1. */
function shareOf(ratio: number): string {
  return ratio < 0.1 ? `${figure(100 * ratio)} %` : `${figure(ratio)} x`;
}

/** Empty without a goal. */
function verdictOf({ goal, isMet }: Row): string {
  if (goal === COMPARISON) return '';
  return isMet ? 'met' : 'MISSED';
}

const HEAD = ['measurement', 'median', 'spread', 'baseline', 'ratio', 'goal', 'verdict'];

function cells(row: Row): readonly string[] {
  const [low, high] = row.spread;
  return [
    row.measurement,
    `${figure(row.median)} ${row.unit}`,
    low === high ? '' : `${figure(low)} - ${figure(high)}`,
    `${row.baseline.name}: ${figure(row.baseline.median)}`,
    shareOf(row.ratio),
    row.goal,
    verdictOf(row),
  ];
}

/** A table for a terminal, with the notes below. */
export function tableText(rows: readonly Row[]): string {
  const table = new Table({
    head: HEAD,
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [26, 16, 17, 34, 9, 26, 9],
  });
  for (const row of rows) table.push([...cells(row)]);
  return [table.toString(), ...notes(rows)].join('\n');
}

/** A table for a terminal: the first column to the left, the others to the right. */
export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [] },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

function line(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |`;
}

/** A table in Markdown, with the notes below. */
export function tableMarkdown(rows: readonly Row[]): string {
  const body = rows.map((row) => line(cells(row)));
  return [line(HEAD), line(HEAD.map(() => '---')), ...body, '', ...notes(rows)].join('\n');
}

/** Each note once, with the names of its rows. */
function notes(rows: readonly Row[]): readonly string[] {
  const about = Map.groupBy(
    rows.filter(({ note }) => note !== undefined),
    ({ note }) => note ?? '',
  );
  return [...about].map(
    ([note, noted]) => `- ${[...new Set(noted.map((row) => row.measurement))].join(', ')}: ${note}`,
  );
}
