/** `dlq replay`: puts dead letters back on the events queue. */

import type { Command } from 'commander';

import { planJson } from '../dead-letters/json.ts';
import { type PlannedReplay, planReplay } from '../dead-letters/read.ts';
import { type ReplayResult, runReplay } from '../dead-letters/replay.ts';
import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import { evenPace, UNPACED } from '../pace.ts';
import type { Session } from '../session.ts';
import { whereOf } from '../where.ts';
import type { StageContext } from '../stage/context.ts';
import { confirmed } from '../terminal/ask.ts';
import { startProgress } from '../terminal/progress.ts';
import { count, formatNumber, paint, type Terminal, writeLine } from '../terminal/terminal.ts';
import { readRate } from '../time.ts';
import { addFilterOptions, type FilterOptions, readFilter } from './filter-options.ts';
import { endingText, failureLines, planText } from './plan-text.ts';

interface ReplayCommandOptions extends FilterOptions {
  readonly newestPerIncident?: boolean;
  readonly rate?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Whether everything that was planned was done, or was done by somebody else. */
function isComplete({ ending, failed, inBoth }: ReplayResult): boolean {
  return (ending === 'done' || ending === 'gone') && failed === 0 && inBoth === 0;
}

function resultJson(result: ReplayResult) {
  const { sent, deduplicated, failed, inBoth, remaining, ending, failures } = result;
  return { sent, deduplicated, failed, inBoth, remaining, ending, failures };
}

function printResult(result: ReplayResult, context: StageContext, terminal: Terminal): void {
  const { stdout, stderr } = terminal;
  const { sent, deduplicated, failed, inBoth, remaining, ending } = result;
  const parts = [
    `${formatNumber(sent)} put back`,
    ...(deduplicated > 0 ? [`${formatNumber(deduplicated)} deduplicated`] : []),
    `${formatNumber(failed)} failed`,
    ...(remaining > 0 ? [`${formatNumber(remaining)} left`] : []),
  ];
  writeLine(stdout, paint(stdout, isComplete(result) ? 'green' : 'red', `${parts.join(', ')}.`));
  for (const line of failureLines(result.failures)) writeLine(stderr, line);
  if (inBoth > 0) {
    writeLine(
      stderr,
      `${count(inBoth, 'letter')} went back but could not be deleted here as well; another replay sends ${inBoth === 1 ? 'it' : 'them'} again, which PagerDuty deduplicates into the same incident.`,
    );
  }
  const why = endingText(ending, remaining, result.error, whereOf(context));
  if (why !== undefined) writeLine(stderr, why);
}

function printPlan(
  planned: PlannedReplay,
  options: ReplayCommandOptions,
  terminal: Terminal,
): void {
  const { stderr } = terminal;
  const { plan, visit } = planned;
  if (plan.matched.count === 0) {
    writeLine(stderr, `No dead letter matches, of ${formatNumber(visit.seen)} in the queue.`);
  } else {
    writeLine(
      stderr,
      planText(plan, {
        now: terminal.now(),
        scanned: visit.seen,
        newestPerIncident: options.newestPerIncident === true,
      }),
    );
  }
  if (visit.partial !== undefined) {
    writeLine(stderr, paint(stderr, 'yellow', `  ! The plan is partial. ${visit.partial}`));
  }
}

async function replay(session: Session, options: ReplayCommandOptions): Promise<ExitCode> {
  const { terminal } = session;
  const { stdout, stderr } = terminal;
  const filter = readFilter(options, terminal.now());
  const perSecond = options.rate === undefined ? undefined : readRate(options.rate, '--rate');
  const context = await session.openStage();
  const printJson = (planned: PlannedReplay, result: ReplayResult | undefined): void => {
    if (options.json !== true) return;
    const plan = planJson(planned.plan, planned.visit.partial);
    const outcome = result === undefined ? null : resultJson(result);
    writeLine(stdout, JSON.stringify({ plan, result: outcome }));
  };

  const planned = await session.interruptible(async (signal) => {
    const progress = startProgress(stderr, 'Looking');
    const { newestPerIncident = false, limit } = options;
    const result = await planReplay(
      context,
      filter,
      { newestPerIncident, limit },
      { signal, onProgress: ({ seen, expected }) => progress.update(seen, expected) },
    ).finally(progress.end);
    if (signal.aborted) throw new OperatorError('Stopped; nothing was done.');
    return result;
  });
  printPlan(planned, options, terminal);
  const { plan } = planned;
  if (plan.send.length === 0 || options.dryRun === true) {
    printJson(planned, undefined);
    return EXIT.done;
  }
  const question = `Put ${count(plan.send.length, 'letter')} back on the events queue of stage ${context.stage.name}?`;
  if (options.yes !== true && !(await confirmed(terminal, question))) {
    writeLine(stderr, 'Nothing was done.');
    printJson(planned, undefined);
    return EXIT.failed;
  }
  const result = await session.interruptible(async (signal) => {
    const progress = startProgress(stderr, 'Replaying');
    return runReplay(context, plan, {
      pace: perSecond === undefined ? UNPACED : evenPace(perSecond),
      signal,
      onProgress: ({ sent, deduplicated, failed, total }) =>
        progress.update(sent + deduplicated + failed, total),
      onWaiting: (letters) =>
        progress.note(`Waiting for ${count(letters, 'letter')} that another command holds ...`),
    }).finally(progress.end);
  });
  if (options.json === true) printJson(planned, result);
  else printResult(result, context, terminal);
  if (options.json === true && result.error !== undefined) throw result.error;
  return isComplete(result) ? EXIT.done : EXIT.failed;
}

/** Adds the command. */
export function addReplay(dlq: Command, session: Session, run: (code: ExitCode) => void): void {
  addFilterOptions(
    dlq.command('replay').description('put dead letters back on the events queue'),
    'put back so many at most, the oldest first',
  )
    .option(
      '--newest-per-incident',
      'put back only the newest of each incident, deduplicate the others',
    )
    .option('--rate <rate>', 'put back no faster than this, such as 60/m or 5/s')
    .option('--dry-run', 'show the plan and stop')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Each letter is sent, confirmed, and only then deleted here. Ctrl-C stops cleanly; if the command is
killed, run it again: it finishes the job. Letters keep their own time, and their incidents say how
late they are. Without --rate the delivery function still keeps to PagerDuty's rate limit.

With --newest-per-incident the newest letter of an incident goes back with a note of the older ones:
how many, when the first and the last happened, and the highest value over threshold. When it is on
the queue, the older ones are deleted here; their own text is then gone ("dlq export" keeps it). The
incident counts them and takes the highest severity. The note stays with the letter: should it die
again, "dlq show" says how many events it stands for, and the next replay adds to it. After a kill
or a lost answer a number can be too high, because a letter was sent twice, but not too low.

JSON: plan (count, services, reasons, oldest, newest, incidents, duplicates, send, deduplicate, partial),
result (sent, deduplicated, failed, inBoth, remaining, ending, failures), null for a dry run.`,
    )
    .action(async (options: ReplayCommandOptions) => {
      run(await replay(session, options));
    });
}
