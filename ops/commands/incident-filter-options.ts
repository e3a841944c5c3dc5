/** The filter that all commands on open incidents take. */

import type { Command } from 'commander';

import type { IncidentFilter } from '../incidents/incident.ts';
import { readMoment } from '../time.ts';
import { collect } from './filter-options.ts';

/** The filter as it was typed. */
export interface IncidentFilterOptions {
  readonly service?: readonly string[];
  readonly environment?: readonly string[];
  readonly view?: readonly string[];
  readonly text?: readonly string[];
  readonly olderThan?: string;
}

/** Notes about the filter, for the help. */
export const INCIDENT_FILTER_NOTES = [
  `
Conditions are joined by AND; one that is given several times takes any of its values.
Times are spans before now (30m, 2h, 1d12h) or ISO 8601 with a zone (2026-08-28T03:53:00Z).
The table has no names of views and environments: the summary has one of them, so use --text.`,
  `
Only incidents whose route has resolveAfterMinutes are in the table. It does not know what a person
resolved in PagerDuty: such an incident is listed until its time.`,
];

/** Adds the options of the filter. */
export function addIncidentFilterOptions(command: Command): Command {
  return command
    .option('--service <name>', 'only incidents of this PagerDuty service', collect)
    .option('--environment <id>', 'only incidents of this environment', collect)
    .option('--view <id>', 'only incidents of this view, or of this domain', collect)
    .option('--text <text>', 'only incidents with this text in summary or dedup key', collect)
    .option('--older-than <time>', 'only incidents opened before then, or that long ago');
}

/**
 * Reads the filter.
 *
 * @throws UsageError when the time cannot be read
 */
export function readIncidentFilter(options: IncidentFilterOptions, now: number): IncidentFilter {
  const { service, environment, view, text, olderThan } = options;
  const openedBefore =
    olderThan === undefined ? undefined : readMoment(olderThan, '--older-than', now);
  return { service, environment, view, text, openedBefore };
}
