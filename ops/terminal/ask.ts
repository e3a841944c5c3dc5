/** Questions to the operator. */

import { OperatorError, UsageError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** Whether there is a keyboard and a screen. */
function canAsk({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

function inquirerContext({ stdin, stderr }: Terminal) {
  return { input: stdin, output: stderr };
}

/** Ctrl-C at a question. */
function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}

/**
 * Asks yes or no. Enter alone means no.
 *
 * @throws UsageError when there is no terminal
 */
export async function confirmed(terminal: Terminal, question: string): Promise<boolean> {
  if (!canAsk(terminal)) {
    throw new UsageError('There is no terminal to ask whether to go on; add --yes.');
  }
  const { default: confirm } = await import('@inquirer/confirm');
  try {
    return await confirm({ message: question, default: false }, inquirerContext(terminal));
  } catch (error) {
    if (isCancelled(error)) return false;
    throw error;
  }
}

/** Most characters that are read from standard input; every key is shorter. */
const MAX_SECRET = 4_096;

/**
 * Reads a secret from a prompt that shows nothing, or from standard input when that is no keyboard.
 *
 * @throws OperatorError when it was cancelled
 */
export async function readSecret(terminal: Terminal, question: string): Promise<string> {
  if (!canAsk(terminal)) {
    let text = '';
    for await (const chunk of terminal.stdin) {
      text += String(chunk);
      if (text.length > MAX_SECRET) break;
    }
    return text;
  }
  const { default: password } = await import('@inquirer/password');
  try {
    // No key shows the typed text, because others may see the screen.
    return await password(
      { message: question, mask: false, toggleMask: false },
      inquirerContext(terminal),
    );
  } catch (error) {
    if (isCancelled(error)) throw new OperatorError('Cancelled; nothing was changed.');
    throw error;
  }
}
