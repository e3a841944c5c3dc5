/** The part of a command's help below its options: examples, then notes. */

import type { Command } from 'commander';

import { wrap, wrapLines } from './terminal.ts';

/** A command line without `./bridge`, and what it does. */
export type Example = readonly [line: string, does: string];

/** Examples and notes of a command. */
export interface Help {
  readonly examples: readonly [Example, ...Example[]];
  /** Paragraphs. A line that begins with blanks stays a line of its own. */
  readonly notes?: readonly string[];
}

/** Widest help text, in characters. */
export const HELP_WIDTH = 100;

/** Characters before what an example does. */
const INDENT = 6;

/** Joins the lines of each paragraph, so that they break where the terminal ends. */
function flow(paragraph: string): string {
  return paragraph.trim().replaceAll(/\n(?! )/g, ' ');
}

function exampleText([line, does]: Example, width: number): string {
  return `  ./bridge ${line}\n${wrap(`${' '.repeat(INDENT)}${does}`, width, INDENT)}`;
}

/** Adds examples and notes to the help of a command, as wide as the rest of the help. */
export function addHelp(command: Command, { examples, notes = [] }: Help): Command {
  return command.addHelpText('after', () => {
    const width = command.configureHelp().helpWidth ?? HELP_WIDTH;
    const shown = ['Examples:', ...examples.map((example) => exampleText(example, width))];
    const paragraphs = notes.flatMap((note) => note.trim().split('\n\n'));
    const texts = paragraphs.map((paragraph) => wrapLines(flow(paragraph), width));
    return `\n${[shown.join('\n'), ...texts].join('\n\n')}`;
  });
}
