/** `verify`: checks on a stage what this project believes about AWS and PagerDuty. */

import { readFile, writeFile } from 'node:fs/promises';

import type { Command } from 'commander';
import * as v from 'valibot';

import { EXIT, type ExitCode, OperatorError, UsageError } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import type { StageContext } from '../stage/context.ts';
import { targetOf } from '../stage/target.ts';
import { addHelp } from '../terminal/help.ts';
import { confirmed } from '../terminal/ask.ts';
import { withProgress } from '../terminal/progress.ts';
import { jsonOf, plain, widthOf, writeLine } from '../terminal/terminal.ts';
import { type CheckedBy, readAssumptions } from '../verify/assumption.ts';
import {
  markdownReport,
  terminalReport,
  type Verification,
  withoutSecrets,
} from '../verify/report.ts';
import { verifyAssumptions } from '../verify/verify.ts';

interface VerifyOptions {
  readonly send?: boolean;
  readonly page?: string;
  readonly output?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const packageSchema = v.object({ version: v.string() });

async function versionOfProject(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return v.parse(packageSchema, JSON.parse(text)).version;
}

/** Account of a stage; `undefined` for the local bridge. */
function accountOf({ bridgeUrl, outputs }: StageContext): string | undefined {
  return bridgeUrl === undefined ? outputs.integrationKeysSecretArn.split(':')[4] : undefined;
}

/** Whether the operator allows what goes beyond reading. */
async function isAllowed(
  session: Session,
  context: StageContext,
  { send = false, page, yes = false }: VerifyOptions,
): Promise<boolean> {
  // The local bridge sends no page, unless it was started for another PagerDuty.
  if (context.bridgeUrl !== undefined || yes || (!send && page === undefined)) return true;
  const question =
    page === undefined
      ? `Post requests that are ignored to the webhook of ${targetOf(context)}, and send resolves of a dedup key of this command to PagerDuty?`
      : `Open an incident of the service ${plain(page)} at PagerDuty with the key of ${targetOf(context)}, and resolve it? It pages the responder on call.`;
  return confirmed(session.terminal, question);
}

function serviceOf({ services }: StageContext, { page }: VerifyOptions): string | undefined {
  if (page === undefined || services.includes(page)) return page;
  const all = services.map(plain).join(', ');
  throw new UsageError(
    `No route sends to ${JSON.stringify(page)}; --page takes one of the services: ${all}.`,
  );
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`The report cannot be written: ${reason}.`, { cause: error });
  }
}

async function verify(session: Session, options: VerifyOptions): Promise<ExitCode> {
  const { stdout, stderr, now } = session.terminal;
  const context = await session.openStage();
  const service = serviceOf(context, options);
  if (!(await isAllowed(session, context, options))) {
    writeLine(stderr, 'Nothing was sent.');
    return EXIT.failed;
  }
  const kinds = new Set<CheckedBy>(['verify']);
  if (options.send === true) kinds.add('--send');
  if (service !== undefined) kinds.add('--page');
  const account = accountOf(context);
  const apiHost = new URL(context.outputs.webhookUrl).host;
  const secrets = new Set([account ?? '', apiHost, context.outputs.apiId ?? '']);
  const assumptions = await withProgress(session, 'Checking', async (signal, progress) =>
    verifyAssumptions(
      await readAssumptions(),
      kinds,
      { context, service, now, signal, hide: (secret) => secrets.add(secret) },
      progress.update,
    ),
  );
  const verification: Verification = {
    stage: context.stage.name,
    account: account?.slice(-4),
    region: context.access.region,
    version: await versionOfProject(),
    at: new Date(now()).toISOString(),
    options: [...kinds].filter((kind) => kind !== 'verify'),
    assumptions: assumptions.map((one) => ({
      ...one,
      observed: withoutSecrets(one.observed, secrets),
    })),
  };
  if (options.output !== undefined) await save(options.output, markdownReport(verification));
  writeLine(
    stdout,
    options.json === true
      ? jsonOf(verification)
      : terminalReport(verification, stdout, widthOf(stdout)),
  );
  const isBad = assumptions.some(({ result }) => result === 'differs' || result === 'failed');
  return isBad ? EXIT.failed : EXIT.done;
}

/** Adds the command. */
export function addVerify(program: Command, session: Session, run: Run): void {
  const command = program
    .command('verify')
    .description('check what this project believes about AWS and PagerDuty; reads only')
    .option('--send', 'also send what is not stored and pages no person')
    .option('--page <service>', 'also open an incident of this service, and resolve it: it pages')
    .option('--output <file>', 'write the report as Markdown, to attach it to an issue')
    .option('--yes', 'do not ask; a deployed stage asks before it sends')
    .option('--json', 'print one JSON document')
    .action(async (options: VerifyOptions) => run(verify(session, options)));
  addHelp(command, {
    examples: [
      ['--stage production verify --output report.md', 'reads only, and writes a report'],
      ['--stage production verify --send', 'also sends what pages no person'],
      ['--stage local verify --send --page local-service', 'the bridge that npm start runs'],
    ],
    notes: [
      `
The assumptions are those of docs/assumptions.md, which says what depends on each. The report has no
token, no key, no API address, and of the account the last four digits only.`,
      `
Without an option it reads, and sends one GET request, which API Gateway refuses. --send posts three
requests that the bridge ignores, and sends four resolves of a dedup key of its own to PagerDuty.`,
      `
Some checks read the ticks of the last 15 minutes: wait so long after the first deployment.`,
      `
Exit code 1 when an assumption differs or cannot be read.`,
      `
JSON: stage, account, region, version, at, options, assumptions (id, belief, checkedBy, byHand,
result: ok, differs, failed or not checked, observed).`,
    ],
  });
}
