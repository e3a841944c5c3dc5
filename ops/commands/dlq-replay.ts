/** `dlq replay`: puts dead letters back on the events queue. */

import type { Command } from 'commander';

import type { Route } from '../../lambda/shared/routes.ts';
import { planJson } from '../dead-letters/json.ts';
import { toDeduplicate } from '../dead-letters/plan.ts';
import {
  type PlannedReplay,
  planReplay,
  type ReplayResult,
  runReplay,
} from '../dead-letters/replay.ts';
import type { ExitCode } from '../errors.ts';
import { evenPace, UNPACED } from '../pace.ts';
import type { Run, Session } from '../session.ts';
import { whereOf } from '../stage/context.ts';
import { targetOf } from '../stage/target.ts';
import { type Outage, outageOf } from '../status/outage.ts';
import { addHelp } from '../terminal/help.ts';
import { count, formatNumber } from '../terminal/terminal.ts';
import { readRate } from '../time.ts';
import { addChangeOptions, type ChangeOptions, noteWaiting, runChange } from './change.ts';
import {
  addFilterOptions,
  FILTER_NOTES,
  type FilterOptions,
  readFilter,
} from './filter-options.ts';
import { endingRemark, partialWarning, replayPlanText } from './plan-text.ts';

interface ReplayCommandOptions extends FilterOptions, ChangeOptions {
  readonly newestPerIncident?: boolean;
  readonly rate?: string;
}

/** Everything that was planned was done, or another command did it. */
function isComplete({ ending, failed, inBoth }: ReplayResult): boolean {
  return (ending === 'done' || ending === 'gone') && failed === 0 && inBoth === 0;
}

function inBothRemark(inBoth: number): string | undefined {
  if (inBoth === 0) return undefined;
  const it = inBoth === 1 ? 'it' : 'them';
  return `${count(inBoth, 'dead letter')} went back but could not be deleted here. Another replay sends ${it} again; PagerDuty deduplicates ${it} into the same incident.`;
}

/** True if a route gives events from a severity step on an incident of their own. */
function hasOwnIncidents(routes: readonly Route[]): boolean {
  return routes.some(
    (route) =>
      'service' in route &&
      typeof route.severity === 'object' &&
      route.severity.over.some(({ ownIncident }) => ownIncident === true),
  );
}

async function replay(session: Session, options: ReplayCommandOptions): Promise<ExitCode> {
  const { now } = session.terminal;
  const filter = readFilter(options, now());
  const pace = options.rate === undefined ? UNPACED : evenPace(readRate(options.rate, '--rate'));
  const context = await session.openStage();
  const { newestPerIncident = false, limit } = options;
  let outage: Outage | undefined;
  return runChange<PlannedReplay, ReplayResult>(session, options, {
    plan: async (scan) => {
      const planned = await planReplay(context, filter, { newestPerIncident, limit }, scan);
      if (planned.plan.groups.length > 0) outage = await outageOf(context, now());
      return planned;
    },
    planText: ({ plan, visit }) =>
      [
        replayPlanText(plan, {
          now: now(),
          scanned: visit.seen,
          partial: visit.partial,
          newestPerIncident,
          outage,
          hasOwnIncidents: hasOwnIncidents(context.stage.routes),
        }),
        ...partialWarning(session.terminal, 'The plan is partial.', visit.partial),
      ].join('\n'),
    size: ({ plan }) => plan.groups.length,
    question: ({ plan }) => {
      const older = toDeduplicate(plan);
      const deletion = older === 0 ? '' : ` and delete ${count(older, 'older one')}`;
      return `Put ${count(plan.groups.length, 'dead letter')} back${deletion}, in ${targetOf(context)}?`;
    },
    doing: 'Replaying',
    carryOut: async ({ plan }, { signal, progress }) =>
      runReplay(context, plan, {
        pace,
        signal,
        onProgress: ({ sent, deduplicated, failed, total }) =>
          progress.update(sent + deduplicated + failed, total),
        onWaiting: noteWaiting(progress),
      }),
    planJson: ({ plan, visit }) => ({
      ...planJson(plan, visit.partial),
      outage: outage?.kind === 'found' ? outage.reason : null,
    }),
    resultParts: ({ sent, deduplicated, failed, remaining }) => [
      `${formatNumber(sent)} put back`,
      ...(deduplicated > 0 ? [`${count(deduplicated, 'older one')} deleted`] : []),
      `${formatNumber(failed)} failed`,
      ...(remaining > 0 ? [`${formatNumber(remaining)} remaining`] : []),
    ],
    remarks: (result) => [inBothRemark(result.inBoth), endingRemark(result, whereOf(context))],
    isComplete,
  });
}

/** Adds the command. */
export function addReplay(dlq: Command, session: Session, run: Run): void {
  const command = addFilterOptions(
    dlq.command('replay').description('put dead letters back on the events queue'),
    'put back so many at most, the oldest first',
  )
    .option(
      '--newest-per-incident',
      'put back only the newest of each incident, delete the older ones',
    )
    .option('--rate <rate>', 'put back no faster than this, such as 60/m or 5/s');
  addChangeOptions(command, 'show the plan and stop').action(
    async (options: ReplayCommandOptions) => run(replay(session, options)),
  );
  addHelp(command, {
    examples: [
      ['dlq replay --newest-per-incident --dry-run', 'the plan, after an outage'],
      ['dlq replay --reason retries_exhausted --newest-per-incident', 'asks, and sends them'],
      ['dlq replay --view 4 --severity critical --rate 60/m --yes', 'a part, slowly'],
    ],
    notes: [
      FILTER_NOTES,
      `
Each dead letter is sent, confirmed, and only then deleted here. Ctrl-C stops cleanly. If the
command is killed, run it again: it finishes the job. Events keep their own time, and their
incidents say how late they are. If PagerDuty has been notified of the same view since, an event may
end as deduplicated and open nothing. Without --rate the delivery function still keeps to
PagerDuty's rate limit.

With --newest-per-incident the newest dead letter of an incident goes back with a note about the
older ones: how many, when the first and the last happened, and the highest value over threshold.
When it is on the queue, the older ones are deleted here, and their text is lost. To keep the text,
run "./bridge dlq export" first. The incidents of all severity steps of a view and metric count as one here
(ownIncident): the newest event goes back, to the incident of the highest value over threshold. The
incident counts them and takes the highest severity. The note stays with
the event: if it becomes a dead letter again, "dlq show" says how many events it stands for, and the
next replay adds to the note. After a kill or a lost answer a dead letter may be sent twice, so a
count can be too high, never too low.

JSON: plan (count, services, reasons, oldest, newest, incidents, duplicates, toSend, toDeduplicate,
partial, outage: a sentence, or null), result (sent, deduplicated, failed, inBoth, remaining, ending, failures), null for a dry
run.`,
    ],
  });
}
