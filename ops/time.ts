/** Times as operators type them: spans (`2h`, `1d12h`), moments, and rates (`60/m`). */

import { UsageError } from './errors.ts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof UNITS;

const isUnit = (text: string | undefined): text is Unit =>
  text !== undefined && Object.hasOwn(UNITS, text);

const SPAN = /^(?:\d+(?:\.\d+)?[smhd])+$/;
const SPAN_PART = /(\d+(?:\.\d+)?)([smhd])/g;

/**
 * Reads a span such as `90s`, `30m`, `2h`, `1d12h`.
 *
 * @returns milliseconds, or `undefined` when it cannot be read
 */
export function readSpan(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  if (!SPAN.test(trimmed)) return undefined;
  let millis = 0;
  for (const [, amount, unit] of trimmed.matchAll(SPAN_PART)) {
    if (!isUnit(unit)) return undefined;
    millis += Number(amount) * UNITS[unit];
  }
  return millis;
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads a moment: a span before now, or an ISO 8601 time with its zone (a date alone is midnight
 * UTC).
 *
 * @returns milliseconds since 1970
 * @throws UsageError naming the option and the forms it takes
 */
export function readMoment(text: string, option: string, now: number): number {
  const span = readSpan(text);
  if (span !== undefined) return now - span;
  const time = ISO.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(
      `${option} takes a span such as 30m, 2h or 1d, or a time with its zone such as 2026-08-28T03:53:00Z; ${JSON.stringify(text)} is neither.`,
    );
  }
  return time;
}

const RATE = /^(\d+(?:\.\d+)?)\/(s|m|h)$/;

/** The slowest rate: below it, a received message would be hidden for too long. */
const SLOWEST_PER_SECOND = 1 / 60;

/**
 * Reads a rate such as `60/m`, `2/s`, `600/h`.
 *
 * @returns messages per second
 * @throws UsageError when it cannot be read, or is below one per minute
 */
export function readRate(text: string, option: string): number {
  const [, amount, unit] = RATE.exec(text.trim().toLowerCase()) ?? [];
  const perSecond = isUnit(unit) ? Number(amount) / (UNITS[unit] / 1_000) : 0;
  if (perSecond < SLOWEST_PER_SECOND * 0.999) {
    throw new UsageError(
      `${option} takes a rate of at least 1/m, such as 60/m or 5/s; ${JSON.stringify(text)} is none.`,
    );
  }
  return perSecond;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-US', { month: 'short', day: '2-digit' });

function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** A time in the local time zone: `14:03` on the day of `now`, `Sep 28 14:03` on another. */
export function formatLocalTime(time: number, now: number): string {
  const clock = CLOCK.format(time);
  return isSameDay(time, now) ? clock : `${DAY.format(time)} ${clock}`;
}

/** A time as `--json` prints it: ISO 8601, `null` when it is not known. */
export function isoTime(millis: number | undefined): string | null {
  return millis === undefined ? null : new Date(millis).toISOString();
}
