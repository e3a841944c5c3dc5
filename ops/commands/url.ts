/** `url`: the webhook URL with its token, to paste into the Glasnostic console. */

import type { Command } from 'commander';

import { EXIT, type ExitCode } from '../errors.ts';
import type { Run, Session } from '../session.ts';
import { addHelp } from '../terminal/help.ts';
import { jsonOf, writeLine } from '../terminal/terminal.ts';
import { readToken, tokenSecret } from '../secrets/token.ts';

async function url(session: Session, options: { readonly json?: boolean }): Promise<ExitCode> {
  const context = await session.openStage();
  const webhook = `${context.outputs.webhookUrl}/${await readToken(tokenSecret(context))}`;
  writeLine(session.terminal.stdout, options.json === true ? jsonOf({ url: webhook }) : webhook);
  return EXIT.done;
}

/** Adds the command. */
export function addUrl(program: Command, session: Session, run: Run): void {
  const command = program
    .command('url')
    .description('print the webhook URL with its token, to paste into the Glasnostic console')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => run(url(session, options)));
  addHelp(command, {
    examples: [
      ['--stage production url', 'the URL of that stage'],
      ['url --json', 'the same as JSON'],
    ],
    notes: [
      'In a script: URL=$(./bridge url)',
      'Everyone who has the URL can send events: treat it like a password.',
      'JSON: url.',
    ],
  });
}
