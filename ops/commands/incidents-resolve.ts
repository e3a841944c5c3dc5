/** `incidents resolve`: makes the bridge resolve open incidents at its next tick. */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import { explain } from '../aws/explain.ts';
import type { ExitCode } from '../errors.ts';
import type { ListedIncident } from '../incidents/incident.ts';
import { resolvePlanJson } from '../incidents/json.ts';
import { openTable, readIncidents } from '../incidents/read.ts';
import {
  minutesOf,
  numberIn,
  openedSpan,
  planResolve,
  type ResolvePlan,
  type ResolveResult,
  runResolve,
  serviceGroups,
} from '../incidents/resolve.ts';
import type { Run, Session } from '../session.ts';
import { whereOf } from '../stage/context.ts';
import { targetOf } from '../stage/target.ts';
import { addHelp } from '../terminal/help.ts';
import { properties } from '../terminal/table.ts';
import { count, formatNumber } from '../terminal/terminal.ts';
import { addChangeOptions, type ChangeOptions, runChange } from './change.ts';
import {
  addIncidentFilterOptions,
  INCIDENT_FILTER_NOTES,
  type IncidentFilterOptions,
  readIncidentFilter,
} from './incident-filter-options.ts';
import { groupLine } from './plan-text.ts';

interface ResolveCommandOptions extends IncidentFilterOptions, ChangeOptions {
  readonly wait?: boolean;
}

function openedLine(incidents: readonly ListedIncident[], now: number): string | undefined {
  const span = openedSpan(incidents);
  if (span === undefined) return undefined;
  const [newest, oldest] = [formatDuration(now - span.newest), formatDuration(now - span.oldest)];
  return newest === oldest ? `${newest} ago` : `${newest} to ${oldest} ago`;
}

function planText({ matched, open, toResolve }: ResolvePlan, now: number): string {
  if (matched.length === 0) {
    return open === 0
      ? 'No open incidents that the bridge resolves.'
      : `No open incident matches, of ${formatNumber(open)} open.`;
  }
  const changed = numberIn(matched, 'key_changed');
  const missing = numberIn(matched, 'key_missing');
  const already = matched.length - toResolve.length - changed;
  const steps = [
    `resolve ${formatNumber(toResolve.length)}`,
    ...(already > 0 ? [`${formatNumber(already)} due already`] : []),
    ...(changed > 0 ? [`leave ${formatNumber(changed)} (former key)`] : []),
  ];
  return [
    `${count(matched.length, 'open incident')} ${matched.length === 1 ? 'matches' : 'match'}, of ${formatNumber(open)} open.`,
    properties([
      ['  services', groupLine(serviceGroups(matched))],
      ['  opened', openedLine(matched, now)],
      ['  to do', steps.join(', ')],
    ]),
    ...(changed > 0
      ? [
          `  ! ${count(changed, 'incident')} ${changed === 1 ? 'was' : 'were'} opened with a former integration key: resolve ${changed === 1 ? 'it' : 'them'} on PagerDuty's web page.`,
        ]
      : []),
    ...(missing > 0
      ? [
          `  ! ${count(missing, 'incident')} ${missing === 1 ? 'has' : 'have'} no integration key: the bridge resolves ${missing === 1 ? 'it' : 'them'} when the key of the service is set.`,
        ]
      : []),
  ].join('\n');
}

/** When the bridge will have resolved the incidents of a plan. */
function whenDone({ least, most }: ReturnType<typeof minutesOf>): string {
  if (most === 1)
    return 'The bridge resolves what is due at its next tick, within a minute or two.';
  // The first tick may come a minute later.
  const [soonest, latest] = [least, most + 1].map((minutes) => formatDuration(minutes * 60_000));
  return `The bridge resolves what is due from its next tick on, in ${soonest} to ${latest}: resolves are paced, and slower while events come.`;
}

