import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { keyIdOf } from '../../../lambda/shared/key-id.ts';
import { RUNS } from '../../support/runs.ts';

const key = fc.stringMatching(/^[0-9a-zA-Z]{32}$/);

describe('the ID of an integration key', () => {
  test('is the begin of its SHA-256 hash', () => {
    // printf abc | sha256sum
    expect(keyIdOf('abc')).toBe('ba7816bf');
  });

  test('has eight digits, whatever the key, and is another one for another key', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(keyIdOf(a)).toMatch(/^[0-9a-f]{8}$/);
        expect(keyIdOf(a) === keyIdOf(b)).toBe(a === b);
      }),
      RUNS,
    );
  });

  test('contains no more of the key than chance does', () => {
    const keys = Array.from({ length: 2_000 }, (_, index) => index.toString(16).padStart(32, 'e'));
    // Four given hexadecimal digits are at one of five positions.
    const shown = keys.filter((text) => keyIdOf(text).includes(text.slice(-4)));
    expect(shown.length).toBeLessThan(5);
  });
});
