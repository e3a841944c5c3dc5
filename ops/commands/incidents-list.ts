/** `incidents list`: open incidents, and when the bridge resolves each. */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { IncidentState, ListedIncident } from '../incidents/incident.ts';
import { incidentJson } from '../incidents/json.ts';
import { type IncidentListing, openTable, readIncidents } from '../incidents/read.ts';
import type { Run, Session } from '../session.ts';
import { addHelp } from '../terminal/help.ts';
import { withProgress } from '../terminal/progress.ts';
import { table } from '../terminal/table.ts';
import {
  count,
  formatNumber,
  paint,
  plain,
  type Style,
  type Terminal,
  widthOf,
  writeLine,
  writeText,
} from '../terminal/terminal.ts';
import { formatLocalTime } from '../time.ts';
import { readCount } from './filter-options.ts';
import {
  addIncidentFilterOptions,
  INCIDENT_FILTER_NOTES,
  type IncidentFilterOptions,
  readIncidentFilter,
} from './incident-filter-options.ts';

/** Rows of a table. */
const TABLE_LIMIT = 50;

interface ListOptions extends IncidentFilterOptions {
  readonly limit?: number;
  readonly json?: boolean;
}

/** When the bridge resolves an incident. */
function whenResolved({ state, due }: ListedIncident, now: number): string {
  switch (state) {
    case 'waiting':
      return `${formatLocalTime(due, now)}, in ${formatDuration(due - now)}`;
    case 'due':
      return 'at the next tick';
    case 'overdue':
      return `overdue for ${formatDuration(now - due)}`;
    case 'resolving':
      return 'now';
    case 'key_missing':
      return 'when it has a key';
    case 'key_changed':
      return 'never: former key';
  }
}

const COLORS: Partial<Record<IncidentState, Style>> = {
  overdue: 'red',
  key_missing: 'yellow',
  key_changed: 'red',
};

const COLUMNS = [
  { head: 'SERVICE', least: 8 },
  { head: 'OPEN', right: true },
  { head: 'QUIET', right: true },
  { head: 'RESOLVED' },
  { head: 'INCIDENT', least: 20, wraps: true },
];

function rowOf(incident: ListedIncident, { stdout, now: clock }: Terminal): readonly string[] {
  const now = clock();
  const { service, opened, lastEvent, state, summary } = incident;
  const when = whenResolved(incident, now);
  const color = COLORS[state];
  return [
    plain(service),
    opened === undefined ? '' : formatDuration(now - opened),
    formatDuration(now - lastEvent),
    color === undefined ? when : paint(stdout, color, when),
    plain(summary),
  ];
}

/** What a state means and what to do. */
const REMARKS: readonly (readonly [IncidentState, (number: number) => string])[] = [
  [
    'overdue',
    (number) =>
      `${count(number, 'incident')} should have been resolved: see docs/runbook.md#resolves-overdue.`,
  ],
  [
    'key_missing',
    (number) =>
      `${count(number, 'incident')} ${number === 1 ? 'belongs to a service' : 'belong to services'} without an integration key. Set it with: ./bridge keys set SERVICE`,
  ],
  [
    'key_changed',
    (number) =>
      `${count(number, 'incident')} ${number === 1 ? 'was' : 'were'} opened with a former integration key. PagerDuty ignores the bridge's resolve, so resolve ${number === 1 ? 'it' : 'them'} on PagerDuty's web page.`,
  ],
];

function printTable({ incidents, open }: IncidentListing, limit: number, terminal: Terminal): void {
  const { stdout, stderr } = terminal;
  const shown = incidents.slice(0, limit);
  if (shown.length > 0) {
    const rows = shown.map((each) => rowOf(each, terminal));
    writeLine(stdout, table(COLUMNS, rows, widthOf(stdout)));
    writeLine(stdout);
  }
  const cut = shown.length < incidents.length ? `; ${formatNumber(shown.length)} are shown` : '';
  const others =
    incidents.length < open
      ? ` ${incidents.length === 1 ? 'matches' : 'match'}, of ${formatNumber(open)}`
      : '';
  writeLine(
    stdout,
    open === 0
      ? 'No open incidents that the bridge resolves.'
      : `${count(incidents.length, 'open incident')}${others}${cut}.`,
  );
  for (const [state, remark] of REMARKS) {
    const number = incidents.filter((incident) => incident.state === state).length;
    if (number > 0) writeText(stderr, paint(stderr, 'yellow', remark(number)));
  }
}

async function list(session: Session, options: ListOptions): Promise<ExitCode> {
  const { terminal } = session;
  const { now, stdout } = terminal;
  const filter = readIncidentFilter(options, now());
  const context = await session.openStage();
  const openIncidents = await openTable(context);
  const listing = await withProgress(session, 'Reading', async (signal) =>
    readIncidents(context, openIncidents, filter, { now, signal }),
  );
  const { limit } = options;
  if (options.json === true) {
    const { incidents, open } = listing;
    const shown = incidents.slice(0, limit).map(incidentJson);
    writeLine(stdout, JSON.stringify({ incidents: shown, matched: incidents.length, open }));
  } else {
    printTable(listing, limit ?? TABLE_LIMIT, terminal);
  }
  return EXIT.done;
}

/** Adds the command. */
export function addIncidentsList(incidents: Command, session: Session, run: Run): void {
  const command = addIncidentFilterOptions(
    incidents
      .command('list')
      .description('list open incidents, and when the bridge resolves each')
      .option('--json', 'print one JSON document')
      .option(
        '--limit <count>',
        `show so many at most (default ${TABLE_LIMIT}; with --json all)`,
        readCount('--limit'),
      ),
  ).action(async (options: ListOptions) => run(list(session, options)));
  addHelp(command, {
    examples: [
      ['incidents list --service platform', 'those of one service'],
      ['incidents list --text checkout --older-than 2h', 'old ones about a view'],
    ],
    notes: [
      `
OPEN is the time since the first event, QUIET since the last one. Incidents that the bridge cannot
resolve come first, then those that it resolves first.`,
      ...INCIDENT_FILTER_NOTES,
      `
JSON: incidents (service, dedupKey, environment, view, metric: null if the dedup key is a hash,
summary, opened, lastEvent, due, state: waiting, due, overdue, resolving, key_missing or key_changed),
matched, open.`,
    ],
  });
}
