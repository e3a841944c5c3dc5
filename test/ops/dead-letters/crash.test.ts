import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { readEventMessage } from '../../../lambda/shared/message.ts';
import type { MessageQueue } from '../../../ops/aws/queue.ts';
import { planReplay, replayDeadLetters, runReplay } from '../../../ops/dead-letters/replay.ts';
import { addDeadLetters, NOON, startQueues, type TestQueues } from '../support/queues.ts';

let queues: TestQueues;

beforeAll(async () => {
  queues = await startQueues();
});

afterAll(async () => {
  await queues.stop();
});

async function empty(queue: MessageQueue): Promise<void> {
  for (;;) {
    const messages = await queue.receive({ max: 10, visibilityTimeout: 60, waitTime: 0 });
    if (messages === 'over-limit' || messages.length === 0) return;
    await queue.delete(messages);
  }
}

/** Numbers of the dead letters with these bodies. */
function numbers(bodies: readonly string[]): number[] {
  return bodies.map((body) => Number(/"number":(\d+)/.exec(body)?.[1]));
}

/** How many events messages stand for, and when the first of them happened. */
function standsFor(bodies: readonly string[]) {
  const deduplicated = bodies.map((body) => {
    const message = readEventMessage(body);
    return typeof message === 'string' ? undefined : message.deduplicated;
  });
  return {
    count: deduplicated.reduce((sum, each) => sum + 1 + (each?.count ?? 0), 0),
    first: Math.min(...deduplicated.map((each) => each?.first ?? Infinity)),
  };
}

describe('a replay that deduplicates and breaks off', () => {
  class Crash extends Error {}

  /** A queue whose calls fail from one on; `after` lets that one have its effect first. */
  const failingFrom = (
    queue: MessageQueue,
    from: number,
    after: boolean,
    counter: { n: number },
  ) => {
    const guard = async <T>(call: () => Promise<T>): Promise<T> => {
      const number = counter.n;
      counter.n += 1;
      if (number < from) return call();
      if (number === from && after) await call();
      throw new Crash('The process ends here.');
    };
    const failing: MessageQueue = {
      ...queue,
      send: async (messages) => guard(async () => queue.send(messages)),
      delete: async (messages) => guard(async () => queue.delete(messages)),
    };
    return failing;
  };

  test.each(
    [0, 1, 2, 3, 4].flatMap((from) => [
      [from, 'before'],
      [from, 'after'],
    ]),
  )(
    'at write %d, %s its effect, keeps the newest of every incident, and the number of the others',
    async (from, when) => {
      await addDeadLetters(queues, 12, (number) => ({
        view: String(number % 3),
        at: NOON + number,
      }));
      const { plan } = await planReplay(queues, {}, { newestPerIncident: true });
      const counter = { n: 0 };
      const crashing = (queue: MessageQueue): MessageQueue =>
        failingFrom(queue, Number(from), when === 'after', counter);
      await runReplay(
        { events: crashing(queues.events), deadLetters: crashing(queues.deadLetters) },
        plan,
      );

      const here = numbers(await queues.bodies('deadLetters'));
      const there = numbers(await queues.bodies('events'));
      for (const newest of [9, 10, 11]) {
        expect([...here, ...there]).toContain(newest);
        const older = [newest - 3, newest - 6, newest - 9];
        // A duplicate is deleted only when the newest is on the events queue.
        const isDeduplicated = older.some((number) => !here.includes(number));
        expect(!isDeduplicated || there.includes(newest)).toBe(true);
      }

      // The next run finishes what is left, and nothing older than the newest is ever sent.
      const second = await replayDeadLetters(queues, {}, { newestPerIncident: true });
      expect(second.failed).toBe(0);
      expect(numbers(await queues.bodies('deadLetters'))).toEqual([]);
      const back = await queues.bodies('events');
      expect(new Set(numbers(back))).toEqual(new Set([9, 10, 11]));
      // What was sent twice is counted twice; no event is missing.
      for (const newest of [9, 10, 11]) {
        const { count, first } = standsFor(back.filter((body) => numbers([body])[0] === newest));
        expect(count).toBeGreaterThanOrEqual(4);
        expect(first).toBe(NOON + newest - 9);
      }
      await empty(queues.events);
    },
  );
});
