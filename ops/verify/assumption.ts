/**
 * What this project believes about AWS, PagerDuty and Glasnostic, and could not try. The document
 * docs/assumptions.md has them: this file reads its tables, so that each is written once.
 */

import { readFile } from 'node:fs/promises';

/**
 * What checks an assumption:
 * - `verify`: the command, which only reads.
 * - `--send`: the command with this option. It sends what is not stored and pages no person.
 * - `--page`: the command with this option. It opens an incident.
 * - `hand`: a person.
 */
export type CheckedBy = 'verify' | '--send' | '--page' | 'hand';

/** Something that is believed and was not tried. */
export interface Assumption {
  /** Such as `PD1`. An ID is never used again. */
  readonly id: string;
  readonly belief: string;
  readonly checkedBy: CheckedBy;
  /** How a person checks it. */
  readonly byHand: string;
}

/** Text in the column _checked by_ -> its meaning. */
const CHECKED_BY: Readonly<Record<string, CheckedBy>> = {
  '`verify`': 'verify',
  '`verify --send`': '--send',
  '`verify --page`': '--page',
  'by hand': 'hand',
};

/**
 * Reads the assumptions from the tables of the document.
 *
 * @throws Error naming a row that cannot be read
 */
export function parseAssumptions(markdown: string): readonly Assumption[] {
  const rows = markdown.split('\n').filter((line) => /^\| [A-Z]{2}\d+ /.test(line));
  return rows.map((row) => {
    const [id = '', belief = '', , , by = '', byHand = ''] = row
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim());
    const checkedBy = CHECKED_BY[by];
    if (checkedBy === undefined || belief === '' || byHand === '') {
      throw new Error(`The row ${id} of docs/assumptions.md cannot be read.`);
    }
    return { id, belief, checkedBy, byHand };
  });
}

/** Reads the assumptions. */
export async function readAssumptions(): Promise<readonly Assumption[]> {
  const document = new URL('../../docs/assumptions.md', import.meta.url);
  return parseAssumptions(await readFile(document, 'utf8'));
}
