/** `token rotate` and `token revoke`: changes the webhook token, which is never shown here. */

import type { Command } from 'commander';

import { EXIT, type ExitCode } from '../errors.ts';
import { revokeToken, rotateToken, tokenSecret, tokenVersions } from '../secrets/token.ts';
import type { Run, Session } from '../session.ts';
import { targetOf } from '../stage/target.ts';
import { confirmed } from '../terminal/ask.ts';
import { addHelp } from '../terminal/help.ts';
import { jsonOf, writeLine, writeText } from '../terminal/terminal.ts';

interface TokenOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

const WITHIN =
  'within a minute, or within 15 minutes while the bridge cannot read its secret in Secrets Manager';

const NOTHING = 'Nothing was changed.';

/** Prints the result, in words or as JSON. */
function print(session: Session, options: TokenOptions, words: string, document: object): void {
  const { stdout } = session.terminal;
  if (options.json === true) writeLine(stdout, jsonOf(document));
  else writeText(stdout, words);
}

async function mayChange(
  session: Session,
  options: TokenOptions,
  question: string,
): Promise<boolean> {
  if (options.yes === true || (await confirmed(session.terminal, question))) return true;
  writeLine(session.terminal.stderr, NOTHING);
  return false;
}

async function rotate(session: Session, options: TokenOptions): Promise<ExitCode> {
  const context = await session.openStage();
  const secret = tokenSecret(context);
  const before = await tokenVersions(secret);
  const revoked = before.previous !== undefined;
  const question = `The token before the current one of ${targetOf(context)} is still accepted, and this ends it: a webhook that uses it will be answered 401. Do all webhooks use the URL that "./bridge url" prints now?`;
  if (revoked && !(await mayChange(session, options, question))) return EXIT.failed;
  await rotateToken(secret, before);
  const words = [
    'There is a new token. The one before it is still accepted, so no event is refused.',
    '  1. Print the new URL, and paste it into every webhook in the Glasnostic console:',
    '       ./bridge url',
    '  2. See that events come with it: ./bridge send',
    '  3. End the old token, if it may have leaked: ./bridge token revoke',
  ];
  if (revoked) words.push(`The token before those two is refused ${WITHIN}.`);
  print(session, options, words.join('\n'), { rotated: true, revoked });
  return EXIT.done;
}

async function revoke(session: Session, options: TokenOptions): Promise<ExitCode> {
  const context = await session.openStage();
  const secret = tokenSecret(context);
  const { previous } = await tokenVersions(secret);
  if (previous === undefined) {
    const words = `There is no token before the current one. ${NOTHING}`;
    print(session, options, words, { revoked: false });
    return EXIT.done;
  }
  const question = `End the token before the current one of ${targetOf(context)}? A webhook that still uses it will be answered 401.`;
  if (!(await mayChange(session, options, question))) return EXIT.failed;
  await revokeToken(secret, previous);
  print(session, options, `The token before the current one is refused ${WITHIN}.`, {
    revoked: true,
  });
  return EXIT.done;
}

/** Adds the commands. */
export function addToken(program: Command, session: Session, run: Run): void {
  const token = program
    .command('token')
    .description('the webhook token: make a new one, end the old one')
    .helpCommand(false);
  addHelp(token, { examples: [['token rotate', 'makes a new token']] });
  const rotating = token
    .command('rotate')
    .description('make a new token; the one before it stays accepted')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .action(async (options: TokenOptions) => run(rotate(session, options)));
  addHelp(rotating, {
    examples: [
      ['--stage production token rotate', 'makes a new token, and says what to do with it'],
    ],
    notes: [
      `
Two tokens are accepted: the current one and the one before it. So a second rotation ends the token
of before the first, and the command asks. No token is printed: "url" prints the new URL.`,
      'JSON: rotated, revoked (whether a token is accepted no more).',
    ],
  });
  const revoking = token
    .command('revoke')
    .description('end the token before the current one, when no webhook uses it any more')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .action(async (options: TokenOptions) => run(revoke(session, options)));
  addHelp(revoking, {
    examples: [['--stage production token revoke', 'asks, and ends the old token']],
    notes: [
      'The current token stays. To end that one, use "token rotate" first.',
      'JSON: revoked (false when there is no such token).',
    ],
  });
}
