/** The command line of `./bridge`. */

import { Command, CommanderError } from 'commander';

import { explain, type Where } from './aws/explain.ts';
import { addAlarms } from './commands/alarms.ts';
import { addDiscard } from './commands/dlq-discard.ts';
import { addExport } from './commands/dlq-export.ts';
import { addImport } from './commands/dlq-import.ts';
import { addList } from './commands/dlq-list.ts';
import { addReplay } from './commands/dlq-replay.ts';
import { addShow } from './commands/dlq-show.ts';
import { addIncidentsList } from './commands/incidents-list.ts';
import { addIncidentsResolve } from './commands/incidents-resolve.ts';
import { addKeys } from './commands/keys.ts';
import { addSend } from './commands/send.ts';
import { addStatus } from './commands/status.ts';
import { addToken } from './commands/token.ts';
import { addTrace } from './commands/trace.ts';
import { addUrl } from './commands/url.ts';
import { addVerify } from './commands/verify.ts';
import { EXIT, type ExitCode, UsageError } from './errors.ts';
import {
  type GlobalOptions,
  type OpsEnvironment,
  type Run,
  type Session,
  startSession,
} from './session.ts';
import { whereOf } from './stage/context.ts';
import { LOCAL_STAGE } from './stage/find.ts';
import { DEFAULT_BRIDGE_URL, isLocalBridge } from './stage/local.ts';
import { addHelp, HELP_WIDTH } from './terminal/help.ts';
import { paint, type Terminal, widthOf, writeLine, writeText } from './terminal/terminal.ts';

function buildProgram(
  environment: OpsEnvironment,
  run: Run,
): { readonly program: Command; readonly session: Session } {
  const { stdout, stderr } = environment.terminal;
  const program = new Command('./bridge')
    .description('Operate the Glasnostic PagerDuty bridge.')
    .option(
      '--stage <name>',
      `the stage (default: BRIDGE_STAGE, else the only one that is not "${LOCAL_STAGE}")`,
    )
    .option(
      '--bridge-url <url>',
      `where the local bridge runs, with --stage ${LOCAL_STAGE} (default: BRIDGE_URL, else ${DEFAULT_BRIDGE_URL})`,
    )
    .option('--region <region>', "AWS region (default: the stage's, else the standard chain's)")
    .option('--profile <name>', "AWS profile (default: the standard chain's)")
    .option('--debug', 'show where an error comes from')
    .helpOption('-h, --help', 'show this text')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ helpWidth: Math.min(widthOf(stdout), HELP_WIDTH), minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Printed with all other errors.
      outputError: () => undefined,
    });
  addHelp(program, {
    examples: [
      ['status', 'are pages getting out?'],
      ['dlq list', 'what could not be delivered, and why'],
      ['--stage local send', 'an event for the bridge that npm start runs'],
    ],
    notes: [
      'Options may stand before or after the command. Each command has its own --help.',
      'Exit codes: 0 done, 1 failed, 2 wrong usage.',
      'The AWS permissions of each command: docs/operator-permissions.md',
    ],
  });
  const session = startSession(environment, () => program.opts<GlobalOptions>());
  for (const add of [addStatus, addUrl, addKeys, addToken, addSend, addTrace, addAlarms, addVerify])
    add(program, session, run);
  const dlq = program
    .command('dlq')
    .description('dead letters: list, show, replay, export, import, discard')
    .helpCommand(false);
  for (const add of [addList, addShow, addReplay, addExport, addImport, addDiscard]) {
    add(dlq, session, run);
  }
  addHelp(dlq, {
    examples: [
      ['dlq list', 'what there is, and why'],
      ['dlq replay --dry-run', 'what a replay would do'],
      ['dlq export --output all.jsonl', 'a copy of all, before you discard'],
    ],
  });
  const incidents = program
    .command('incidents')
    .description('open incidents that the bridge resolves: list, resolve')
    .helpCommand(false);
  for (const add of [addIncidentsList, addIncidentsResolve]) add(incidents, session, run);
  addHelp(incidents, {
    examples: [
      ['incidents list', 'what is open, and when the bridge resolves it'],
      ['incidents resolve --view 4 --dry-run', 'what would be resolved'],
    ],
  });
  inheritSettings(program);
  return { program, session };
}

/** Subcommands that were added before a setting do not take it over by themselves. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

/** A line about the local bridge, if it runs and no stage was chosen; else nothing. */
async function localHint({ stage }: GlobalOptions, { env }: Terminal): Promise<readonly string[]> {
  if (stage !== undefined || (env['BRIDGE_STAGE'] ?? '') !== '') return [];
  return (await isLocalBridge(env['BRIDGE_URL'] || DEFAULT_BRIDGE_URL))
    ? [`For the bridge that npm start runs: --stage ${LOCAL_STAGE}`]
    : [];
}

/** The stage, or what the options say about it before it was found. */
function whereNow(session: Session, options: GlobalOptions): Where {
  const opened = session.openedStage();
  if (opened !== undefined) return whereOf(opened);
  const { stage, profile } = options;
  const { env } = session.terminal;
  const region = options.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  return { stage, region, profile, isLocal: stage === LOCAL_STAGE };
}

/** Commander's message, without arguments: a secret may be among them by mistake. */
function commanderMessage(error: CommanderError): string {
  if (error.code === 'commander.excessArguments') {
    return 'there are too many arguments, which are not repeated here';
  }
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you/, ' (Did you');
  return message.replace(/'(--[\w-]+)=[^']*'/, "'$1'");
}

/** The stack of an error and of what caused it. The errors of AWS hold no secrets. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

/**
 * Runs one command.
 *
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage. Never rejects.
 */
export async function runOps(
  args: readonly string[],
  environment: OpsEnvironment,
): Promise<ExitCode> {
  const { stderr } = environment.terminal;
  let code: ExitCode = EXIT.done;
  const { program, session } = buildProgram(environment, async (command) => {
    code = await command;
  });
  const fail = (sentence: string, error: unknown): void => {
    writeText(stderr, `${paint(stderr, 'red', 'Error:')} ${sentence}`);
    if (program.opts<GlobalOptions>().debug === true) writeLine(stderr, stackOf(error));
  };
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      // Without a command, Commander has shown the help already.
      if (error.code !== 'commander.help') {
        fail(`${commanderMessage(error)}; --help shows how to use it.`, error);
      }
      return EXIT.usage;
    }
    const options = program.opts<GlobalOptions>();
    fail(explain(error, whereNow(session, options)), error);
    for (const line of await localHint(options, environment.terminal)) writeText(stderr, line);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}
