/** ISO 8601 with a time zone, with or without leading zeros and seconds. */
const TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})$/i;

/** A smaller number is in seconds since 1970. As milliseconds, this is in March 1973. */
const FIRST_MILLISECONDS = 100_000_000_000;

/**
 * Reads the time of an event: ISO 8601, with or without leading zeros, or Unix time in seconds or
 * milliseconds. It does not read a time without a time zone, because a guess could be hours off.
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
  // `Date` turns 30 February into 2 March; a date that does not exist cannot be read.
  if (new Date(`${date}T00:00:00Z`).toJSON()?.slice(0, 10) !== date) return undefined;
  const millis = (fraction ?? '').slice(0, 3).padEnd(3, '0');
  return inRange(
    Date.parse(`${date}T${pad(hour)}:${pad(minute)}:${pad(second)}.${millis}${offset}`),
  );
}

const pad = (part: string | undefined): string => (part ?? '0').padStart(2, '0');

/**
 * Returns times from 1970 to 9999 only. ISO 8601 needs a sign for a year of more than four digits.
 */
function inRange(millis: number): number | undefined {
  const year = new Date(millis).getUTCFullYear();
  return year >= 1970 && year <= 9999 ? millis : undefined;
}
