const TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})$/i;

/** Below this a number counts as seconds since 1970, from here on as milliseconds. */
const FIRST_MILLISECONDS = 100_000_000_000;

/**
 * Reads a time that an event carries. Takes ISO 8601 with or without leading zeros (PagerDuty
 * refuses an hour without one) and Unix times; refuses a time without a zone, because a guess
 * could show the responder the wrong hour.
 *
 * @returns milliseconds since 1970, or `undefined` when it cannot be read
 */
export function readTime(time: unknown): number | undefined {
  if (typeof time === 'number') {
    return inRange(time < FIRST_MILLISECONDS ? time * 1000 : time);
  }
  const parts = typeof time === 'string' ? TIME.exec(time.trim()) : null;
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = parts;
  const offset = zone?.toUpperCase() === 'Z' ? 'Z' : `${zone?.slice(0, 3)}:${zone?.slice(-2)}`;
  const date = `${year}-${pad(month)}-${pad(day)}`;
  // Date rolls the 30th of February over into March; a date that does not exist is not readable.
  if (new Date(`${date}T00:00:00Z`).toJSON()?.slice(0, 10) !== date) return undefined;
  const millis = (fraction ?? '').slice(0, 3).padEnd(3, '0');
  return inRange(
    Date.parse(`${date}T${pad(hour)}:${pad(minute)}:${pad(second)}.${millis}${offset}`),
  );
}

const pad = (part: string | undefined): string => (part ?? '0').padStart(2, '0');

/** Years of four digits, which is all that ISO 8601 writes without a sign. */
function inRange(millis: number): number | undefined {
  const year = new Date(millis).getUTCFullYear();
  return year >= 1970 && year <= 9999 ? millis : undefined;
}
