import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { forEachLimited, MAX_BATCH_BYTES, sqsBatches } from '../../../lambda/shared/batches.ts';
import { RUNS } from '../../support/runs.ts';

const size = (bytes: number): number => bytes;

describe('items for SQS', () => {
  test('are split so that every batch is one that SQS takes, and none is lost or moved', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_200_000 })), (items) => {
        const batches = sqsBatches(items, size);
        expect(batches.flat()).toEqual(items);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, item) => sum + item, 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(10);
          // One item may be too large by itself: SQS is the one to say so.
          expect(bytes <= MAX_BATCH_BYTES || batch.length === 1).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('fill batches of ten while they are small', () => {
    const batches = sqsBatches(
      Array.from({ length: 25 }, () => 100),
      size,
    );
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 5]);
  });

  test('none make no batch', () => {
    expect(sqsBatches([], size)).toEqual([]);
  });
});

describe('tasks', () => {
  test('run for every item, as many at once as allowed and no more', async () => {
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

  test('that fail are told of', async () => {
    const failing = forEachLimited([1, 2], 1, async (item) => {
      await Promise.resolve();
      if (item === 2) throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
  });
});
