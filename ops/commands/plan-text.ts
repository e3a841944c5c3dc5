/** Texts about plans and results. */

import { formatDuration } from '../../lambda/shared/duration.ts';
import { explain, type Where } from '../aws/explain.ts';
import { CRASHED } from '../dead-letters/dead-letter.ts';
import { type Overview, type ReplayPlan, toDeduplicate } from '../dead-letters/plan.ts';
import type { ReplayResult } from '../dead-letters/replay.ts';
import type { FailureCount, Group } from '../dead-letters/tally.ts';
import type { Outage } from '../status/outage.ts';
import { properties } from '../terminal/table.ts';
import { count, formatNumber, paint, plain, type Terminal } from '../terminal/terminal.ts';

/** Groups in one line; the rest is counted. */
const MOST_GROUPS = 6;

/** Names with their counts, the largest first; a name that all have without a count. */
export function groupLine(groups: readonly Group[]): string {
  const [only, ...more] = groups;
  if (only !== undefined && more.length === 0) return plain(only.name);
  const shown = groups
    .slice(0, MOST_GROUPS)
    .map(({ name, count: size }) => `${plain(name)} ${formatNumber(size)}`);
  const others = groups.length - shown.length;
  return [...shown, ...(others > 0 ? [`and ${count(others, 'other')}`] : [])].join(', ');
}

function ageLine({ oldest, newest }: Overview, now: number): string | undefined {
  if (oldest === undefined || newest === undefined) return undefined;
  const [youngestAge, oldestAge] = [formatDuration(now - newest), formatDuration(now - oldest)];
  return youngestAge === oldestAge ? youngestAge : `${youngestAge} to ${oldestAge}`;
}

/** Reasons for which a replay alone may not help. */
const WARNINGS: Readonly<Record<string, string>> = {
  rejected:
    'PagerDuty refused these: they become dead letters again unless the cause was fixed since',
  no_route: 'no route took these: they become dead letters again unless one does now',
  malformed: 'these hold no event: they become dead letters again',
  [CRASHED]: 'the delivery function crashed on these: they may make it crash again',
};

function warningsOf({ reasons }: Overview): readonly string[] {
  return reasons.flatMap(({ name, count: size }) => {
    const warning = WARNINGS[name];
    return warning === undefined ? [] : [`  ! ${name} (${formatNumber(size)}): ${warning}.`];
  });
}

type Rows = readonly (readonly [string, string | undefined])[];

function overviewRows(overview: Overview, now: number): Rows {
  return [
    ['  services', groupLine(overview.services)],
    ['  reasons', groupLine(overview.reasons)],
    ['  age', ageLine(overview, now)],
  ];
}

/** Figures of the dead letters that a command is about. */
export function overviewText(overview: Overview, now: number): string {
  return properties(overviewRows(overview, now));
}

/** What {@link replayPlanText} needs beside the plan. */
export interface ReplayPlanTextOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Messages in the queue. */
  readonly scanned: number;
  /** Why not all of them were read; `undefined` if all were. */
  readonly partial: string | undefined;
  readonly newestPerIncident: boolean;
  /** What keeps events from PagerDuty now. */
  readonly outage: Outage | undefined;
  /** True if the stage has severity steps with incidents of their own. */
  readonly hasOwnIncidents: boolean;
}

/** What happens to the incidents of the plan, with numbers that add up to its steps. */
function incidentsText(plan: ReplayPlan, newestPerIncident: boolean): string {
  const { incidents, duplicates } = plan.matched;
  const number = formatNumber(incidents);
  if (duplicates === 0) return `${number}, with one dead letter${incidents === 1 ? '' : ' each'}`;
  return newestPerIncident
    ? `${number}: the newest dead letter of each goes back, and stands for the older ones`
    : `${number}: each dead letter goes back. Add --newest-per-incident to send only the newest of each`;
}

