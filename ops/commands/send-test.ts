/** `send --test`: asks, posts one marked event, and reports what the bridge did with it. */

import { EXIT, type ExitCode, OperatorError } from '../errors.ts';
import { readToken, tokenSecret } from '../secrets/token.ts';
import { postJson } from '../send/post-json.ts';
import { type SampleChoice, sampleEvent } from '../send/sample.ts';
import { followTest, marked, messageIdOf, serviceFor, type TestEnd } from '../send/test-event.ts';
import type { Session } from '../session.ts';
import { targetOf } from '../stage/target.ts';
import { confirmed } from '../terminal/ask.ts';
import { jsonOf, paint, plain, widthOf, wrap, writeLine } from '../terminal/terminal.ts';
import { isoTime } from '../time.ts';
import type { TraceStep } from '../trace/trace.ts';
import { stepLine } from './trace.ts';

interface TestOptions extends SampleChoice {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** How long the command waits for the end, milliseconds: CloudWatch shows a line after seconds. */
const TIMEOUT = 120_000;

/** The lines of a machine with another clock may be older than the post, milliseconds. */
const CLOCK_MARGIN = 60_000;

function sentenceOf(end: TestEnd, service: string, id: string): string {
  switch (end) {
    case 'resolved':
      return `PagerDuty accepted the test for service ${service}, and its resolve.`;
    case 'open':
      return `PagerDuty accepted the test for service ${service}, but not its resolve. Resolve the incident in PagerDuty.`;
    case 'dead_letter':
      return `The test became a dead letter: no page of service ${service} gets out like this. ./bridge dlq list shows it.`;
    case 'not_known':
      return `No answer of PagerDuty is known yet. The test may wait, or a test of the same view a moment ago may stand for it. ./bridge trace ${id} shows what became of it.`;
  }
}

/** Posts a test event and follows it. */
export async function sendTest(session: Session, options: TestOptions): Promise<ExitCode> {
  const { terminal } = session;
  const { stdout, stderr, now } = terminal;
  const context = await session.openStage();
  const event = marked(sampleEvent(options, now()));
  const service = serviceFor(event, context);
  const target = `service ${service} of ${targetOf(context)}`;
  // The local bridge sends no page, unless it was started for another PagerDuty.
  if (context.bridgeUrl === undefined && options.yes !== true) {
    const question = `Post a test to ${target}? It may page the responder on call for that service.`;
    if (!(await confirmed(terminal, question))) {
      writeLine(stderr, 'Nothing was posted.');
      return EXIT.failed;
    }
  }
  const token = await readToken(tokenSecret(context));
  writeLine(stderr, `Posting a test to ${target} ...`);
  const since = now() - CLOCK_MARGIN;
  const { status, text } = await postJson(`${context.outputs.webhookUrl}/${token}`, event, token);
  const id = status === 202 ? messageIdOf(text) : undefined;
  if (id === undefined) {
    throw new OperatorError(
      `The webhook did not accept the test: ${status === 0 ? '' : `${status} `}${plain(text.slice(0, 500))}`,
    );
  }
  const steps: TraceStep[] = [];
  const end = await session.interruptible(async (signal) =>
    followTest(context, id, {
      since,
      timeout: TIMEOUT,
      signal,
      onStep: (step) => {
        steps.push(step);
        if (options.json !== true) writeLine(stdout, wrap(stepLine(step), widthOf(stdout), 2));
      },
    }),
  );
  if (options.json === true) {
    const all = steps.map(({ at, message, fields }) => ({ at: isoTime(at), message, fields }));
    writeLine(stdout, jsonOf({ id, service, end, steps: all }));
  } else {
    const isGood = end === 'resolved';
    writeLine(stdout, paint(stdout, isGood ? 'green' : 'red', sentenceOf(end, service, id)));
  }
  return end === 'resolved' ? EXIT.done : EXIT.failed;
}
