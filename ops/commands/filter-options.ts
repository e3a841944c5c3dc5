/** The filter that all commands on dead letters take. */

import { type Command, Option } from 'commander';

import { SEVERITIES, type Severity } from '../../lambda/shared/routes.ts';
import type { DeadLetterFilter } from '../dead-letters/filter.ts';
import { DEAD_LETTER_REASONS } from '../dead-letters/dead-letter.ts';
import { UsageError } from '../errors.ts';
import { readMoment } from '../time.ts';

/** The filter as it was typed. */
export interface FilterOptions {
  readonly service?: readonly string[];
  readonly view?: readonly string[];
  readonly environment?: readonly string[];
  readonly metric?: readonly string[];
  readonly text?: readonly string[];
  readonly severity?: readonly Severity[];
  readonly reason?: readonly string[];
  readonly id?: readonly string[];
  readonly since?: string;
  readonly olderThan?: string;
  readonly limit?: number;
}

/** Collects the values of an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

function readReason(value: string, before: readonly string[] = []): readonly string[] {
  if (!DEAD_LETTER_REASONS.some((reason) => reason === value)) {
    throw new UsageError(
      `--reason takes one of ${DEAD_LETTER_REASONS.join(', ')}; ${JSON.stringify(value)} is none.`,
    );
  }
  return collect(value, before);
}

function readSeverity(value: string, before: readonly Severity[] = []): readonly Severity[] {
  const severity = SEVERITIES.find((one) => one === value);
  if (severity !== undefined) return [...before, severity];
  throw new UsageError(
    `--severity takes one of ${SEVERITIES.join(', ')}; ${JSON.stringify(value)} is none.`,
  );
}

/** Fewest characters of an ID: fewer fit too many. */
const SHORTEST_ID = 4;

/**
 * Reads an ID, or the first characters of one.
 *
 * @throws UsageError naming what takes it
 */
export function readIdStart(taker: string, value: string): string {
  if (value.length >= SHORTEST_ID) return value.toLowerCase();
  throw new UsageError(
    `${taker} takes an ID or at least its first ${SHORTEST_ID} characters. See the IDs with: ./bridge dlq list`,
  );
}

function readId(value: string, before?: readonly string[]): readonly string[] {
  return collect(readIdStart('--id', value), before);
}

/**
 * Reads a whole number of at least one.
 *
 * @throws UsageError naming the option
 */
export function readCount(option: string): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number > 0) return number;
    throw new UsageError(
      `${option} takes a whole number of at least 1; ${JSON.stringify(value)} is none.`,
    );
  };
}

/** Notes about the filter, for the help. */
export const FILTER_NOTES = `
Conditions are joined by AND; one that is given several times takes any of its values.
Times are spans before now (30m, 2h, 1d12h) or ISO 8601 with a zone (2026-08-28T03:53:00Z).
Reasons: rejected (PagerDuty refused it), retries_exhausted (not delivered in time), no_route,
malformed, crashed (SQS moved it itself, because the delivery function crashed on it).`;

/** Adds the options of the filter. */
export function addFilterOptions(command: Command, limitHelp: string): Command {
  return command
    .option('--service <name>', 'only dead letters of this PagerDuty service', collect)
    .option('--view <id or name>', 'only dead letters of this view', collect)
    .option('--environment <id or name>', 'only dead letters of this environment', collect)
    .option('--metric <metric>', 'only dead letters about this metric', collect)
    .option(
      '--text <text>',
      'only dead letters with this text in event, detail or dedup key',
      collect,
    )
    .addOption(
      new Option('--severity <severity>', 'only dead letters of this severity')
        .choices(SEVERITIES)
        .argParser(readSeverity),
    )
    .addOption(
      new Option('--reason <reason>', 'only dead letters with this reason')
        .choices(DEAD_LETTER_REASONS)
        .argParser(readReason),
    )
    .option('--since <time>', 'only what became a dead letter since then, or within that span')
    .option('--older-than <time>', 'only what became a dead letter before then, or that long ago')
    .option('--id <id>', 'only this dead letter; the first characters of its ID are enough', readId)
    .option('--limit <count>', limitHelp, readCount('--limit'));
}

/**
 * Reads the filter.
 *
 * @throws UsageError when a time cannot be read, or when no time is between the two
 */
export function readFilter(options: FilterOptions, now: number): DeadLetterFilter {
  const { service, view, environment, metric, text, severity, reason, id } = options;
  const { since, olderThan } = options;
  const from = since === undefined ? undefined : readMoment(since, '--since', now);
  const before = olderThan === undefined ? undefined : readMoment(olderThan, '--older-than', now);
  if (from !== undefined && before !== undefined && from >= before) {
    throw new UsageError(
      '--since begins after --older-than ends, so no dead letter can match; swap the two times.',
    );
  }
  return { service, view, environment, metric, text, severity, reason, id, since: from, before };
}
