/** Control characters, separators of lines and paragraphs, and lone surrogates. */
const NOT_ON_ONE_LINE = /[\p{Cc}\u2028\u2029\p{Cs}]+/gu;

/**
 * Characters that change the direction of the text after them. With them, a name could turn the
 * rest of a line around: https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const BIDIRECTIONAL = /\p{Bidi_Control}/gu;

/**
 * Puts text on one line: each run of control characters and line breaks becomes one space.
 * Bidirectional control characters are removed. Text in Arabic or Hebrew needs none of them.
 */
export function oneLine(text: string): string {
  return text.replace(BIDIRECTIONAL, '').replace(NOT_ON_ONE_LINE, ' ').trim();
}

/** Any character except white space, control characters, format characters and lone surrogates. */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Cs}]/u;

/** True if a text has a visible character. PagerDuty refuses an alert whose `source` is blank. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/**
 * Cuts text to at most `most` UTF-16 units, which is how most languages count characters. Never
 * splits a surrogate pair. A cut text ends in `…`.
 */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = most - 1;
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(end - 1));
  return `${text.slice(0, splitsPair ? end - 1 : end)}…`;
}

/** Cuts text to at most `most` bytes of UTF-8, between characters. A cut text ends in `…`. */
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

/** Quotes input for a message: escaped as in JSON, and cut after `most` UTF-16 units. */
export function quote(input: string, most = 100): string {
  return JSON.stringify(input.length > most ? `${input.slice(0, most)}…` : input);
}
