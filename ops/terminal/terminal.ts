/** Streams of the commands. They are passed in, so that nothing uses `process`. */

import { once } from 'node:events';
import { stripVTControlCharacters, styleText } from 'node:util';

import { oneLine } from '../../lambda/shared/text.ts';

/** A stream to write to; it can be a terminal. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A stream to read from; it can be a keyboard. */
export interface Input extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

/** Streams and environment of a command. */
export interface Terminal {
  /** For results only: the part for a pipe. */
  readonly stdout: Output;
  /** For plans, progress, notes and errors. */
  readonly stderr: Output;
  readonly stdin: Input;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /**
   * Calls back on the first Ctrl-C or SIGTERM, instead of ending the process. Another one, at least a
   * second later, ends it.
   *
   * @returns a function that restores the default
   */
  readonly onInterrupt: (listener: () => void) => () => void;
}

/** Colours and weights that the commands use. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Styles a text if the stream is a terminal that shows colours; obeys `NO_COLOR`. */
export function paint(stream: Output, style: Style, text: string): string {
  return styleText(style, text, { stream, validateStream: true });
}

/** Foreign text, safe for a terminal: one line, without control characters of any kind. */
export function plain(text: string): string {
  return oneLine(text);
}

/** Characters that a terminal obeys instead of showing them; JSON escapes only those below U+0020. */
const OBEYED = /[\u007F-\u009F\u2028\u2029\p{Bidi_Control}]/gu;

/** Foreign JSON, safe for a terminal: control characters are escaped, which keeps its meaning. */
export function plainJson(json: string): string {
  return json.replace(OBEYED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A value as one JSON document, safe for a terminal. */
export function jsonOf(value: unknown): string {
  return plainJson(JSON.stringify(value));
}

/** Writes, and waits while the reader of the stream is slower. */
export async function write(stream: Output, text: string): Promise<void> {
  if (!stream.writable || stream.write(text)) return;
  // A reader that closes the stream drains nothing more.
  await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => undefined);
}

/** Writes a line. */
export function writeLine(stream: Output, text = ''): void {
  stream.write(`${text}\n`);
}

/** Writes sentences: each line breaks between words at the width of the stream. */
export function writeText(stream: Output, text: string): void {
  writeLine(stream, wrapLines(text, widthOf(stream)));
}

/** Width of a stream in characters. Without a terminal and `COLUMNS`, so wide that nothing breaks. */
export function widthOf(stream: Output): number {
  return stream.columns ?? (stream.isTTY === true ? 80 : 1_000);
}

/** Characters of a text on the screen: codes of colours take no room. */
export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** A command in a text, to the end of its sentence. */
const COMMAND = /\.\/bridge (?:\S*[^\s.;,:"] )*\S+/g;

/** Blank inside a command while a text is broken into lines. */
const NO_BREAK = '\u00A0';

/**
 * Breaks a line of text between words. A word that is longer than the line is not broken, so that it
 * can be copied. Nor is a command of this project, if it fits into a line.
 *
 * @param width of the terminal, in characters
 * @param indent characters before the text, which the lines below have blanks for
 */
export function wrap(text: string, width: number, indent = 0): string {
  const [first = '', ...words] = text
    .slice(indent)
    .replace(COMMAND, (command) =>
      visibleLength(command) > width - indent ? command : command.replaceAll(' ', NO_BREAK),
    )
    .split(' ');
  const lines: string[] = [];
  let line = text.slice(0, indent) + first;
  for (const word of words) {
    if (visibleLength(line) + 1 + visibleLength(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    }
  }
  return [...lines, line].join('\n').replaceAll(NO_BREAK, ' ');
}

/** What a line begins with that the lines below it have blanks for: blanks, a mark, a number. */
const INDENT = /^ *(?:[!-] |\d+\. )?/;

/** Breaks each line of a text between words, and keeps its indentation. */
export function wrapLines(text: string, width: number): string {
  const lines = text.split('\n');
  return lines.map((line) => wrap(line, width, INDENT.exec(line)?.[0].length)).join('\n');
}

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** A number with separators: `12,340`. */
export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** A count and what is counted: `1 dead letter`, `12,340 dead letters`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${formatNumber(value)} ${value === 1 ? one : many}`;
}

/** How often something is there, behind what it is: ` ×3`; nothing for a single one. */
export function multiplier(value: number): string {
  return value === 1 ? '' : ` ×${formatNumber(value)}`;
}
