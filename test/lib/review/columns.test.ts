import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { wrap } from '../../../lib/review/columns.ts';
import { RUNS } from '../../support/runs.ts';

describe('a line of the review', () => {
  test('stays as it is when it fits', () => {
    const line = `  - ${'x'.repeat(96)}`;
    expect(wrap(line)).toEqual([line]);
  });

  test('is broken at blanks and after commas, and indented below its text', () => {
    const words = Array.from({ length: 30 }, (_, i) => `word${i}`);
    expect(wrap(`  + ${words.join(' ')}`)).toEqual([
      `  + ${words.slice(0, 15).join(' ')}`,
      `      ${words.slice(15, 28).join(' ')}`,
      `      ${words.slice(28).join(' ')}`,
    ]);
    expect(wrap(` └─ [+] ${words.join(',')}`)[1]).toMatch(/^ {10}word\d+,/);
  });

  test('has 100 columns at most, and all of its text', () => {
    const text = fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 150 }), { maxLength: 12 });
    fc.assert(
      fc.property(text, fc.constantFrom('', '  ', '  - ', ' │   ├─ [~] '), (words, head) => {
        const line = `${head}${words.join(' ')}`;
        const lines = wrap(line);
        for (const one of lines) expect(one.length).toBeLessThanOrEqual(100);
        expect(lines.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''));
      }),
      RUNS,
    );
  });
});