function stepsText(plan: ReplayPlan): string {
  const sent = plan.groups.length;
  const deduplicated = toDeduplicate(plan);
  const left = plan.matched.count - sent - deduplicated;
  return [
    `put ${formatNumber(sent)} back`,
    ...(deduplicated > 0 ? [`delete ${count(deduplicated, 'older one')}`] : []),
    ...(left > 0 ? [`leave ${formatNumber(left)} for another replay (--limit)`] : []),
  ].join(', ');
}

function outageLines(outage: Outage | undefined): readonly string[] {
  if (outage === undefined) return [];
  return outage.kind === 'found'
    ? [`  ! ${plain(outage.reason)}: ${outage.ifReplayed}.`]
    : [`  ! It is not known if PagerDuty accepts events now. ${plain(outage.reason)}`];
}

/** What can happen to the events after they went back; nothing that a line above says otherwise. */
function afterwards({ outage, newestPerIncident, hasOwnIncidents }: ReplayPlanTextOptions) {
  return [
    ...(newestPerIncident && hasOwnIncidents
      ? ['  The incidents of all severity steps of a view and metric count as one.']
      : []),
    ...(outage?.kind === 'found'
      ? []
      : [
          '  An event may end as deduplicated if PagerDuty has been notified of the same view since.',
        ]),
  ];
}

/** Plan of a replay. */
export function replayPlanText(plan: ReplayPlan, options: ReplayPlanTextOptions): string {
  const { matched } = plan;
  if (matched.count === 0) return matchText(0, options.scanned, options.partial);
  return [
    matchText(matched.count, options.scanned),
    properties([
      ...overviewRows(matched, options.now),
      ['  incidents', incidentsText(plan, options.newestPerIncident)],
      ['  to do', stepsText(plan)],
    ]),
    ...outageLines(options.outage),
    ...warningsOf(matched),
    ...afterwards(options),
  ].join('\n');
}

/** Instead of "no dead letters", if there may be some that could not be read. */
export const NONE_READ = 'No dead letter could be read.';

/** `3 dead letters match, of 5 in the queue.`, without what says nothing new. */
export function matchText(matched: number, inQueue: number, partial?: string): string {
  if (inQueue === 0) return partial === undefined ? 'There are no dead letters.' : NONE_READ;
  if (matched === 0) return `No dead letter matches, of ${formatNumber(inQueue)} in the queue.`;
  return matched === inQueue
    ? `${count(matched, 'dead letter')} ${matched === 1 ? 'matches' : 'match'}: all in the queue.`
    : `${count(matched, 'dead letter')} ${matched === 1 ? 'matches' : 'match'}, of ${formatNumber(inQueue)} in the queue.`;
}

/** A warning that messages of the queue were missed; none when all were read. */
export function partialWarning(
  { stderr }: Terminal,
  what: string,
  partial: string | undefined,
): readonly string[] {
  return partial === undefined ? [] : [paint(stderr, 'yellow', `  ! ${what} ${partial}`)];
}

/** Why items failed, a line per reason: behind the number of items, if it is not one. */
export function failureLines(failures: readonly FailureCount[]): readonly string[] {
  return failures.map(
    ({ reason, count: size }) =>
      `  ${size === 1 ? '' : `${formatNumber(size)} times: `}${plain(reason)}`,
  );
}

/** Why dead letters were not processed, and what to do; `undefined` when all were. */
export function endingRemark(
  { ending, remaining, error }: Pick<ReplayResult, 'ending' | 'remaining' | 'error'>,
  where: Where,
): string | undefined {
  const left = count(remaining, 'dead letter');
  const [is, was, it] = remaining === 1 ? ['is', 'was', 'it'] : ['are', 'were', 'them'];
  switch (ending) {
    case 'done':
      return undefined;
    case 'stopped':
      return `Stopped: ${left} ${was} not processed and ${is} still in the dead-letter queue. Run it again to go on.`;
    case 'gone':
      return `${left} ${is} not in the queue any more: another command replayed or deleted ${it} meanwhile.`;
    case 'held':
      return `Another command holds ${left}, or held ${it} when it was killed; run it again in a minute or two.`;
    case 'failed':
      return `${left} ${was} not processed and ${is} still in the dead-letter queue, perhaps hidden for up to a minute. ${explain(error, where)}`;
  }
}
