/** Words for plans and results. */

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { FailureCount } from '../dead-letters/failures.ts';
import { CRASHED } from '../dead-letters/dead-letter.ts';
import type { Group, Overview, ReplayPlan } from '../dead-letters/plan.ts';
import type { SweepEnding } from '../dead-letters/settle.ts';
import { explain, type Where } from '../aws/explain.ts';
import { properties } from '../terminal/table.ts';
import { count, formatNumber, plain } from '../terminal/terminal.ts';

/** Groups in one line; the rest is counted. */
const MOST_GROUPS = 6;

function groupLine(groups: readonly Group[]): string {
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

/** What letters of a reason will do after a replay, where that is not obvious. */
const WARNINGS: Readonly<Record<string, string>> = {
  rejected: 'PagerDuty refused these: they come back unless what it refused was mended since',
  no_route: 'no route took these: they come back unless one does now',
  malformed: 'these hold no event: they come back as they are',
  [CRASHED]: 'the delivery function crashed on these: they may make it crash again',
};

/** Reasons for which a replay alone does not help, in a line each. */
function warningsOf({ reasons }: Overview): readonly string[] {
  return reasons.flatMap(({ name, count: size }) => {
    const warning = WARNINGS[name];
    return warning === undefined ? [] : [`${name} (${formatNumber(size)}): ${warning}.`];
  });
}

type Rows = readonly (readonly [string, string | undefined])[];

function overviewRows(overview: Overview, now: number): Rows {
  return [
    ['  services', groupLine(overview.services)],
    ['  reasons', groupLine(overview.reasons)],
    ['  dead for', ageLine(overview, now)],
  ];
}

/** The figures of the letters that a command is about. */
export function overviewText(overview: Overview, now: number): string {
  return properties(overviewRows(overview, now));
}

/** What a replay would do. */
export function planText(
  plan: ReplayPlan,
  options: { readonly now: number; readonly scanned: number; readonly newestPerIncident: boolean },
): string {
  const { matched, send, deduplicate } = plan;
  const { incidents, duplicates } = matched;
  const deduplicating = options.newestPerIncident
    ? `the newest of each goes back, ${count(deduplicate.size, 'older one')} deduplicated into it`
    : duplicates > 0
      ? `--newest-per-incident would deduplicate ${count(duplicates, 'older one')} into the newest`
      : 'one letter each';
  const left = matched.count - send.length - deduplicate.size;
  return [
    `${count(matched.count, 'dead letter')} ${matched.count === 1 ? 'matches' : 'match'}, of ${formatNumber(options.scanned)} in the queue.`,
    properties([
      ...overviewRows(matched, options.now),
      ['  incidents', `${formatNumber(incidents)}: ${deduplicating}`],
      [
        '  to do',
        `put ${formatNumber(send.length)} back${deduplicate.size > 0 ? `, remove ${formatNumber(deduplicate.size)}` : ''}${left > 0 ? `, leave ${formatNumber(left)} (--limit)` : ''}`,
      ],
    ]),
    ...warningsOf(matched).map((warning) => `  ! ${warning}`),
  ].join('\n');
}

/** Why letters were not come to; `undefined` when all were. */
export function endingText(
  ending: SweepEnding | 'failed',
  remaining: number,
  error: unknown,
  where: Where,
): string | undefined {
  const left = count(remaining, 'letter');
  switch (ending) {
    case 'done':
      return undefined;
    case 'stopped':
      return `Stopped: ${left} not come to; they are where they were. Run it again to go on.`;
    case 'gone':
      return `${left} ${remaining === 1 ? 'is' : 'are'} not in the queue any more: somebody else replayed or removed ${remaining === 1 ? 'it' : 'them'} meanwhile.`;
    case 'held':
      return `${left} ${remaining === 1 ? 'is' : 'are'} held by another command, or by one that was killed; run it again in a minute or two.`;
    case 'failed':
      return `${left} not come to; they are where they were, some of them hidden for up to a minute. ${explain(error, where)}`;
  }
}

/** Why letters failed, a line each. */
export function failureLines(failures: readonly FailureCount[]): readonly string[] {
  return failures.map(({ reason, count: size }) => `  ${formatNumber(size)} x ${plain(reason)}`);
}
