import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { parseJson } from '../../../lambda/shared/json.ts';
import { jsonText } from '../../support/json-text.ts';
import { RUNS } from '../../support/runs.ts';

/**
 * The expected value: `JSON.parse`'s, with a text for each number that is rounded or too large. The
 * reviver's third argument: https://github.com/tc39/proposal-json-parse-with-source
 */
function expected(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, ...rest: unknown[]) => {
    if (typeof value !== 'number') return value;
    const [{ source }] = Object(rest);
    const isRounded = /^-?\d+$/.test(source) && !Number.isSafeInteger(value);
    return isRounded || !Number.isFinite(value) ? source : value;
  });
}

describe('JSON is parsed without losing a digit of a whole number', () => {
  test.each<[string, unknown]>([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['[12345678901234567890, 1]', ['12345678901234567890', 1]],
    ['{"9007199254740993": 9007199254740993}', { '9007199254740993': '9007199254740993' }],
    ['"9007199254740993"', '9007199254740993'],
    [String.raw`["\"9007199254740993", "\\"]`, ['"9007199254740993', '\\']],
    ['1e999', '1e999'],
    ['-1E+400', '-1E+400'],
    ['1e20', 1e20],
    ['0.1234567890123456789', 0.123_456_789_012_345_68],
    ['1234567890123456.5', 1_234_567_890_123_456.5],
    ['1e-999', 0],
  ])('%s', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  test('and is otherwise parsed as always', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        expect(parseJson(text)).toEqual(expected(text));
      }),
      RUNS,
    );
  });

  test.each(['', '{', '9007199254740993 1', '{"a":9007199254740993,}', '09007199254740993'])(
    'what is not JSON is refused: %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  test('in time that grows with the length of the text', () => {
    const digits = '9'.repeat(30_000);
    const texts = [
      `["${String.raw`\"`.repeat(100_000)}",${digits}]`,
      `${'['.repeat(100_000)}${digits}${']'.repeat(100_000)}`,
      `[${`${digits.slice(0, 20)},`.repeat(12_000)}1]`,
    ];
    const begin = performance.now();
    for (const text of texts) expect(parseJson(text)).toBeDefined();
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});
