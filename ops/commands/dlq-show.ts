/** `dlq show ID`: everything about one dead letter. */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import { deepLink } from '../../lambda/pagerduty/links.ts';
import { parseEvent, type View } from '../../lambda/glasnostic/event.ts';
import { isJsonObject, parseJson } from '../../lambda/shared/json.ts';
import { readEventMessage } from '../../lambda/shared/message.ts';
import { toExported } from '../dead-letters/export-format.ts';
import { deadLetterJson } from '../dead-letters/json.ts';
import type { ReceivedMessage } from '../aws/queue.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import { visitDeadLetters } from '../dead-letters/read.ts';
import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import { addHelp } from '../terminal/help.ts';
import { properties } from '../terminal/table.ts';
import {
  count,
  jsonOf,
  plain,
  plainJson,
  type Terminal,
  widthOf,
  writeLine,
} from '../terminal/terminal.ts';
import { formatLocalTime } from '../time.ts';
import { readIdStart } from './filter-options.ts';

/** Characters of a message ID. */
const FULL_ID = 36;

function linkOf(body: string, consoleUrl: string): string | undefined {
  const message = readEventMessage(body);
  if (typeof message === 'string' || !isJsonObject(message.event)) return undefined;
  const parsed = parseEvent(message.event);
  return parsed.outcome === 'event' ? deepLink(parsed.event, consoleUrl) : undefined;
}

/** The body with indentation, or as a JSON string when it is not JSON. */
function readable(body: string): string {
  try {
    return plainJson(JSON.stringify(parseJson(body), null, 2));
  } catch {
    return jsonOf(body);
  }
}

function when(millis: number | undefined, now: number): string | undefined {
  if (millis === undefined) return undefined;
  const isUtc = new Date(millis).getTimezoneOffset() === 0;
  const here = isUtc ? '' : `${formatLocalTime(millis, now)} here, `;
  return `${new Date(millis).toISOString()} (${here}${formatDuration(now - millis)} ago)`;
}

/** How many events the dead letter stands for, if others were deduplicated into it. */
function standsFor({ deduplicated }: DeadLetter, now: number): string | undefined {
  if (deduplicated === undefined) return undefined;
  return `at least ${count(1 + deduplicated.count, 'event')}, the first of ${when(deduplicated.first, now)}`;
}

function named({ id, name }: View): string {
  return plain(name === undefined || id === undefined ? (id ?? name ?? '') : `${name} (${id})`);
}

function printDeadLetter(
  deadLetter: DeadLetter,
  { body }: ReceivedMessage,
  link: string | undefined,
  terminal: Terminal,
): void {
  const now = terminal.now();
  const { event } = deadLetter;
  const status = deadLetter.httpStatus === undefined ? '' : ` (HTTP ${deadLetter.httpStatus})`;
  writeLine(
    terminal.stdout,
    properties(
      [
        ['ID', deadLetter.id],
        ['Reason', `${plain(deadLetter.reason)}${status}`],
        ['Detail', plain(deadLetter.detail)],
        ['Failed', when(deadLetter.failedAt, now)],
        ['Attempts', deadLetter.receiveCount?.toString()],
        ['Service', deadLetter.service && plain(deadLetter.service)],
        ['Event', event && plain(event.summary)],
        ['Severity', event?.severity],
        ['Happened', when(event?.occurredAt, now)],
        ['Received', when(deadLetter.receivedAt, now)],
        ['Stands for', standsFor(deadLetter, now)],
        ['Environment', event && named(event.environment)],
        ['View', event?.view && named(event.view)],
        ['Incident', event && plain(event.dedupKey)],
        ['Link', link],
        ['Problem', deadLetter.problem && plain(deadLetter.problem)],
        ['Request ID', deadLetter.requestId && plain(deadLetter.requestId)],
        ['Original ID', deadLetter.originalMessageId && plain(deadLetter.originalMessageId)],
      ],
      widthOf(terminal.stdout),
    ),
  );
  writeLine(terminal.stdout);
  writeLine(terminal.stdout, readable(body));
}

async function show(
  session: Session,
  id: string,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = session;
  const idStart = readIdStart('show', id);
  const context = await session.openStage();
  const found: [DeadLetter, ReceivedMessage][] = [];
  const visit = await session.interruptible(async (signal) =>
    visitDeadLetters(
      context,
      { id: [idStart] },
      (...both) => {
        found.push(both);
        // The first characters of an ID may fit another one, too.
        return id.length === FULL_ID ? 'stop' : undefined;
      },
      { signal },
    ),
  );
  const [first] = found;
  if (first === undefined) {
    throw new OperatorError(
      `No dead letter has the ID ${id}; "./bridge dlq list" shows those that exist. ${visit.partial ?? ''}`.trim(),
    );
  }
  const [deadLetter, message] = first;
  if (options.json === true) {
    const { body, messageAttributes, attributes } = toExported(message);
    const document = { ...deadLetterJson(deadLetter), body, messageAttributes, attributes };
    writeLine(terminal.stdout, jsonOf(document));
  } else
    printDeadLetter(deadLetter, message, linkOf(message.body, context.stage.consoleUrl), terminal);
  return EXIT.done;
}

/** Adds the command. */
export function addShow(dlq: Command, session: Session, run: Run): void {
  const command = dlq
    .command('show')
    .description('show everything about one dead letter, without taking it away')
    .argument('<id>', 'its ID, or the first characters of it')
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: { json?: boolean }) => run(show(session, id, options)));
  addHelp(command, {
    examples: [['dlq show 8eecd1dd', 'the dead letter whose ID in "dlq list" begins like this']],
    notes: [
      'JSON: the fields of a dead letter in "dlq list", and body, messageAttributes, attributes.',
    ],
  });
}
