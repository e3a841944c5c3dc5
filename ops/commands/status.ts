/** `status`: are pages getting out? */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import { EXIT, type ExitCode, UsageError } from '../errors.ts';
import { pause } from '../pace.ts';
import type { Run, Session } from '../session.ts';
import { type Status, statusOf } from '../status/gather.ts';
import type { Verdict } from '../status/verdict.ts';
import { properties } from '../terminal/table.ts';
import {
  formatNumber,
  jsonOf,
  type Output,
  paint,
  plain,
  type Style,
  type Terminal,
  writeLine,
} from '../terminal/terminal.ts';
import { readSpan } from '../time.ts';

interface StatusOptions {
  readonly watch?: string | true;
  readonly json?: boolean;
}

/** Interval of `--watch`. */
const DEFAULT_INTERVAL = '5s';

/** Shortest interval, milliseconds: below it, reading the status itself becomes a load. */
const SHORTEST_INTERVAL = 1_000;

const ANSWERS: Readonly<Record<Verdict['answer'], readonly [string, Style]>> = {
  yes: ['YES', 'green'],
  late: ['LATE', 'yellow'],
  partly: ['NOT ALL', 'yellow'],
  no: ['NO', 'red'],
  unknown: ['UNKNOWN', 'yellow'],
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
  const updates = updatesNotDue === 0 ? '' : `; ${formatNumber(updatesNotDue)} updates not due`;
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

function recentLine({ recent }: Status): string | undefined {
  if (recent === undefined) return undefined;
  const { span, accepted, delivered, deduplicated, deadLettered, refused, unavailable } = recent;
  return `${formatNumber(accepted)} in, ${formatNumber(delivered)} delivered, ${formatNumber(deduplicated)} deduplicated, ${formatNumber(deadLettered)} dead letters ${span}; PagerDuty refused ${formatNumber(refused)} calls and failed ${formatNumber(unavailable)}`;
}

function alarmsLine({ alarms }: Status): string | undefined {
  if (alarms === undefined) return undefined;
  const active = alarms.filter(({ state }) => state === 'ALARM');
  if (active.length === 0) return `none of ${alarms.length} in ALARM state`;
  return names(
    active.map(({ name, runbook }) => (runbook === null ? name : `${name} (${runbook})`)),
  );
}

function screen(status: Status, stream: Output): string {
  const [answer, style] = ANSWERS[status.verdict.answer];
  return [
    `Are pages getting out? ${paint(stream, style, answer)}: ${plain(status.verdict.sentence)}.`,
    '',
    properties([
      ['Stage', `${status.stage}, ${new Date(status.at).toISOString()}`],
      ['Events', queueLine(status)],
      ['Traffic', recentLine(status)],
      ['Dead letters', deadLettersLine(status)],
      ['Keys', keysLine(status)],
      ['Alarms', alarmsLine(status)],
    ]),
    ...status.problems.map((problem) => `! ${problem}`),
  ].join('\n');
}

/** A status as one JSON document. Fields are added, never renamed. */
function statusJson(status: Status) {
  const { stage, at, verdict, queue, oldestSeconds, updatesNotDue, ticks } = status;
  const { deadLetters, keys, alarms, problems } = status;
  const { isNow: _, ...recent } = status.recent ?? {};
  return {
    stage,
    at: new Date(at).toISOString(),
    verdict,
    queue: {
      ready: queue.visible,
      inFlight: queue.inFlight,
      delayed: queue.delayed,
      updatesNotDue: updatesNotDue ?? null,
      ticks: ticks ?? null,
      oldestSeconds: oldestSeconds ?? null,
    },
    deadLetters: {
      count: deadLetters.count,
      reasons: Object.fromEntries(deadLetters.reasons.map(({ name, count }) => [name, count])),
      sampled: deadLetters.sampled,
    },
    keys: keys.map(({ service, state, routed }) => ({ service, state, routed })),
    recent: status.recent === undefined ? null : recent,
    alarms: alarms ?? null,
    problems,
  };
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
  const interval = options.watch === undefined ? undefined : readInterval(options.watch);
  const gather = statusOf(await session.openStage(), terminal.now);
  if (interval === undefined) {
    const now = await gather();
    print(now, terminal, options);
    return now.problems.length === 0 ? EXIT.done : EXIT.failed;
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
  program
    .command('status')
    .description('are pages getting out? Queues, dead letters, keys and alarms on one screen')
    .option('--watch [span]', `repeat at this interval, such as 10s (default ${DEFAULT_INTERVAL})`)
    .option('--json', 'print one JSON document (with --watch one per line)')
    .addHelpText(
      'after',
      `
JSON: stage, at, verdict (answer: yes, late, partly, no or unknown; sentence), queue (ready,
inFlight, delayed, updatesNotDue, ticks, oldestSeconds), deadLetters (count, reasons, sampled), keys
(service, state, routed), recent (span, accepted, delivered, deduplicated, deadLettered, refused,
unavailable), alarms (name, state, since, runbook), problems. recent and alarms are null when they are
not known. The numbers of the queue are events; ticks has the messages that are none.`,
    )
    .action(async (options: StatusOptions) => run(showStatus(session, options)));
}