function resultParts({ due, alreadyDue, failed, remaining, waited }: ResolveResult): string[] {
  return [
    `${formatNumber(due)} due now`,
    ...(alreadyDue > 0 ? [`${formatNumber(alreadyDue)} due already`] : []),
    `${formatNumber(failed)} failed`,
    ...(remaining > 0 ? [`${formatNumber(remaining)} remaining`] : []),
    ...(waited === null
      ? []
      : [
          `${formatNumber(waited.resolved)} resolved`,
          ...(waited.postponed > 0 ? [`${formatNumber(waited.postponed)} with a new event`] : []),
          ...(waited.open > 0 ? [`${formatNumber(waited.open)} still open`] : []),
        ]),
  ];
}

async function resolve(session: Session, options: ResolveCommandOptions): Promise<ExitCode> {
  const { now } = session.terminal;
  const filter = readIncidentFilter(options, now());
  const context = await session.openStage();
  const table = await openTable(context);
  const { wait } = options;
  const where = whereOf(context);
  let whenText: string | undefined;
  return runChange<ResolvePlan, ResolveResult>(session, options, {
    plan: async ({ signal }) => {
      const { incidents, open } = await readIncidents(context, table, filter, { now, signal });
      const plan = planResolve(incidents, open);
      whenText = whenDone(minutesOf(plan.toResolve, context.stage.delivery));
      return plan;
    },
    planText: (plan) => planText(plan, now()),
    size: ({ toResolve }) => toResolve.length,
    question: ({ toResolve }) =>
      `Resolve ${count(toResolve.length, 'incident')} of ${targetOf(context)}?`,
    doing: 'Resolving',
    carryOut: async (plan, { signal, progress }) => {
      if (wait === true && whenText !== undefined) progress.note(whenText);
      return runResolve(plan, {
        table,
        now,
        signal,
        wait,
        explain: (error) => explain(error, where),
        onProgress: progress.update,
        onStalled: () =>
          progress.note(
            'No incident was resolved for 3 minutes. See if PagerDuty accepts events with: ./bridge status. Ctrl-C stops waiting; what is due stays due.',
          ),
      });
    },
    planJson: resolvePlanJson,
    resultParts,
    remarks: ({ due, remaining, error, waited }) => [
      error === undefined ? undefined : explain(error, where),
      remaining > 0
        ? `${count(remaining, 'incident')} ${remaining === 1 ? 'was' : 'were'} not changed. Run it again to go on.`
        : undefined,
      wait !== true && due > 0 ? whenText : undefined,
      waited !== null && waited.open > 0
        ? 'What is due stays due: the bridge resolves it when PagerDuty accepts the resolve.'
        : undefined,
    ],
    isComplete: ({ failed, remaining, error, waited }) =>
      failed === 0 && remaining === 0 && error === undefined && (waited?.open ?? 0) === 0,
  });
}

/** Adds the command. */
export function addIncidentsResolve(incidents: Command, session: Session, run: Run): void {
  const command = addIncidentFilterOptions(
    incidents.command('resolve').description('resolve open incidents at the next tick'),
  ).option('--wait', 'wait until they are resolved, with progress');
  addChangeOptions(command, 'show what would be resolved and stop').action(
    async (options: ResolveCommandOptions) => run(resolve(session, options)),
  );
  addHelp(command, {
    examples: [
      ['incidents resolve --service network --older-than 1h --dry-run', 'what would be resolved'],
      ['incidents resolve --text checkout --yes --wait', 'without a question, to the end'],
    ],
    notes: [
      `
The command makes the incidents due, and the bridge resolves them: after its next tick, within a
minute or two. Hundreds of one service take longer, because resolves share PagerDuty's rate limit
with pages and go after them. An event that comes before the resolve keeps its incident open; one
that comes after it opens a new incident, with a new page.`,
      ...INCIDENT_FILTER_NOTES,
      `
JSON: plan (count, open, services, oldest, newest, toResolve, keyMissing, keyChanged), result (due,
alreadyDue, failed, remaining, waited {resolved, postponed, open} or null, failures), null for a dry
run.`,
    ],
  });
}
