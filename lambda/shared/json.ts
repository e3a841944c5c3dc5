/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a parsed JSON object; false for `null`, an array or another value. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every string and number of a JSON text. The strings are matched so that their digits are not. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** True for every text with a number that `JSON.parse` could round: 2^53 has 16 digits. */
const MAY_BE_ROUNDED = /\d{16}|\d[eE]\+?\d{3}/;

/**
 * Parses JSON and loses no digit of a whole number. A whole number from 2^53 on, which `JSON.parse`
 * would round, becomes a string of its digits. So does a number that is too large for a double.
 *
 * @throws SyntaxError when the text is not JSON
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!MAY_BE_ROUNDED.test(text)) return value;
  // A reviver would recurse, and 100,000 nested arrays would exhaust the stack.
  return JSON.parse(text.replace(STRING_OR_NUMBER, quoteIfRounded));
}

function quoteIfRounded(token: string): string {
  if (token.startsWith('"')) return token;
  const number = Number(token);
  const isRounded = /^-?\d+$/.test(token) && !Number.isSafeInteger(number);
  return isRounded || !Number.isFinite(number) ? `"${token}"` : token;
}
