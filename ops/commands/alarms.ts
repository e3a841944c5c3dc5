/** `alarms list` and `alarms page`: who receives the alarms, and PagerDuty as a receiver. */

import type { SNSClient } from '@aws-sdk/client-sns';
import type { Command } from 'commander';

import {
  pagerDutyUrlOf,
  readCloudWatchKey,
  receiverProblem,
  receiversOf,
  snsClient,
  subscribePagerDuty,
} from '../alarms/receivers.ts';
import { EXIT, type ExitCode, OperatorError, UsageError } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import type { StageContext } from '../stage/context.ts';
import { readSecret } from '../terminal/ask.ts';
import { addHelp } from '../terminal/help.ts';
import { NOTE, table } from '../terminal/table.ts';
import { jsonOf, paint, plain, widthOf, writeLine, writeText } from '../terminal/terminal.ts';

/** The stage, the topic of its alarms, and a client to reach it. */
interface AlarmTopicOfStage {
  readonly context: StageContext;
  readonly topicArn: string;
  readonly client: SNSClient;
}

async function openTopic(session: Session): Promise<AlarmTopicOfStage> {
  const context = await session.openStage();
  if (context.bridgeUrl !== undefined) {
    throw new UsageError('The local bridge has no alarms; choose a deployed stage with --stage.');
  }
  const { alarmTopicArn: topicArn } = context.outputs;
  if (topicArn === undefined) {
    throw new OperatorError(
      `The stack ${context.stackName} has no output with the topic of its alarms; deploy it.`,
    );
  }
  return { context, topicArn, client: await snsClient(context.access) };
}

async function list(session: Session, options: { readonly json?: boolean }): Promise<ExitCode> {
  const { stdout, stderr } = session.terminal;
  const { context, topicArn, client } = await openTopic(session);
  const receivers = await receiversOf(context.stage, topicArn, client);
  if (options.json === true) {
    writeLine(
      stdout,
      jsonOf({
        receivers: receivers.map(({ kind, name, isConfirmed }) => ({
          kind,
          name,
          confirmed: isConfirmed,
        })),
      }),
    );
    return EXIT.done;
  }
  const rows = receivers.map(({ name, isConfirmed }) => [
    plain(name),
    isConfirmed ? paint(stdout, 'green', 'gets alarms') : paint(stdout, 'red', 'not confirmed yet'),
  ]);
  if (rows.length > 0) {
    writeLine(stdout, table([{ head: 'RECEIVER' }, NOTE], rows, widthOf(stdout)));
  }
  const problem = receiverProblem(receivers);
  if (problem !== undefined) writeText(stderr, problem);
  return EXIT.done;
}

async function page(
  session: Session,
  options: { readonly pagerdutyRegion?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const { terminal } = session;
  const { context, topicArn, client } = await openTopic(session);
  const url = pagerDutyUrlOf(context.stage, options.pagerdutyRegion);
  const entered = await readSecret(
    terminal,
    'Integration key of an Amazon CloudWatch integration of PagerDuty (not shown):',
  );
  await subscribePagerDuty(url, readCloudWatchKey(entered), topicArn, client);
  const words = [
    'PagerDuty is subscribed to the alarms. It confirms by itself within a minute; see it with:',
    '  ./bridge alarms list',
    'An alarm opens an incident, and its end resolves it.',
  ];
  writeLine(
    terminal.stdout,
    options.json === true ? jsonOf({ subscribed: true }) : words.join('\n'),
  );
  return EXIT.done;
}

/** Adds the commands. */
export function addAlarms(program: Command, session: Session, run: Run): void {
  const alarms = program
    .command('alarms')
    .description("receivers of the stage's alarms: list them, page with PagerDuty")
    .helpCommand(false);
  addHelp(alarms, { examples: [['alarms list', 'who receives the alarms']] });
  const listing = alarms
    .command('list')
    .description('who receives the alarms, and whether they have confirmed')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => run(list(session, options)));
  addHelp(listing, {
    examples: [['--stage production alarms list', 'a line per receiver of that stage']],
    notes: ['JSON: receivers (kind: pagerduty, email, topic or other; name, confirmed).'],
  });
  const paging = alarms
    .command('page')
    .description('make alarms page people through PagerDuty, with a key from a hidden prompt')
    .option('--pagerduty-region <region>', "us or eu (default: the stage's)")
    .option('--json', 'print one JSON document')
    .action(async (options: { pagerdutyRegion?: string; json?: boolean }) =>
      run(page(session, options)),
    );
  addHelp(paging, {
    examples: [
      ['alarms page', 'asks for the key, and shows nothing'],
      ['alarms page < file', 'reads it from standard input'],
    ],
    notes: [
      `
The key is the 32 letters and digits of an "Amazon CloudWatch" integration, best of a service of those
who run the bridge. AWS calls PagerDuty itself, so this works while the bridge delivers nothing. The
key is in no template and no log, and never an argument. SNS keeps it in the address of the
subscription. Everyone who may list the subscriptions of this account can see it there.`,
      'JSON: subscribed.',
    ],
  });
}
