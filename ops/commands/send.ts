/** `send`: posts the sample event and reports what the bridge answered. */

import type { Command } from 'commander';

import { EXIT, type ExitCode, UsageError } from '../errors.ts';
import { evenPace, UNPACED } from '../pace.ts';
import { type AnswerCount, postEvents, type PostResult } from '../send/post.ts';
import { sampleEvent } from '../send/sample.ts';
import type { Run, Session } from '../session.ts';
import { targetOf } from '../stage/target.ts';
import { confirmed } from '../terminal/ask.ts';
import { addHelp } from '../terminal/help.ts';
import { withProgress } from '../terminal/progress.ts';
import {
  count,
  formatNumber,
  jsonOf,
  multiplier,
  paint,
  plain,
  type Terminal,
  writeLine,
  writeText,
} from '../terminal/terminal.ts';
import { readRate } from '../time.ts';
import { readToken, tokenSecret } from '../secrets/token.ts';
import { readCount } from './filter-options.ts';
import { sendTest } from './send-test.ts';

interface SendOptions {
  readonly view?: string;
  readonly environment?: string;
  readonly metric?: string;
  readonly test?: boolean;
  readonly value?: number;
  readonly count: number;
  readonly rate?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

function readValue(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`--value takes a number, such as 42; ${JSON.stringify(text)} is none.`);
}

/** What a status means for the sender. */
const MEANINGS: Readonly<Record<number, string>> = {
  0: 'no answer',
  200: 'ignored',
  202: 'accepted',
  401: 'the token was refused',
  404: 'no route takes it',
  429: 'throttled',
  500: 'the bridge failed',
  503: 'the bridge could not queue it',
};

function answerLine({ status, count: times, detail }: AnswerCount): string {
  const meaning = MEANINGS[status] ?? 'refused';
  const words = status === 202 ? '' : `: ${plain(detail)}`;
  return `  ${status === 0 ? '---' : status}${multiplier(times)}  ${meaning}${words}`;
}

function milliseconds(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}

function ms(value: number | undefined): string {
  return `${formatNumber(milliseconds(value) ?? 0)} ms`;
}

function printResult(result: PostResult, terminal: Terminal): void {
  const { stdout } = terminal;
  const { posted, accepted, median, longest } = result;
  const isGood = result.failed === 0 && posted > 0;
  const times = posted === 1 ? ms(median) : `${ms(median)} (median), ${ms(longest)} (longest)`;
  const answered = posted > 0 ? `, answered in ${times}` : '';
  const text = `${formatNumber(accepted)} of ${count(posted, 'event')} accepted${answered}.`;
  writeText(stdout, paint(stdout, isGood ? 'green' : 'red', text));
  for (const answer of result.answers) writeText(stdout, answerLine(answer));
}

async function send(session: Session, options: SendOptions): Promise<ExitCode> {
  const { terminal } = session;
  const pace = options.rate === undefined ? UNPACED : evenPace(readRate(options.rate, '--rate'));
  const context = await session.openStage();
  const token = await readToken(tokenSecret(context));
  const url = context.outputs.webhookUrl;
  // The local bridge sends no page, unless it was started for another PagerDuty.
  if (context.bridgeUrl === undefined && options.yes !== true) {
    const question = `Post ${count(options.count, 'event')} to ${targetOf(context)}? It may page the responder on call.`;
    if (!(await confirmed(terminal, question))) {
      writeLine(terminal.stderr, 'Nothing was posted.');
      return EXIT.failed;
    }
  }
  writeLine(
    terminal.stderr,
    `Posting ${count(options.count, 'event')} to ${url} (stage ${context.stage.name}) ...`,
  );
  const result = await withProgress(session, 'Posting', async (signal, progress) =>
    postEvents({
      url,
      token,
      count: options.count,
      pace,
      event: () => sampleEvent(options, terminal.now()),
      signal,
      onProgress: (posted) => progress.update(posted, options.count),
    }),
  );
  if (options.json === true) {
    const { median, longest, ...figures } = result;
    const times = { median: milliseconds(median), longest: milliseconds(longest) };
    writeLine(terminal.stdout, jsonOf({ ...figures, milliseconds: times }));
  } else printResult(result, terminal);
  return result.failed === 0 && result.posted === options.count ? EXIT.done : EXIT.failed;
}

/** @throws UsageError for options that make no sense for one event */
async function testOf(session: Session, options: SendOptions): Promise<ExitCode> {
  if (options.count !== 1 || options.rate !== undefined) {
    throw new UsageError('--test posts one event; leave out --count and --rate.');
  }
  return sendTest(session, options);
}

/** Adds the command. */
export function addSend(program: Command, session: Session, run: Run): void {
  const command = program
    .command('send')
    .description('post the sample event and report what the bridge answered')
    .option('--view <id>', "ID of the event's view")
    .option('--environment <id>', "ID of the event's environment")
    .option('--metric <metric>', 'metric of the event (default requests)')
    .option('--value <number>', 'the measured value; the threshold is 30 (default 42)', readValue)
    .option('--count <count>', 'number of events', readCount('--count'), 1)
    .option('--rate <rate>', 'no faster than this, such as 10/s')
    .option('--test', 'one event that is marked as a test and resolved at once; wait for its end')
    .option('--yes', 'do not ask; a deployed stage asks')
    .option('--json', 'print one JSON document')
    .action(async (options: SendOptions) =>
      run(options.test === true ? testOf(session, options) : send(session, options)),
    );
  addHelp(command, {
    examples: [
      ['--stage local send --view 4 --value 75', 'one event to the bridge that npm start runs'],
      ['--stage local send --count 100 --rate 10/s', 'a storm of one view'],
      ['--stage production send --test --environment YegltGN8vgAK8THi --view 4', 'a test page'],
    ],
    notes: [
      `
The event is real: it pages the responder on call for the service that its route names. A
deployed stage asks first.`,
      `
With --test, the event has the severity info, an incident of its own, and TEST in its summary. The
bridge resolves this incident right after PagerDuty has accepted it. The command shows each step
up to PagerDuty's answers, and exits with 1 if PagerDuty does not accept both calls within 2 minutes.
It may page the responder on call.`,
      `
JSON: posted, accepted, ignored, failed, answers (status, count, detail), milliseconds (median,
longest). With --test: id, service, end (resolved, open, dead_letter or not_known), steps (at,
message, fields).`,
    ],
  });
}
