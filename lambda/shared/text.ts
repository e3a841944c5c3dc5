/** Control characters, line and paragraph separators, and half surrogates: none reads on a phone. */
const NOT_ON_ONE_LINE = /[\p{Cc}\u2028\u2029\p{Cs}]+/gu;

/** Text that fits one line: control characters and line breaks become single spaces. */
export function oneLine(text: string): string {
  return text.replace(NOT_ON_ONE_LINE, ' ').trim();
}

/** Anything but blanks, control characters, half surrogates, and marks without a shape of their own. */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Cs}]/u;

/** Whether there is anything to see. PagerDuty refuses a blank source; a responder could not use one. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** Cuts text to at most `most` characters (code points), the last of them `…`. */
export function cut(text: string, most: number): string {
  // A code point is one or two units, so text of at most `most` units needs no counting.
  if (text.length <= most) return text;
  const points = Array.from(text);
  return points.length <= most ? text : `${points.slice(0, most - 1).join('')}…`;
}

/** Cuts text to at most `most` bytes of UTF-8, without splitting a character. */
export function cutBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const ellipsis = '…';
  let end = 0;
  let bytes = Buffer.byteLength(ellipsis);
  for (const char of text) {
    bytes += Buffer.byteLength(char);
    if (bytes > most) break;
    end += char.length;
  }
  return text.slice(0, end) + ellipsis;
}
