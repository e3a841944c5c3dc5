/** The assumptions of docs/assumptions.md, the checks of `verify`, and its report. */

import { describe, expect, test } from '@jest/globals';

import { tickObservations } from '../../ops/verify/ticks.ts';
import { parseAssumptions } from '../../ops/verify/assumption.ts';
import {
  markdownReport,
  summaryOf,
  terminalReport,
  type Verification,
  withoutSecrets,
} from '../../ops/verify/report.ts';
import { CHECKS, type VerifiedAssumption } from '../../ops/verify/verify.ts';
import { textOf } from '../support/markdown.ts';

const DOCUMENT = textOf('docs/assumptions.md');
const ASSUMPTIONS = parseAssumptions(DOCUMENT);

describe('docs/assumptions.md', () => {
  test('names what `verify` checks, and with which option', () => {
    const documented = ASSUMPTIONS.filter(({ checkedBy }) => checkedBy !== 'hand');
    const checked = CHECKS.flatMap(({ ids, by }) => ids.map((id) => `${id} ${by}`));
    expect(checked.toSorted()).toEqual(
      documented.map(({ id, checkedBy }) => `${id} ${checkedBy}`).toSorted(),
    );
  });

  test('has each ID once, and a row for each assumption', () => {
    const ids = ASSUMPTIONS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(50);
  });

  test('says for each what depends on it and where it is from', () => {
    const rows = DOCUMENT.split('\n').filter((line) => /^\| [A-Z]{2}\d+ /.test(line));
    const empty = rows.filter((row) => row.split(' | ').some((cell) => cell.trim() === ''));
    expect(empty).toEqual([]);
  });

  test('a row that names another way to check is refused', () => {
    const row = '| PD1 | a | b | c | by magic | d |';
    expect(() => parseAssumptions(row)).toThrow('PD1');
  });
});

const row: VerifiedAssumption = {
  id: 'PD1',
  belief: 'A resolve is answered 202.',
  checkedBy: '--send',
  byHand: 'Look at PagerDuty.',
  result: 'ok',
  observed: '202 {"a":"x|y"}',
};

const verification: Verification = {
  stage: 'production',
  account: '3333',
  region: 'eu-west-1',
  version: '0.1.0',
  at: '2026-11-27T02:00:00.000Z',
  options: ['--send'],
  assumptions: [row, { ...row, id: 'PD2', result: 'differs' }],
};

describe('the report', () => {
  test('as Markdown has one row per assumption, and by hand what was not ok', () => {
    const report = markdownReport(verification);
    expect(report).toContain('stage production, account ending in 3333, eu-west-1');
    expect(report).toContain('1 ok, 1 differs.');
    expect(report).toContain(
      String.raw`| PD1 | A resolve is answered 202. | 202 {"a":"x\|y"} | ok |  |`,
    );
    expect(report).toMatch(/\| PD2 .* \| differs \| Look at PagerDuty\. \|/);
  });

  test.each([80, 60])('fits into %d columns', (columns) => {
    const text = terminalReport(verification, process.stdout, columns);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('counts by result', () => {
    expect(summaryOf([row])).toBe('1 ok');
  });

  test('removes secrets, the longest first', () => {
    expect(withoutSecrets('a abc d', new Set(['a', 'abc', '']))).toBe('[removed] [removed] d');
  });
});

/** Results of the checks by ticks, for a bridge that started this long ago and has no tick. */
function resultsAfter(seconds: number): ReadonlySet<string> {
  const now = Date.parse('2026-11-27T12:00:00Z');
  const metrics = { points: [], since: now - seconds * 1_000, hasTicks: true };
  return new Set(tickObservations(metrics, now).map(({ result }) => result));
}

describe('the checks by ticks', () => {
  test('wait for the first tick of a bridge that has just started', () => {
    expect(resultsAfter(3)).toEqual(new Set(['not checked']));
  });

  test('differ when no tick came', () => {
    expect(resultsAfter(600)).toEqual(new Set(['differs']));
  });
});
