import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { limitConcurrency } from '../../../../lambda/delivery/admission/concurrency.ts';
import { RUNS } from '../../../support/runs.ts';

/** Lets everything run that can. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Places of a batch, and the calls that have started: by key, the functions that end them. */
function setUp(limit: number, keys: readonly string[]) {
  const concurrency = limitConcurrency(limit, keys);
  const started: { readonly key: string; readonly end: () => void }[] = [];
  return {
    ...concurrency,
    started,
    keys: () => started.map(({ key }) => key).join(''),
    ask: (key: string, times = 1): void => {
      for (let i = 0; i < times; i++) {
        void concurrency.acquire(key).then((end) => started.push({ key, end }));
      }
    },
    endOne: (key: string): void => {
      const at = started.findIndex((call) => call.key === key);
      for (const { end } of started.splice(at, at === -1 ? 0 : 1)) end();
    },
  };
}

describe('the concurrent calls of a batch', () => {
  test('are all for one key when there is no other', async () => {
    const bench = setUp(8, ['a']);
    bench.ask('a', 20);
    await quiet();
    expect(bench.keys()).toBe('aaaaaaaa');
  });

  test('leave one for each other key that has no call under way', async () => {
    const bench = setUp(8, ['a', 'b', 'c']);
    bench.ask('a', 20);
    await quiet();
    expect(bench.keys()).toBe('aaaaaa');
    bench.ask('b');
    bench.ask('c');
    await quiet();
    expect(bench.keys()).toBe('aaaaaabc');
  });

  test('leave none for a key that has no further call to make', async () => {
    const bench = setUp(4, ['a', 'b']);
    bench.ask('a', 9);
    await quiet();
    expect(bench.keys()).toBe('aaa');
    bench.finish('b');
    await quiet();
    expect(bench.keys()).toBe('aaaa');
  });

  test('go to a key without a call under way first, also when another one asked before', async () => {
    const bench = setUp(2, ['a', 'b']);
    bench.ask('a', 3);
    bench.ask('b', 2);
    await quiet();
    expect(bench.keys()).toBe('ab');
    bench.endOne('b');
    await quiet();
    expect(bench.keys()).toBe('ab');
  });

  test('of two keys that hang leave one for a third', async () => {
    const bench = setUp(8, ['a', 'b', 'c']);
    bench.ask('a', 20);
    bench.ask('b', 20);
    await quiet();
    expect(bench.started).toHaveLength(7);
    bench.ask('c');
    await quiet();
    expect(bench.keys()).toContain('c');
  });

  test('start in the order in which one key asked for them', async () => {
    const concurrency = limitConcurrency(2, ['a']);
    const order: number[] = [];
    const ends: (() => void)[] = [];
    const start = async (index: number): Promise<void> => {
      ends.push(await concurrency.acquire('a'));
      order.push(index);
    };
    for (let i = 0; i < 6; i++) void start(i);
    for (let i = 0; i < 6; i++) {
      await quiet();
      ends.shift()?.();
    }
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('go round among the keys when there are more keys than places', async () => {
    const bench = setUp(1, ['a', 'b', 'c']);
    const started: string[] = [];
    for (const key of ['a', 'b', 'c']) bench.ask(key, 3);
    for (let i = 0; i < 9; i++) {
      await quiet();
      const key = bench.keys();
      started.push(key);
      bench.endOne(key);
    }
    expect(started.join('')).toBe('abcabcabc');
  });

  test('of 20,000 calls of 50 keys take little time', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`);
    const concurrency = limitConcurrency(8, keys);
    const begin = process.cpuUsage();
    let made = 0;
    const call = async (key: string): Promise<void> => {
      const end = await concurrency.acquire(key);
      made += 1;
      end();
    };
    await Promise.all(keys.flatMap((key) => Array.from({ length: 400 }, async () => call(key))));
    expect(made).toBe(20_000);
    expect(process.cpuUsage(begin).user).toBeLessThan(1_000_000);
  });

  test('are never more than the limit, and every call gets its place in the end', async () => {
    const asks = fc.array(fc.constantFrom<string>('a', 'b', 'c', 'd'), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(
        asks,
        fc.integer({ min: 1, max: 8 }),
        fc.nat(),
        async (keys, limit, seed) => {
          const present = [...new Set(keys)];
          const concurrency = limitConcurrency(limit, present);
          const left = new Map<string, number>(
            present.map((key) => [key, keys.filter((one) => one === key).length]),
          );
          const ends: (() => void)[] = [];
          let underWay = 0;
          let most = 0;
          let made = 0;
          const start = async (key: string): Promise<void> => {
            const end = await concurrency.acquire(key);
            underWay += 1;
            made += 1;
            most = Math.max(most, underWay);
            left.set(key, (left.get(key) ?? 0) - 1);
            ends.push(() => {
              underWay -= 1;
              end();
              if (left.get(key) === 0) concurrency.finish(key);
            });
          };
          for (const key of keys) void start(key);
          for (let step = 0; step < 4 * keys.length; step++) {
            await Promise.resolve();
            await Promise.resolve();
            ends.splice((seed + step) % Math.max(1, ends.length), 1)[0]?.();
          }
          await quiet();
          expect(most).toBeLessThanOrEqual(limit);
          expect(made).toBe(keys.length);
        },
      ),
      { ...RUNS, numRuns: 100 },
    );
  });
});
