/** The drill's last page: a table, and a verdict. */

import { difference, EMPTY, unaccounted, type Accounts } from '../traffic/accounting.ts';

/** One step of the drill, when it was over. */
export interface StepResult {
  readonly name: string;
  /** The books at its end, since the start of the drill. */
  readonly accounts: Accounts;
  /** How the law was broken, and what did not happen that should have. */
  readonly faults: readonly string[];
}

/** What a drill came to. */
export interface DrillResult {
  readonly steps: readonly StepResult[];
  /** From PagerDuty's recovery until the last incident of the outage was opened, milliseconds. */
  readonly slowestPage: number | undefined;
}

/** `added` is what a step did; what cannot be split by steps is taken from the books at its end. */
const COLUMNS: readonly (readonly [
  title: string,
  value: (added: Accounts, end: Accounts) => number,
])[] = [
  ['events in', ({ sent }) => sent],
  ['delivered', ({ delivered }) => delivered],
  ['deduplicated', ({ deduplicated }) => deduplicated],
  ['dead-lettered', ({ deadLettered }) => deadLettered],
  ['replayed', ({ replayed }) => replayed],
  ['waiting', ({ waiting }) => waiting],
  ['lost', (_, end) => unaccounted(end)],
  ['calls', ({ calls }) => calls],
  ['429s', ({ throttled }) => throttled],
];

function cells(name: string, start: Accounts, end: Accounts): string[] {
  const added = difference(start, end);
  return [name, ...COLUMNS.map(([, value]) => String(value(added, end)))];
}

/** The table: a row a step, and the whole drill. */
export function tableOf({ steps }: DrillResult): string {
  const rows = [
    ['', ...COLUMNS.map(([title]) => title)],
    ...steps.map(({ name, accounts }, index) =>
      cells(name, steps[index - 1]?.accounts ?? EMPTY, accounts),
    ),
    cells('all', EMPTY, steps.at(-1)?.accounts ?? EMPTY),
  ];
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths?.[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  '),
  );
  const rule = '-'.repeat(lines[0]?.length ?? 0);
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join('\n');
}

/** Everything that went wrong, with its step. None: the drill was passed. */
export function faultsOf({ steps }: DrillResult): readonly string[] {
  return steps.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`));
}

/** The verdict in words. */
export function verdictOf(result: DrillResult): string {
  const { slowestPage } = result;
  const faults = faultsOf(result);
  const page =
    slowestPage === undefined
      ? 'No page came after the recovery.'
      : `Slowest page after recovery: ${(slowestPage / 1000).toFixed(1)} s.`;
  return faults.length === 0
    ? `${page}\nPassed: every event is accounted for.`
    : [page, 'FAILED:', ...faults.map((fault) => `  ${fault}`)].join('\n');
}
