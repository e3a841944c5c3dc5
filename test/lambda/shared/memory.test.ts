import { expect, test } from '@jest/globals';

import { NEAR_MEMORY_MESSAGE, warnNearMemory } from '../../../lambda/shared/memory.ts';
import { recordingLog } from '../../support/recording-log.ts';

const MB = 1024 * 1024;

test.each([
  [100, false],
  [459, false],
  [460, true],
  [600, true],
])('%d MB of 512 MB are logged as a warning: %p', (used, isNear) => {
  const log = recordingLog();
  warnNearMemory(log, 512, used * MB);
  expect(log.lines).toEqual(
    isNear ? [{ level: 'warn', message: NEAR_MEMORY_MESSAGE, memory_mb: used, limit_mb: 512 }] : [],
  );
});

test('it measures this process', () => {
  const log = recordingLog();
  warnNearMemory(log, 1);
  expect(log.lines).toHaveLength(1);
  warnNearMemory(log, 1_000_000);
  expect(log.lines).toHaveLength(1);
});
