/** A secret whose reads hang: no caller waits long, and old values count for a limited time. */

import { describe, expect, test } from '@jest/globals';

import { cached } from '../../../lambda/shared/secret.ts';

const TIME_TO_LIVE = 60_000;
const LONGEST_AGE = 900_000;
/** So short that the tests wait for it. */
const LONGEST_WAIT = 5;

/** A cache whose reads end when the test says so. */
function setUp() {
  let now = 1_000_000;
  const reads: PromiseWithResolvers<string>[] = [];
  const stale: string[] = [];
  const cache = cached({
    read: async () => {
      const read = Promise.withResolvers<string>();
      reads.push(read);
      return read.promise;
    },
    timeToLive: TIME_TO_LIVE,
    longestAge: LONGEST_AGE,
    longestWait: LONGEST_WAIT,
    longestFirstWait: 2 * LONGEST_WAIT,
    refreshInterval: 10_000,
    now: () => now,
    onStale: (error) => stale.push(String(error)),
  });
  return {
    cache,
    reads,
    stale,
    wait: (millis: number) => {
      now += millis;
    },
    /** Reads the first value. */
    begin: async () => {
      const first = cache.get();
      reads[0]?.resolve('one');
      expect(await first).toBe('one');
    },
  };
}

/** Milliseconds that a call takes. */
async function timeOf(call: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await call();
  return performance.now() - begin;
}

describe('while a read hangs', () => {
  test('a caller waits for the longest time and gets the old value, others get it at once', async () => {
    const { cache, reads, stale, wait, begin } = setUp();
    await begin();
    wait(TIME_TO_LIVE);
    expect(await timeOf(async () => expect(await cache.get()).toBe('one'))).toBeGreaterThan(
      LONGEST_WAIT - 2,
    );
    expect(cache.isStale()).toBe(true);
    // As long as the longest wait has passed on the clock, no caller waits for this read again.
    wait(LONGEST_WAIT);
    const calls = Array.from({ length: 1_000 }, async () => cache.get());
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['one']));
    expect(await cache.refresh()).toBe('one');
    expect(await cache.readAfter(0)).toBe('one');
    expect(reads).toHaveLength(2);
    expect(stale).toEqual([`Error: No answer within ${LONGEST_WAIT} ms.`]);
  });

  test('its value is used when it comes', async () => {
    const { cache, reads, wait, begin } = setUp();
    await begin();
    wait(TIME_TO_LIVE);
    await cache.get();
    reads[1]?.resolve('two');
    await new Promise(setImmediate);
    expect(await cache.get()).toBe('two');
    expect(cache.isStale()).toBe(false);
  });

  test('the value counts until the longest age, and no longer', async () => {
    const { cache, wait, begin } = setUp();
    await begin();
    wait(LONGEST_AGE - 1);
    expect(await cache.get()).toBe('one');
    wait(1);
    // The read that hangs is abandoned after ten seconds; until then there is nothing to wait for.
    wait(9_000);
    for (const call of [cache.get, cache.refresh, async () => cache.readAfter(0)]) {
      await expect(call()).rejects.toThrow('Secrets Manager did not answer in time.');
    }
  });

  test('another read starts after ten seconds, and the abandoned one changes nothing', async () => {
    const { cache, reads, wait, begin } = setUp();
    await begin();
    wait(TIME_TO_LIVE);
    await cache.get();
    wait(10_000);
    const next = cache.get();
    expect(reads).toHaveLength(3);
    reads[2]?.resolve('three');
    expect(await next).toBe('three');
    reads[1]?.resolve('two');
    await new Promise(setImmediate);
    expect(await cache.get()).toBe('three');
  });

  test('a read that Lambda froze for hours does not stop the next ones', async () => {
    const { cache, reads, wait, begin } = setUp();
    await begin();
    wait(TIME_TO_LIVE);
    await cache.get();
    wait(7_200_000);
    const next = cache.get();
    reads[2]?.resolve('three');
    expect(await next).toBe('three');
  });
});

test('the first read is waited for longer, but not for ever', async () => {
  const { cache } = setUp();
  const time = await timeOf(async () =>
    expect(cache.get()).rejects.toThrow('Secrets Manager did not answer in time.'),
  );
  expect(time).toBeGreaterThan(2 * LONGEST_WAIT - 2);
});

test('callers that need a newer value share one read', async () => {
  const { cache, reads, wait, begin } = setUp();
  await begin();
  wait(1);
  const both = [cache.readAfter(1_000_000), cache.readAfter(1_000_000)];
  reads[1]?.resolve('two');
  expect(await Promise.all(both)).toEqual(['two', 'two']);
  expect(reads).toHaveLength(2);
});
