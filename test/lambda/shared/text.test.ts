import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { cut, cutBytes, quote } from '../../../lambda/shared/text.ts';
import { anyText } from '../../support/any-text.ts';
import { RUNS } from '../../support/runs.ts';

const textOrEmoji = fc.oneof(
  anyText,
  fc.array(fc.constant('😀')).map((list) => list.join('')),
);

describe('cutting', () => {
  test.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['😀', 2, '😀'],
    ['😀😀', 3, '😀…'],
    ['a😀😀', 3, 'a…'],
    ['', 3, ''],
  ])('%j to %d characters', (text, most, expected) => {
    expect(cut(text, most)).toBe(expected);
  });

  test.each([
    ['abc', 3, 'abc'],
    ['abcdef', 5, 'ab…'],
    ['ééé', 6, 'ééé'],
    ['éééé', 7, 'éé…'],
    ['😀😀', 7, '😀…'],
  ])('%j to %d bytes', (text, most, expected) => {
    expect(cutBytes(text, most)).toBe(expected);
  });

  test('keeps characters whole, and text that fits', () => {
    fc.assert(
      fc.property(textOrEmoji, fc.integer({ min: 3, max: 60 }), (text, most) => {
        const characters = cut(text, most);
        const bytes = cutBytes(text, most);
        expect(characters.length).toBeLessThanOrEqual(most);
        expect(Buffer.byteLength(bytes)).toBeLessThanOrEqual(most);
        for (const short of [characters, bytes]) {
          expect(short.isWellFormed()).toBe(true);
          expect(short === text || text.startsWith(short.slice(0, -1))).toBe(true);
        }
      }),
      RUNS,
    );
  });
});

test('quoted input is escaped, and cut after 100 characters', () => {
  expect(quote('a"\n')).toBe(String.raw`"a\"\n"`);
  expect(quote('x'.repeat(101))).toBe(`"${'x'.repeat(100)}…"`);
});
