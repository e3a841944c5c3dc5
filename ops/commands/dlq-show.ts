/** `dlq show ID`: everything about one dead letter. */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import { deepLink } from '../../lambda/pagerduty/links.ts';
import { parseEvent } from '../../lambda/glasnostic/event.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { readEventMessage } from '../../lambda/shared/message.ts';
import { exportedLetter } from '../dead-letters/export-format.ts';
import { letterJson } from '../dead-letters/json.ts';
import type { Letter, RawLetter } from '../dead-letters/dead-letter.ts';
import { visitDeadLetters } from '../dead-letters/read.ts';
import { EXIT, type ExitCode, OperatorError, UsageError } from '../errors.ts';
import type { Session } from '../session.ts';
import { properties } from '../terminal/table.ts';
import { count, plain, type Terminal, writeLine } from '../terminal/terminal.ts';

/** Characters of a message ID. */
const FULL_ID = 36;

/** Shortest beginning of an ID: shorter ones fit too many. */
const SHORTEST_ID = 4;

function linkOf(body: string, consoleUrl: string): string | undefined {
  const message = readEventMessage(body);
  if (typeof message === 'string' || !isJsonObject(message.event)) return undefined;
  const parsed = parseEvent(message.event);
  return parsed.outcome === 'event' ? deepLink(parsed.event, consoleUrl) : undefined;
}

/** The body as a person reads it; as it is when it is not JSON. */
function readable(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    return JSON.stringify(value, null, 2);
  } catch {
    return JSON.stringify(body);
  }
}

function when(millis: number | undefined, now: number): string | undefined {
  if (millis === undefined) return undefined;
  return `${new Date(millis).toISOString()} (${formatDuration(now - millis)} ago)`;
}

/** How many events a letter stands for, if a replay has deduplicated older ones into it. */
function standing({ deduplicated }: Letter, now: number): string | undefined {
  if (deduplicated === undefined) return undefined;
  return `${count(1 + deduplicated.count, 'event')}, the first of ${when(deduplicated.first, now)}`;
}

function named(subject: { readonly id: string; readonly name?: string | undefined }): string {
  return subject.name === undefined ? plain(subject.id) : plain(`${subject.name} (${subject.id})`);
}

function printLetter(
  letter: Letter,
  raw: RawLetter,
  link: string | undefined,
  terminal: Terminal,
): void {
  const now = terminal.now();
  const { event } = letter;
  const status = letter.httpStatus === undefined ? '' : ` (HTTP ${letter.httpStatus})`;
  writeLine(
    terminal.stdout,
    properties([
      ['ID', letter.id],
      ['Reason', `${plain(letter.reason)}${status}`],
      ['Detail', plain(letter.detail)],
      ['Died', when(letter.failedAt, now)],
      ['Attempts', letter.receiveCount?.toString()],
      ['Service', letter.service && plain(letter.service)],
      ['Event', event && plain(event.summary)],
      ['Happened', when(event?.occurredAt, now)],
      ['Received', when(letter.receivedAt, now)],
      ['Stands for', standing(letter, now)],
      ['Environment', event && named(event.environment)],
      ['View', event?.view && named(event.view)],
      ['Incident', event?.dedupKey],
      ['Link', link],
      ['Problem', letter.problem && plain(letter.problem)],
      ['Request ID', letter.requestId && plain(letter.requestId)],
      ['First ID', letter.originalMessageId && plain(letter.originalMessageId)],
    ]),
  );
  writeLine(terminal.stdout);
  writeLine(terminal.stdout, readable(raw.body));
}

async function show(
  session: Session,
  id: string,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = session;
  if (id.length < SHORTEST_ID) {
    throw new UsageError(`show takes an ID or at least its first ${SHORTEST_ID} characters.`);
  }
  const context = await session.openStage();
  const found: { letter: Letter; raw: RawLetter }[] = [];
  const visit = await session.interruptible(async (signal) =>
    visitDeadLetters(
      context,
      { id: [id.toLowerCase()] },
      (letter, raw) => {
        found.push({ letter, raw });
        // The beginning of an ID may fit another one, too.
        return id.length === FULL_ID ? 'stop' : 'continue';
      },
      { signal },
    ),
  );
  const [first] = found;
  if (first === undefined) {
    throw new OperatorError(
      `No dead letter has the ID ${id}; "dlq list" shows those there are. ${visit.partial ?? ''}`.trim(),
    );
  }
  const { letter, raw } = first;
  if (options.json === true) {
    const { body, messageAttributes, attributes } = exportedLetter(raw);
    const document = { ...letterJson(letter), body, messageAttributes, attributes };
    writeLine(terminal.stdout, JSON.stringify(document));
  } else printLetter(letter, raw, linkOf(raw.body, context.stage.consoleUrl), terminal);
  return EXIT.done;
}

/** Adds the command. */
export function addShow(dlq: Command, session: Session, run: (code: ExitCode) => void): void {
  dlq
    .command('show')
    .description('show everything about one dead letter, without taking it away')
    .argument('<id>', 'its ID, or the first characters of it')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nJSON: the fields of a letter in "dlq list", and body, messageAttributes, attributes.',
    )
    .action(async (id: string, options: { json?: boolean }) => {
      run(await show(session, id, options));
    });
}
