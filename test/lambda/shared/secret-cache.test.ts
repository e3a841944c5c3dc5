import { describe, expect, test } from '@jest/globals';

import { type Cached, cached } from '../../../lambda/shared/secret.ts';

const TIME_TO_LIVE = 300_000;
const REFRESH_INTERVAL = 10_000;

interface Setup {
  readonly cache: Cached<string>;
  /** Moves the clock, milliseconds. */
  readonly wait: (millis: number) => void;
  /** Makes later reads resolve to a value, or reject with an error. */
  readonly set: (outcome: string | Error) => void;
  readonly reads: () => number;
  readonly stale: unknown[];
}

function setUp(first: string | Error = 'one'): Setup {
  let now = 1_000_000;
  let outcome = first;
  let reads = 0;
  const stale: unknown[] = [];
  const cache = cached({
    read: async () => {
      reads += 1;
      await Promise.resolve();
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    timeToLive: TIME_TO_LIVE,
    refreshInterval: REFRESH_INTERVAL,
    now: () => now,
    onStale: (error) => stale.push(error),
  });
  return {
    cache,
    wait: (millis) => {
      now += millis;
    },
    set: (next) => {
      outcome = next;
    },
    reads: () => reads,
    stale,
  };
}

const DOWN = new Error('down');

describe('a cached value', () => {
  test('is read once for concurrent callers', async () => {
    const { cache, reads } = setUp();
    const values = await Promise.all(Array.from({ length: 100 }, async () => cache.get()));
    expect(new Set(values)).toEqual(new Set(['one']));
    expect(reads()).toBe(1);
  });

  test('is not read before the first call', () => {
    expect(setUp().reads()).toBe(0);
  });

  test('is used until its time to live is over, and then read again', async () => {
    const { cache, wait, set, reads } = setUp();
    await cache.get();
    set('two');
    wait(TIME_TO_LIVE - 1);
    expect(await cache.get()).toBe('one');
    wait(1);
    expect(await cache.get()).toBe('two');
    expect(reads()).toBe(2);
  });

  test('stays in use when a read fails, which is reported', async () => {
    const { cache, wait, set, stale } = setUp();
    await cache.get();
    set(DOWN);
    wait(TIME_TO_LIVE);
    expect(await cache.get()).toBe('one');
    expect(stale).toEqual([DOWN]);
  });

  test('that is stale is not read again by every call', async () => {
    const { cache, wait, set, reads } = setUp();
    await cache.get();
    set(DOWN);
    wait(TIME_TO_LIVE);
    for (let i = 0; i < 50; i++) expect(await cache.get()).toBe('one');
    expect(reads()).toBe(2);
    wait(REFRESH_INTERVAL);
    set('two');
    expect(await cache.get()).toBe('two');
  });
});

describe('a value that was never read', () => {
  test('rejects with the error of the read', async () => {
    await expect(setUp(DOWN).cache.get()).rejects.toBe(DOWN);
    await expect(setUp(DOWN).cache.refresh()).rejects.toBe(DOWN);
  });

  test('is read again, but at most once per second', async () => {
    const { cache, wait, set, reads } = setUp(DOWN);
    for (let i = 0; i < 20; i++) await expect(cache.get()).rejects.toBe(DOWN);
    expect(reads()).toBe(1);
    set('one');
    wait(1_000);
    expect(await cache.get()).toBe('one');
  });
});

describe('refreshing', () => {
  test('reads again at any age', async () => {
    const { cache, wait, set } = setUp();
    await cache.get();
    set('two');
    wait(REFRESH_INTERVAL);
    expect(await cache.refresh()).toBe('two');
    expect(await cache.get()).toBe('two');
  });

  test('does not read again within the refresh interval', async () => {
    const { cache, wait, set, reads } = setUp();
    await cache.get();
    set('two');
    wait(REFRESH_INTERVAL - 1);
    expect(await cache.refresh()).toBe('one');
    expect(reads()).toBe(1);
  });

  test('waits for a read that is already running', async () => {
    const { cache, wait, reads } = setUp();
    await cache.get();
    wait(REFRESH_INTERVAL);
    await Promise.all([cache.refresh(), cache.refresh(), cache.refresh()]);
    expect(reads()).toBe(2);
  });

  test('keeps the old value when it fails', async () => {
    const { cache, wait, set, stale } = setUp();
    await cache.get();
    set(DOWN);
    wait(REFRESH_INTERVAL);
    expect(await cache.refresh()).toBe('one');
    expect(stale).toEqual([DOWN]);
  });
});

test('a reader that throws before it gives a promise does not block the cache', async () => {
  let now = 0;
  let isBroken = true;
  const cache = cached({
    read: () => {
      if (isBroken) throw DOWN;
      return Promise.resolve('one');
    },
    timeToLive: TIME_TO_LIVE,
    refreshInterval: REFRESH_INTERVAL,
    now: () => now,
    onStale: () => undefined,
  });
  await expect(cache.get()).rejects.toBe(DOWN);
  isBroken = false;
  now += 1_000;
  expect(await cache.get()).toBe('one');
});

describe('reading after a time', () => {
  test('reads again within the refresh interval, but not when that has happened since', async () => {
    const { cache, wait, set, reads } = setUp();
    await cache.get();
    set('two');
    expect(await cache.readAfter(1_000_000)).toBe('two');
    wait(1);
    expect(await cache.readAfter(1_000_000)).toBe('two');
    expect(reads()).toBe(3);
    expect(await cache.readAfter(1_000_000)).toBe('two');
    expect(reads()).toBe(3);
  });

  test('does not use a read that began before', async () => {
    const { cache, wait, set } = setUp();
    await cache.get();
    wait(TIME_TO_LIVE);
    const before = cache.get();
    wait(1);
    set('two');
    expect(await cache.readAfter(1_000_000 + TIME_TO_LIVE)).toBe('two');
    await before;
  });

  test('resolves to the old value, as stale, while reads fail', async () => {
    const { cache, wait, set, reads } = setUp();
    await cache.get();
    set(DOWN);
    wait(1);
    expect(await cache.readAfter(1_000_001)).toBe('one');
    expect(cache.isStale()).toBe(true);
    set('two');
    expect(await cache.readAfter(1_000_001)).toBe('one');
    expect(reads()).toBe(2);
    wait(10_000);
    expect(await cache.readAfter(1_000_001)).toBe('two');
  });

  test('reads for the first time when there is no value', async () => {
    expect(await setUp().cache.readAfter(0)).toBe('one');
  });
});
