/** `trace`: what became of one event, without receiving from the events queue. */

import type { Command } from 'commander';

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import { visitDeadLetters } from '../dead-letters/read.ts';
import { EXIT, type ExitCode, OperatorError, UsageError } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import type { StageContext } from '../stage/context.ts';
import { addHelp } from '../terminal/help.ts';
import { jsonOf, plain, widthOf, wrap, writeLine, writeText } from '../terminal/terminal.ts';
import { isoTime, readMoment } from '../time.ts';
import { readLogLines } from '../trace/logs.ts';
import { type Fate, fateOf, idsOf, stepsOf, type TraceStep } from '../trace/trace.ts';

interface TraceOptions {
  readonly since: string;
  readonly json?: boolean;
}

/** IDs of API Gateway and SQS have letters, digits and these characters. */
const ID = /^[\w=+/.-]{8,128}$/;

const SENTENCES: Readonly<Record<Fate, string>> = {
  delivered: 'Delivered: PagerDuty accepted a call that stands for it.',
  waiting: 'It waits, and is tried again. The last line says why.',
  accepted:
    'Accepted. No line of delivery names it: it waits for its first call, or it was deduplicated into an event that has a call of its own. A line names the last 10 events of a call only.',
  dead_letter: 'It is a dead letter.',
  was_dead_letter:
    'It was a dead letter, and is not in the dead-letter queue now: replayed or discarded.',
  ignored: 'Ignored: it does not become a page.',
  refused: 'Refused: the bridge did not accept it.',
  unknown: '',
};

/** A step of an event on one line. */
export function stepLine({ at, message, fields }: TraceStep): string {
  const time = isoTime(at) ?? '(no time)';
  const texts = Object.entries(fields).map(([name, value]) => `${name}=${plain(String(value))}`);
  return [time, plain(message), ...texts].join('  ');
}

async function findDeadLetters(
  context: StageContext,
  id: string,
  signal: AbortSignal,
): Promise<{ readonly found: readonly DeadLetter[]; readonly partial: string | undefined }> {
  const found: DeadLetter[] = [];
  const { partial } = await visitDeadLetters(
    context,
    {},
    (deadLetter) => {
      const { id: own, originalMessageId, requestId } = deadLetter;
      if ([own, originalMessageId, requestId].includes(id)) found.push(deadLetter);
      return undefined;
    },
    { signal },
  );
  return { found, partial };
}

async function trace(session: Session, id: string, options: TraceOptions): Promise<ExitCode> {
  const { stdout, stderr, now } = session.terminal;
  if (!ID.test(id)) {
    throw new UsageError(
      'An ID has 8 to 128 letters, digits and the characters - _ = + / and a dot, and no blanks. The webhook answers it as "id", and log lines and "./bridge dlq show" have it.',
    );
  }
  const since = readMoment(options.since, '--since', now());
  const context = await session.openStage();
  await session.interruptible(async (signal) => {
    const { found, partial } = await findDeadLetters(context, id, signal);
    const first = await readLogLines(context, { ids: [id], since, signal });
    const named = found.flatMap(({ originalMessageId = id, requestId = id }) => [
      originalMessageId,
      requestId,
    ]);
    const ids = [...new Set([...idsOf(id, first), ...named])];
    const lines = ids.length === 1 ? first : await readLogLines(context, { ids, since, signal });
    if (signal.aborted) throw new OperatorError('Stopped before all was read.');
    // The first search was for one ID; a dead letter has its request ID in any case.
    const other = ids.find((one) => one !== id);
    const inQueue =
      found.length > 0 || other === undefined
        ? found
        : (await findDeadLetters(context, other, signal)).found;
    const steps = stepsOf(lines, ids);
    const fate = fateOf(steps, inQueue.length > 0);
    if (partial !== undefined) writeText(stderr, `Not all dead letters were read. ${partial}`);
    if (fate === 'unknown') {
      throw new OperatorError(
        `No log line of the last ${formatDuration(now() - since)} names ${id}, and no dead letter does; look further back with --since, and see that the stage is the right one (${context.stage.name}).`,
      );
    }
    const deadLetters = inQueue.map((one) => one.id);
    if (options.json === true) {
      const all = steps.map(({ at, ...step }) => ({ at: isoTime(at), ...step }));
      writeLine(stdout, jsonOf({ ids, fate, steps: all, deadLetters }));
      return;
    }
    for (const step of steps) writeLine(stdout, wrap(stepLine(step), widthOf(stdout), 2));
    writeText(stdout, SENTENCES[fate]);
    for (const one of deadLetters) writeLine(stdout, `./bridge dlq show ${one}`);
  });
  return EXIT.done;
}

/** Adds the command. */
export function addTrace(program: Command, session: Session, run: Run): void {
  const command = program
    .command('trace')
    .description('what became of one event, from the logs and the dead-letter queue')
    .argument('<id>', 'its request ID or its message ID, as a log line or "dlq show" has it')
    .option('--since <time>', 'how far back to read the logs: a span such as 2h, or a time', '1d')
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: TraceOptions) => run(trace(session, id, options)));
  addHelp(command, {
    examples: [
      ['trace 1f3c9a52-6b1e-4f6e-9d7a-0c9b7a2f4e11', 'by the message ID'],
      ['trace JKJaXmPLvHcESHA= --since 3d', 'by the request ID, up to three days back'],
    ],
    notes: [
      `
The answer 202 of the webhook has the message ID as "id". Nothing is received from the events queue,
because that would delay pages. CloudWatch shows new lines after some seconds.`,
      `
JSON: ids, fate (delivered, waiting, accepted, dead_letter, was_dead_letter, ignored or refused),
steps (at, message, fields), deadLetters (IDs).`,
    ],
  });
}
