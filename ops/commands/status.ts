/** `status`: are pages getting out? */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import { receiverProblem } from '../alarms/receivers.ts';
import { ANSWER_EXIT, EXIT, type ExitCode, UsageError } from '../errors.ts';
import { pause } from '../pace.ts';
import type { Run, Session } from '../session.ts';
import { type Recent, type Status, statusOf } from '../status/gather.ts';
import { agoText, plural, timeText } from '../status/facts.ts';
import { STATUS_FIELDS, statusJson } from '../status/json.ts';
import { ANSWER_WORDS, type Verdict } from '../status/verdict.ts';
import { addHelp } from '../terminal/help.ts';
import { properties } from '../terminal/table.ts';
import {
  formatNumber,
  jsonOf,
  type Output,
  paint,
  plain,
  type Style,
  type Terminal,
  widthOf,
  wrap,
  writeLine,
} from '../terminal/terminal.ts';
import { readSpan } from '../time.ts';

interface StatusOptions {
  readonly watch?: string | true;
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

/** Interval of `--watch`. */
const DEFAULT_INTERVAL = '5s';

/** Shortest interval, milliseconds: below it, reading the status itself becomes a load. */
const SHORTEST_INTERVAL = 1_000;

const STYLES: Readonly<Record<Verdict['answer'], Style>> = {
  yes: 'green',
  late: 'yellow',
  partly: 'yellow',
  no: 'red',
  unknown: 'yellow',
};

/** Names in one line; the rest is counted, so that the status stays on one screen. */
const MOST_NAMES = 5;

function names(all: readonly string[]): string {
  const shown = all.slice(0, MOST_NAMES).map(plain).join(', ');
  return all.length > MOST_NAMES ? `${shown} and ${all.length - MOST_NAMES} more` : shown;
}

function queueLine({ queue, oldestSeconds, updatesNotDue = 0 }: Status): string {
  const { visible, inFlight, delayed } = queue;
  const notVisible = Math.max(0, inFlight + delayed - updatesNotDue);
  const waiting = visible + notVisible;
  const oldest =
    oldestSeconds === undefined || waiting === 0
      ? ''
      : `; the oldest for ${formatDuration(oldestSeconds * 1_000)}`;
  const updates =
    updatesNotDue === 0
      ? ''
      : `; ${formatNumber(updatesNotDue)} ${updatesNotDue === 1 ? 'update' : 'updates'} not due`;
  return `${formatNumber(waiting)} waiting (${formatNumber(visible)} ready, ${formatNumber(notVisible)} in flight or delayed)${oldest}${updates}`;
}

function deadLettersLine({ deadLetters }: Status): string {
  const { count, reasons, sampled } = deadLetters;
  if (count === 0) return 'none';
  const parts = reasons.map((group) => `${plain(group.name)} ${formatNumber(group.count)}`);
  if (parts.length === 0) return formatNumber(count);
  const sample = sampled ? ', of those that were read' : '';
  return `${formatNumber(count)} (${parts.slice(0, MOST_NAMES).join(', ')}${sample})`;
}

function keysLine({ keys }: Status): string {
  const routed = keys.filter((key) => key.routed);
  const set = routed.filter(({ state }) => state === 'set');
  const missing = routed.filter(({ state }) => state === 'missing').map(({ service }) => service);
  const bad = routed.filter(({ state }) => state === 'malformed').map(({ service }) => service);
  return [
    `${set.length} of ${routed.length} set`,
    ...(missing.length > 0 ? [`missing: ${names(missing)}`] : []),
    ...(bad.length > 0 ? [`malformed: ${names(bad)}`] : []),
  ].join('; ');
}

function recentLine({ recent, delayMinutes }: Status): string | undefined {
  if (recent === undefined) return undefined;
  const { span, accepted, delivered, deduplicated, deadLettered } = recent;
  const delay = delayMinutes === 0 ? '' : ` (figures are up to ${delayMinutes} min old)`;
  return `${formatNumber(accepted)} in, ${formatNumber(delivered)} delivered, ${formatNumber(deduplicated)} deduplicated, ${plural(deadLettered, 'dead letter')} ${span}${notInText(recent)}${delay}`;
}

/** Requests that did not become events. */
function notInText(recent: Recent): string {
  const parts = [
    [recent.serverErrors, 'answered 5xx'],
    [recent.throttled, 'throttled'],
    [recent.requestsRefused, 'unreadable'],
    [recent.unauthorized, 'unauthorised'],
    [recent.unrouted, 'without a route'],
    [recent.ignoredByRoute, 'ignored by a route'],
    [recent.ignoredByType, 'of an unknown type'],
    [recent.unknownPaths, 'to an unknown path'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0);
  if (shown.length === 0) return '';
  return `; requests: ${shown.map(([count, what]) => `${formatNumber(count)} ${what}`).join(', ')}`;
}

/** The last page, and the calls that failed since. */
function callsLine({ calls, at, since = at }: Status): string | undefined {
  if (calls === undefined) return undefined;
  const { lastPage, failed, recent } = calls;
  const last =
    lastPage === undefined
      ? `no page got out in the last ${formatDuration(at - since)}`
      : `last page at ${agoText(lastPage, at)}`;
  const failedCalls = plural(failed, 'failed call');
  return failed > 0 || recent.failed === 0
    ? `${last}; ${failedCalls} since`
    : `${last}; ${failedCalls} since, ${recent.failed} in the last 10 min`;
}

function alarmsLine({ alarms, at }: Status): string | undefined {
  if (alarms === undefined) return undefined;
  const active = alarms.filter(({ state }) => state === 'ALARM');
  if (active.length === 0) return `none of ${alarms.length} in ALARM state`;
  return names(
    active.map(({ name, since, runbook }) => {
      const when = since === null ? '' : ` since ${timeText(Date.parse(since), at)}`;
      return `${name}${when}${runbook === null ? '' : ` (${runbook})`}`;
    }),
  );
}

/** A time to the second: `2026-11-27T05:11:15Z`. */
function secondsOf(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+/, '');
}

/** Who should get the alarms and does not. Without a problem, there is no line. */
function receiverLine({ receivers }: Status): string | undefined {
  return receivers === undefined ? undefined : receiverProblem(receivers);
}

function screen(status: Status, stream: Output): string {
  const answer = ANSWER_WORDS[status.verdict.answer];
  const style = STYLES[status.verdict.answer];
  const width = widthOf(stream);
  const headline = `Are pages getting out? ${answer}: ${plain(status.verdict.sentence)}.`;
  return [
    wrap(headline, width).replace(answer, paint(stream, style, answer)),
    '',
    properties(
      [
        ['Stage', `${status.stage} (${status.place}), ${secondsOf(status.at)}`],
        ['Events', queueLine(status)],
        ['Calls', callsLine(status)],
        ['Traffic', recentLine(status)],
        ['Dead letters', deadLettersLine(status)],
        ['Keys', keysLine(status)],
        ['Alarms', alarmsLine(status)],
        ['Receivers', receiverLine(status)],
      ],
      width,
    ),
    ...status.problems.map((problem) => wrap(`! ${problem}`, width, 2)),
  ].join('\n');
}

function readInterval(watch: string | true): number {
  const text = watch === true ? DEFAULT_INTERVAL : watch;
  const millis = readSpan(text);
  if (millis !== undefined && millis >= SHORTEST_INTERVAL) return millis;
  throw new UsageError(
    `--watch takes a span of at least 1s, such as 10s; ${JSON.stringify(text)} is none.`,
  );
}

function print(status: Status, terminal: Terminal, options: StatusOptions): void {
  const { stdout } = terminal;
  if (options.json === true) {
    writeLine(stdout, jsonOf(statusJson(status)));
    return;
  }
  // Home, then clear what is below: less flicker than clearing first.
  const isScreen = options.watch !== undefined && stdout.isTTY === true;
  if (isScreen) stdout.write('\u001B[H\u001B[J');
  writeLine(stdout, screen(status, stdout));
  if (options.watch !== undefined) writeLine(stdout, isScreen ? '\nCtrl-C ends.' : '');
}

async function showStatus(session: Session, options: StatusOptions): Promise<ExitCode> {
  const { terminal } = session;
  if (options.watch !== undefined && options.exitCode === true) {
    throw new UsageError('--exit-code answers once; leave out --watch.');
  }
  const interval = options.watch === undefined ? undefined : readInterval(options.watch);
  const gather = statusOf(await session.openStage(), terminal.now);
  if (interval === undefined) {
    const now = await gather();
    print(now, terminal, options);
    const answer = options.exitCode === true ? ANSWER_EXIT[now.verdict.answer] : EXIT.done;
    return now.problems.length > 0 && answer === EXIT.done ? EXIT.failed : answer;
  }
  return session.interruptible(async (signal) => {
    while (!signal.aborted) {
      print(await gather(), terminal, options);
      await pause(interval, signal);
    }
    return EXIT.done;
  });
}

/** Adds the command. */
export function addStatus(program: Command, session: Session, run: Run): void {
  const command = program
    .command('status')
    .description('are pages getting out? Queues, dead letters, keys and alarms on one screen')
    .option('--watch [span]', `repeat at this interval, such as 10s (default ${DEFAULT_INTERVAL})`)
    .option('--exit-code', 'exit with 3 for NO, 4 for LATE, 5 for NOT ALL, 6 for UNKNOWN')
    .option('--json', 'print one JSON document (with --watch one per line)')
    .action(async (options: StatusOptions) => run(showStatus(session, options)));
  addHelp(command, {
    examples: [
      ['status', 'the answer, and the figures behind it'],
      ['status --watch 10s', 'the same screen, again every 10 seconds'],
      ['--stage production status --exit-code --json', 'for a script or a check'],
    ],
    notes: [
      `
Exit codes: 0 when the status was read, 1 when something could not be read, 2 for wrong usage. With
--exit-code also 3 for NO, 4 for LATE, 5 for NOT ALL and 6 for UNKNOWN; these come before 1.`,
      STATUS_FIELDS,
    ],
  });
}
