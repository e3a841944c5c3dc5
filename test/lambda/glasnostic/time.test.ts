import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readTime } from '../../../lambda/glasnostic/time.ts';
import { RUNS } from '../../support/runs.ts';

describe('a time is read', () => {
  test.each<[string, unknown, string]>([
    ['as Glasnostic writes it', '2022-04-03T17:52:24Z', '2022-04-03T17:52:24.000Z'],
    ['with an unpadded hour', '2022-04-03T7:52:24Z', '2022-04-03T07:52:24.000Z'],
    ['with nothing padded', '2022-4-3T7:5:4Z', '2022-04-03T07:05:04.000Z'],
    ['with milliseconds', '2022-04-03T17:52:24.5Z', '2022-04-03T17:52:24.500Z'],
    ['with nanoseconds', '2022-04-03T17:52:24.123456789Z', '2022-04-03T17:52:24.123Z'],
    ['without seconds', '2022-04-03T17:52Z', '2022-04-03T17:52:00.000Z'],
    ['with an offset', '2022-04-03T17:52:24+02:00', '2022-04-03T15:52:24.000Z'],
    ['with a negative offset', '2022-04-03T23:52:24-05:30', '2022-04-04T05:22:24.000Z'],
    ['with an offset without a colon', '2022-04-03T17:52:24+0200', '2022-04-03T15:52:24.000Z'],
    ['with an offset after a blank', '2022-04-03 17:52:24 +0200', '2022-04-03T15:52:24.000Z'],
    ['in lower case', '2022-04-03t17:52:24z', '2022-04-03T17:52:24.000Z'],
    ['between blanks', ' 2022-04-03T17:52:24Z\n', '2022-04-03T17:52:24.000Z'],
    ['on a leap day', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['as seconds since 1970', 1_649_008_344, '2022-04-03T17:52:24.000Z'],
    ['as fractions of seconds', 1_649_008_344.25, '2022-04-03T17:52:24.250Z'],
    ['as milliseconds since 1970', 1_649_008_344_000, '2022-04-03T17:52:24.000Z'],
    ['as the first moment of all', 0, '1970-01-01T00:00:00.000Z'],
  ])('%s', (_, time, expected) => {
    expect(new Date(readTime(time) ?? Number.NaN).toISOString()).toBe(expected);
  });
});

describe('a time is not guessed', () => {
  test.each<[string, unknown]>([
    ['without a zone: it could be hours off', '2022-04-03T17:52:24'],
    ['on the 30th of February', '2022-02-30T00:00:00Z'],
    ['on the 29th of February of a common year', '2023-02-29T00:00:00Z'],
    ['in month 13', '2022-13-01T00:00:00Z'],
    ['in month 0', '2022-00-01T00:00:00Z'],
    ['at hour 25', '2022-04-03T25:00:00Z'],
    ['at minute 60', '2022-04-03T17:60:00Z'],
    ['at an offset of 25 hours', '2022-04-03T17:52:24+25:00'],
    ['before 1970', '1969-12-31T23:59:59Z'],
    ['as a negative number', -1],
    ['after the year 9999', '99999-01-01T00:00:00Z'],
    ['as microseconds since 1970', 1_649_008_344_000_000],
    ['as infinity', Infinity],
    ['as a date only', '2022-04-03'],
    ['as an empty text', ''],
    ['as words', 'yesterday at five'],
    ['as a number in a text', '1649008344'],
    ['as something with a time in it', 'at 2022-04-03T17:52:24Z'],
    ['as null', null],
    ['as nothing', undefined],
    ['as an object', { time: '2022-04-03T17:52:24Z' }],
    ['as an array', ['2022-04-03T17:52:24Z']],
    ['as true', true],
  ])('%s', (_, time) => {
    expect(readTime(time)).toBeUndefined();
  });
});

test('every time that is read can be written as ISO 8601 with a year of four digits', () => {
  const digits = fc.stringMatching(
    /^[29]\d{3}-[01]?\d-[012]?\d[T ][012]?\d:[0-5]?\d:[0-5]?\d[+-][012]\d[0-5]\d$/,
  );
  let count = 0;
  fc.assert(
    fc.property(fc.oneof(digits, fc.string(), fc.double(), fc.integer()), (time) => {
      const read = readTime(time);
      if (read === undefined) return;
      count += 1;
      expect(new Date(read).toISOString()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }),
    RUNS,
  );
  // Otherwise the property would test nothing.
  expect(count).toBeGreaterThan(50);
});

test('every moment that ISO 8601 can write is read as that moment', () => {
  const moment = fc.date({
    min: new Date(0),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moment, (date) => {
      expect(readTime(date.toISOString())).toBe(date.getTime());
    }),
    RUNS,
  );
});
