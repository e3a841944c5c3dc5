/** The report of a verification: for a terminal, and as Markdown for an issue. */

import { formatNumber, type Output, paint, plain, type Style, wrap } from '../terminal/terminal.ts';
import type { CheckResult } from './check.ts';
import type { VerifiedAssumption } from './verify.ts';

/** A verification of a stage. */
export interface Verification {
  /** Name of the stage. */
  readonly stage: string;
  /** The last four digits of the account; `undefined` for the local bridge. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** Version of this project. */
  readonly version: string;
  /** ISO 8601. */
  readonly at: string;
  /** Options that allowed more than reading, such as `--send`. */
  readonly options: readonly string[];
  readonly assumptions: readonly VerifiedAssumption[];
}

const STYLES: Readonly<Record<CheckResult, Style>> = {
  ok: 'green',
  differs: 'red',
  failed: 'yellow',
  'not checked': 'dim',
};

const RESULTS: readonly CheckResult[] = ['ok', 'differs', 'failed', 'not checked'];

/** Width of the ID and the result before the text of a row, in characters. */
const INDENT = 6 + 13;

/** The number of assumptions per result: `20 ok, 1 differs, 30 not checked`. */
export function summaryOf(assumptions: readonly VerifiedAssumption[]): string {
  const counts = RESULTS.map((result) => ({
    result,
    number: assumptions.filter((one) => one.result === result).length,
  }));
  return counts
    .filter(({ number }) => number > 0)
    .map(({ result, number }) => `${formatNumber(number)} ${result}`)
    .join(', ');
}

/** Where and how it was verified, in one line. */
function headOf({ stage, account, region, version, at, options }: Verification): string {
  return [
    `stage ${stage}`,
    account === undefined ? 'the local bridge' : `account ending in ${account}`,
    ...(region === undefined ? [] : [region]),
    `version ${version}`,
    at,
    options.length === 0 ? 'read only' : options.join(' '),
  ].join(', ');
}

function isChecked({ result }: VerifiedAssumption): boolean {
  return result === 'ok';
}

/** The report for a terminal of this width. */
export function terminalReport(verification: Verification, stream: Output, width: number): string {
  const pad = ' '.repeat(INDENT);
  const rows = verification.assumptions.flatMap((one) => {
    const label = `${one.id.padEnd(6)}${one.result.padEnd(13)}`;
    const [first = '', ...more] = wrap(`${pad}${one.belief}`, width, INDENT).split('\n');
    const lines = [
      one.id.padEnd(6) + paint(stream, STYLES[one.result], label.slice(6)) + first.slice(INDENT),
      ...more,
      wrap(
        `${pad}${one.result === 'not checked' ? 'Why' : 'Observed'}: ${plain(one.observed)}`,
        width,
        INDENT,
      ),
    ];
    return isChecked(one) ? lines : [...lines, wrap(`${pad}By hand: ${one.byHand}`, width, INDENT)];
  });
  const head = wrap(headOf(verification), width);
  return [head, '', ...rows, '', `${summaryOf(verification.assumptions)}.`].join('\n');
}

/** A text in a cell of a Markdown table. */
function cell(text: string): string {
  return plain(text)
    .replaceAll('|', String.raw`\|`)
    .replaceAll('<', '&lt;');
}

/** The report as Markdown. */
export function markdownReport(verification: Verification): string {
  const rows = verification.assumptions.map((one) => {
    const byHand = isChecked(one) ? '' : one.byHand;
    const cells = [one.id, one.belief, one.observed, one.result, byHand];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  return [
    '# Report of `./bridge verify`',
    '',
    `${cell(headOf(verification))}.`,
    '',
    `${summaryOf(verification.assumptions)}. The IDs are those of docs/assumptions.md.`,
    '',
    '| ID | believed | observed | result | by hand |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** Replaces each secret in a text, the longest first. */
export function withoutSecrets(text: string, secrets: ReadonlySet<string>): string {
  const all = [...secrets].filter((one) => one !== '').toSorted((a, b) => b.length - a.length);
  return all.reduce((rest, secret) => rest.replaceAll(secret, '[removed]'), text);
}
