import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import type { MessageQueue } from '../../../ops/aws/queue.ts';
import {
  listDeadLetters,
  type Read,
  type ReadOptions,
  readVisibilityTimeout,
  visitDeadLetters,
} from '../../../ops/dead-letters/read.ts';
import { addDeadLetters, NOON, startQueues, type TestQueues } from '../support/queues.ts';

let queues: TestQueues;

beforeAll(async () => {
  queues = await startQueues();
});

afterEach(async () => {
  queues.gateway.faults.clear();
  await empty();
});

afterAll(async () => {
  await queues.stop();
});

async function empty(): Promise<void> {
  for (;;) {
    const messages = await queues.deadLetters.receive({
      max: 10,
      visibilityTimeout: 60,
      waitTime: 0,
    });
    if (messages === 'over-limit' || messages.length === 0) return;
    await queues.deadLetters.delete(messages);
  }
}

const visit = async (read: Read, options?: ReadOptions, deadLetters?: MessageQueue) =>
  visitDeadLetters({ ...queues, ...(deadLetters && { deadLetters }) }, {}, read, options);

async function seenBodies(options: ReadOptions = {}) {
  const seen: string[] = [];
  const result = await visit((_, { body }) => {
    seen.push(body);
    return undefined;
  }, options);
  return { ...result, bodies: seen.toSorted() };
}

function failToRead(): never {
  throw new Error('the disk is full');
}

describe('reading dead letters', () => {
  test('reads each once, deletes none, and gives all back at once', async () => {
    const added = await addDeadLetters(queues, 120);
    const first = await seenBodies();
    expect(first.bodies).toEqual(added);
    expect(first).toMatchObject({ seen: 120, partial: undefined });
    expect(await queues.inFlight('deadLetters')).toBe(0);
    expect(await queues.bodies('deadLetters')).toEqual(added);
    // Nothing is hidden from the next command, or from a replay.
    expect((await seenBodies()).bodies).toEqual(added);
  });

  test('of an empty queue takes no time', async () => {
    const start = performance.now();
    expect(await seenBodies()).toMatchObject({ seen: 0, partial: undefined });
    expect(performance.now() - start).toBeLessThan(900);
  });

  test('ends at `stop`, gives back, and says that it is partial', async () => {
    await addDeadLetters(queues, 60);
    let read = 0;
    const result = await visit(() => {
      read += 1;
      return read < 5 ? undefined : 'stop';
    });
    expect(read).toBe(5);
    expect(result.partial).toMatch(/ended before all/);
    expect(await queues.inFlight('deadLetters')).toBe(0);
  });

  test('ends at the signal, gives back, and says that it is partial', async () => {
    // More than the workers receive at once.
    await addDeadLetters(queues, 300);
    const controller = new AbortController();
    const result = await seenBodies({
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(result.partial).toMatch(/was stopped/);
    expect(result.seen).toBeLessThan(300);
    expect(await queues.inFlight('deadLetters')).toBe(0);
  });

  test('says so when another receiver holds dead letters', async () => {
    await addDeadLetters(queues, 12);
    const held = await queues.deadLetters.receive({ max: 5, visibilityTimeout: 60, waitTime: 0 });
    const result = await seenBodies();
    expect(result.seen).toBe(7);
    expect(result.partial).toMatch(/Another command holds about 5 more/);
    if (held !== 'over-limit') await queues.deadLetters.giveBack(held);
  });

  test('gives back what it holds when reading fails', async () => {
    await addDeadLetters(queues, 40);
    await expect(visit(failToRead)).rejects.toThrow('the disk is full');
    expect(await queues.inFlight('deadLetters')).toBe(0);
  });

  test('gives back what it holds when SQS fails', async () => {
    await addDeadLetters(queues, 40);
    let received = 0;
    const failing = {
      ...queues.deadLetters,
      receive: async (options: Parameters<typeof queues.deadLetters.receive>[0]) => {
        received += 1;
        if (received > 2) throw new Error('SQS is down');
        return queues.deadLetters.receive(options);
      },
    };
    await expect(visit(() => undefined, {}, failing)).rejects.toThrow('SQS is down');
    expect(await queues.inFlight('deadLetters')).toBe(0);
  });

  test('says so when SQS hands out no more', async () => {
    await addDeadLetters(queues, 20);
    let received = 0;
    const limited = {
      ...queues.deadLetters,
      receive: async (options: Parameters<typeof queues.deadLetters.receive>[0]) => {
        received += 1;
        return received > 1 ? ('over-limit' as const) : queues.deadLetters.receive(options);
      },
    };
    const result = await visit(() => undefined, {}, limited);
    expect(result.partial).toMatch(/no more than about 120,000/);
  });

  test('hides a few messages for a short time, many for longer', () => {
    expect(readVisibilityTimeout(0)).toBe(30);
    expect(readVisibilityTimeout(10_000)).toBe(50);
    expect(readVisibilityTimeout(100_000)).toBe(230);
    expect(readVisibilityTimeout(10_000_000)).toBe(600);
  });
});

describe('a listing', () => {
  test('has the newest dead letters, and counts all', async () => {
    await addDeadLetters(queues, 70, (number) => ({
      at: NOON + number,
      view: String(number % 2),
    }));
    const listing = await listDeadLetters(queues, { view: ['1'] }, { limit: 3 });
    expect(listing).toMatchObject({ matched: 35, seen: 70, partial: undefined });
    expect(listing.deadLetters.map(({ failedAt }) => failedAt - NOON)).toEqual([69, 67, 65]);
  });

  test('refuses the first characters of an ID that fit several dead letters', async () => {
    await addDeadLetters(queues, 30);
    const ids: string[] = [];
    await visit(({ id }) => {
      ids.push(id);
      return undefined;
    });
    const [first = ''] = ids;
    await expect(listDeadLetters(queues, { id: [''] }, { limit: 3 })).rejects.toThrow(
      /Several IDs begin with/,
    );
    const { deadLetters } = await listDeadLetters(queues, { id: [first] }, { limit: 3 });
    expect(deadLetters.map(({ id }) => id)).toEqual([first]);
    expect(await queues.inFlight('deadLetters')).toBe(0);
  });
});
