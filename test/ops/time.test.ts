import { describe, expect, test } from '@jest/globals';

import { UsageError } from '../../ops/errors.ts';
import { formatLocalTime, isoTime, readMoment, readRate, readSpan } from '../../ops/time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a span', () => {
  test.each([
    ['90s', 90_000],
    ['30m', 30 * MINUTE],
    ['2h', 2 * HOUR],
    ['1d', 24 * HOUR],
    ['1d12h', 36 * HOUR],
    ['1h30m', 90 * MINUTE],
    ['1.5h', 90 * MINUTE],
    [' 2H ', 2 * HOUR],
    ['0s', 0],
  ])('%j is read', (text, millis) => {
    expect(readSpan(text)).toBe(millis);
  });

  test.each(['', '2', 'h', '2 hours', '-2h', '2h!', '2w', '2h 30m', '١h', 'Infinityh'])(
    '%j is none',
    (text) => {
      expect(readSpan(text)).toBeUndefined();
    },
  );
});

describe('a moment', () => {
  const now = Date.parse('2026-08-28T12:00:00Z');

  test.each([
    ['2h', '2026-08-28T10:00:00.000Z'],
    ['2026-08-28T03:53:00Z', '2026-08-28T03:53:00.000Z'],
    ['2026-08-28T03:53+02:00', '2026-08-28T01:53:00.000Z'],
    ['2026-08-28', '2026-08-28T00:00:00.000Z'],
  ])('%j is %s', (text, time) => {
    expect(new Date(readMoment(text, '--since', now)).toISOString()).toBe(time);
  });

  // A time without a zone could be the operator's or the server's: the wrong one loses an hour.
  test.each(['2026-08-28T03:53:00', '03:53', 'yesterday', '2026-13-01', '1756353180'])(
    '%j is refused',
    (text) => {
      expect(() => readMoment(text, '--since', now)).toThrow(UsageError);
      expect(() => readMoment(text, '--since', now)).toThrow(/--since takes a span such as/);
    },
  );
});

describe('a rate', () => {
  test.each([
    ['60/m', 1],
    ['5/s', 5],
    ['1/m', 1 / 60],
    ['600/h', 1 / 6],
    ['0.5/s', 0.5],
  ])('%j is read', (text, perSecond) => {
    expect(readRate(text, '--rate')).toBeCloseTo(perSecond, 10);
  });

  test.each(['60', '60/min', '0/s', '-1/s', '1/h', '1/d', 'fast', ''])('%j is refused', (text) => {
    expect(() => readRate(text, '--rate')).toThrow(/--rate takes a rate of at least 1\/m/);
  });
});

test('a local time has its day when that is another one', () => {
  const now = new Date(2026, 8, 28, 14, 3).getTime();
  expect(formatLocalTime(new Date(2026, 8, 28, 9, 5).getTime(), now)).toBe('09:05');
  expect(formatLocalTime(new Date(2026, 8, 29, 0, 0).getTime(), now)).toBe('Sep 29 00:00');
  expect(formatLocalTime(new Date(2027, 8, 28, 9, 5).getTime(), now)).toBe('Sep 28 09:05');
});

test('a time in JSON is ISO 8601, or null', () => {
  expect(isoTime(Date.parse('2026-08-28T12:00:00Z'))).toBe('2026-08-28T12:00:00.000Z');
  expect(isoTime(undefined)).toBeNull();
});
