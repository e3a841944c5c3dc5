/** The drill's result: a table and a verdict. */

import { lostIn, type DrillAccounts } from './accounts.ts';

/** Result of one step of the drill. */
export interface StepResult {
  readonly name: string;
  /** The accounts at its end, since the start of the drill. */
  readonly accounts: DrillAccounts;
  /** Errors in the accounts, and expected results that did not come. */
  readonly faults: readonly string[];
}

/** Result of a drill. */
export interface DrillResult {
  readonly steps: readonly StepResult[];
  /** From PagerDuty's recovery until the last incident of the outage was opened, milliseconds. */
  readonly slowestPage: number | undefined;
}

interface Column {
  readonly title: string;
  readonly value: (accounts: DrillAccounts) => number;
  /** The column shows the state at the end of a step, not what the step added. */
  readonly isState?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'events in', value: ({ sent }) => sent },
  { title: 'delivered', value: ({ delivered }) => delivered },
  { title: 'deduplicated', value: ({ deduplicated }) => deduplicated },
  { title: 'dead-lettered', value: ({ deadLettered }) => deadLettered },
  { title: 'replayed', value: ({ replayed }) => replayed },
  { title: 'waiting', value: ({ waiting }) => waiting, isState: true },
  { title: 'lost', value: lostIn, isState: true },
  { title: 'calls', value: ({ calls }) => calls },
  { title: '429s', value: ({ throttled }) => throttled },
];

function row(name: string, start: DrillAccounts | undefined, end: DrillAccounts): string[] {
  const cells = COLUMNS.map(({ value, isState }) =>
    start === undefined || isState === true ? value(end) : value(end) - value(start),
  );
  return [name, ...cells.map(String)];
}

/** The table: a row per step, and one for the whole drill. */
export function tableOf({ steps }: DrillResult): string {
  const last = steps.at(-1);
  const rows = [
    ['', ...COLUMNS.map(({ title }) => title)],
    ...steps.map(({ name, accounts }, index) => row(name, steps[index - 1]?.accounts, accounts)),
    ...(last === undefined ? [] : [row('all', undefined, last.accounts)]),
  ];
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths?.[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  '),
  );
  const rule = '-'.repeat(lines[0]?.length ?? 0);
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join('\n');
}

/** Every fault with its step. The drill is passed when there is none. */
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
