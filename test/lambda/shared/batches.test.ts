import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { forEachLimited, MAX_BATCH_BYTES, sqsBatches } from '../../../lambda/shared/batches.ts';
import { RUNS } from '../../support/runs.ts';

const size = (bytes: number): number => bytes;

describe('items for SQS', () => {
  test('are split into batches within the limits of SQS, in the same order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_200_000 })), (items) => {
        const batches = sqsBatches(items, size);
        expect(batches.flat()).toEqual(items);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, item) => sum + item, 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(10);
          // One item may exceed the limit by itself; SQS refuses it.
          expect(bytes <= MAX_BATCH_BYTES || batch.length === 1).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('fill batches of ten when they are small', () => {
    const batches = sqsBatches(
      Array.from({ length: 25 }, () => 100),
      size,
    );
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 5]);
  });

  test('make no batch when there are none', () => {
    expect(sqsBatches([], size)).toEqual([]);
  });
});

describe('tasks', () => {
  test('run for every item, with the limit as concurrency', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await forEachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      done.push(item);
    });
    expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  test('make it reject when they reject', async () => {
    const failing = forEachLimited([1, 2], 1, async (item) => {
      await Promise.resolve();
      if (item === 2) throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
  });
});
