import { expect, test } from '@jest/globals';

import { NEAR_LIMIT_MESSAGE, warnNearLimits } from '../../../lambda/shared/near-limits.ts';
import { recordingLog } from '../../support/recording-log.ts';

const MB = 1024 * 1024;

/** An invocation of a function with 512 MB. */
function invocation(remaining: number) {
  return { memoryLimitInMB: '512', getRemainingTimeInMillis: () => remaining };
}

test.each([
  [100, false],
  [459, false],
  [460, true],
  [600, true],
])('%d MB of 512 MB are logged as a warning: %p', (used, isNear) => {
  const log = recordingLog();
  warnNearLimits(log, invocation(60_000), 60_000, used * MB);
  expect(log.lines).toEqual(
    isNear ? [{ level: 'warn', message: NEAR_LIMIT_MESSAGE, memory_mb: used, limit_mb: 512 }] : [],
  );
});

test.each([
  [1_000, false],
  [53_999, false],
  [54_000, true],
  [59_900, true],
])('%d ms of 60 s are logged as a warning: %p', (took, isNear) => {
  const log = recordingLog();
  warnNearLimits(log, invocation(60_000 - took), 60_000, MB);
  expect(log.lines).toEqual(
    isNear
      ? [{ level: 'warn', message: NEAR_LIMIT_MESSAGE, duration_ms: took, limit_ms: 60_000 }]
      : [],
  );
});

test('it measures this process', () => {
  const log = recordingLog();
  const one = invocation(60_000);
  warnNearLimits(log, { ...one, memoryLimitInMB: '1' }, 60_000);
  expect(log.lines).toHaveLength(1);
  warnNearLimits(log, { ...one, memoryLimitInMB: '1000000' }, 60_000);
  expect(log.lines).toHaveLength(1);
});
