/** Events with what is expected of them, one per line: a test of routes. */

import * as v from 'valibot';
import { fields, valid } from '../config/fields.ts';
import type { StageConfig } from '../config/stage.ts';
import { SEVERITIES } from '../lambda/shared/routes.ts';
import { explainEvent, type Explanation } from './explain.ts';
import { eventOf } from './sample.ts';

const Text = valid<string>((value) => typeof value === 'string', 'is not a text');
const Figure = valid<number>((value) => Number.isFinite(value), 'is not a number');

/** A line of a table: the fields of an event, or a whole event, and what is expected. */
const Row = fields({
  environment: v.exactOptional(Text),
  view: v.exactOptional(Text),
  viewName: v.exactOptional(Text),
  domain: v.exactOptional(Text),
  metric: v.exactOptional(Text),
  value: v.exactOptional(Figure),
  threshold: v.exactOptional(Figure),
  /** A whole event, instead of the fields above. */
  event: v.exactOptional(v.custom<object>((value) => typeof value === 'object')),
  /** Expected service. */
  service: v.exactOptional(Text),
  /** Expected severity. */
  severity: v.exactOptional(v.picklist(SEVERITIES, `is not one of ${SEVERITIES.join(', ')}`)),
  /** Expected dedup key. */
  dedupKey: v.exactOptional(Text),
  /** Expected answer of ingest: 200 for an ignored event, 404 for one without a route. */
  answer: v.exactOptional(Figure),
});

/** A line of a table of expected results. */
export interface TableRow extends v.InferOutput<typeof Row> {
  /** Its number in the file, from 1. */
  readonly line: number;
}

/** A line whose event is not treated as expected. */
export interface Difference {
  readonly line: number;
  readonly explanation: Explanation;
  /** Such as `service search, not shop`. */
  readonly differences: readonly string[];
}

/** What a line may expect; without any of these it would test nothing. */
const EXPECTED = ['service', 'severity', 'dedupKey', 'answer'] as const;

/**
 * Reads a table: JSON Lines. Empty lines are left out.
 *
 * @throws Error that lists every mistake with its line
 */
export function readTable(text: string): readonly TableRow[] {
  const rows: TableRow[] = [];
  const mistakes: string[] = [];
  for (const [i, json] of text.split('\n').entries()) {
    if (json.trim() === '') continue;
    const read = readRow(json);
    if (typeof read === 'string') mistakes.push(`line ${i + 1}: ${read}`);
    else rows.push({ ...read, line: i + 1 });
  }
  if (rows.length === 0 && mistakes.length === 0) mistakes.push('there is no line');
  if (mistakes.length > 0) throw new Error(`The table cannot be used:\n  ${mistakes.join('\n  ')}`);
  return rows;
}

/** A row, or what is wrong with it. */
function readRow(json: string): v.InferOutput<typeof Row> | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return 'is not JSON';
  }
  const result = v.safeParse(Row, value);
  if (!result.success) {
    return result.issues
      .map((issue) => `${v.getDotPath(issue) ?? ''} ${issue.message}`.trim())
      .join('; ');
  }
  const { output: row } = result;
  if (row.event === undefined && row.environment === undefined) return 'has no environment';
  if (EXPECTED.every((name) => row[name] === undefined)) {
    return `expects nothing; add one of ${EXPECTED.join(', ')}`;
  }
  return row;
}

/**
 * Finds the lines whose event is not treated as expected.
 *
 * @param now when the events arrive, milliseconds since 1970
 */
export async function checkTable(
  stage: StageConfig,
  rows: readonly TableRow[],
  now: number,
): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  for (const row of rows) {
    const { environment = '', event = eventOf({ ...row, environment }, now) } = row;
    const explanation = await explainEvent(stage, JSON.stringify(event), now);
    const candidate = explanation.delivery?.candidate;
    const actual = { ...candidate, answer: explanation.answer.status };
    const differences = EXPECTED.filter(
      (name) => row[name] !== undefined && row[name] !== actual[name],
    ).map((name) => `${name} is ${actual[name] ?? 'none'}, not ${row[name]}`);
    if (differences.length > 0) found.push({ line: row.line, explanation, differences });
  }
  return found;
}
