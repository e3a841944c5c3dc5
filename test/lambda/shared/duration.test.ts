import { describe, expect, test } from '@jest/globals';

import { formatDuration } from '../../../lambda/shared/duration.ts';

describe('formatDuration', () => {
  test.each([
    [-5, '0 s'],
    [0, '0 s'],
    [45_000, '45 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [5 * 60_000, '5 min'],
    [59 * 60_000, '59 min'],
    [60 * 60_000, '1 h'],
    [125 * 60_000, '2 h 5 min'],
    [24 * 3_600_000, '1 d'],
    [76 * 3_600_000, '3 d 4 h'],
  ])('%d ms: %s', (millis, words) => {
    expect(formatDuration(millis)).toBe(words);
  });
});
