import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { MessageQueue, ReceivedMessage } from '../../../ops/aws/queue.ts';
import {
  emptyReceivesAtEnd,
  isRepeating,
  type Visit,
  walkQueue,
  type WalkOptions,
} from '../../../ops/dead-letters/walk.ts';
import { addDeadLetters, startQueues, type TestQueues } from '../support/queues.ts';

let queues: TestQueues;

beforeEach(async () => {
  queues = await startQueues();
});

afterEach(async () => {
  await queues.stop();
});

const walk = async (visit: Visit, options: Partial<WalkOptions> = {}, queue?: MessageQueue) =>
  walkQueue(queue ?? queues.deadLetters, visit, { visibilityTimeout: 30, ...options });

const idsOf = (messages: readonly ReceivedMessage[]): string[] =>
  messages.map(({ messageId }) => messageId);

describe('a walk', () => {
  test('visits each message once, and gives back what was not deleted', async () => {
    await addDeadLetters(queues, 45);
    const visited: string[] = [];
    const kept = new Set<string>();
    const ending = await walk(async (messages, held) => {
      const [first = '', ...others] = idsOf(messages);
      visited.push(first, ...others);
      for (const id of others) kept.add(id);
      expect(await held.delete([first])).toEqual(new Map());
      expect(held.has(first)).toBe(false);
    });
    expect(ending).toBe('end');
    expect(new Set(visited).size).toBe(45);
    expect(visited).toHaveLength(45);
    expect(await queues.inFlight('deadLetters')).toBe(0);
    expect(await queues.bodies('deadLetters')).toHaveLength(kept.size);
  });

  test('deletes each message in one call, however many workers ask for it', async () => {
    await addDeadLetters(queues, 10);
    await walk(async (messages, held) => {
      await Promise.all([held.delete(idsOf(messages)), held.delete(idsOf(messages))]);
    });
    const deletes = queues.calls.filter(({ action }) => action === 'sqs:DeleteMessage');
    expect(deletes).toHaveLength(1);
    expect(await queues.bodies('deadLetters')).toEqual([]);
  });

  test('gives back what could not be deleted, and says why', async () => {
    await addDeadLetters(queues, 10);
    queues.gateway.faults.add({
      action: 'sqs:DeleteMessageBatch',
      effect: { kind: 'partial', fraction: 1 },
    });
    const reasons: string[] = [];
    await walk(async (messages, held) => {
      reasons.push(...(await held.delete(idsOf(messages))).values());
    });
    expect(reasons).toHaveLength(10);
    expect(await queues.inFlight('deadLetters')).toBe(0);
    expect(await queues.bodies('deadLetters')).toHaveLength(10);
  });

  test.each([
    ['isDone', () => ({ isDone: () => true })],
    ['the signal', () => ({ signal: AbortSignal.abort() })],
  ])('receives nothing after %s', async (_, options) => {
    await addDeadLetters(queues, 3);
    const visited: string[] = [];
    const ending = await walk(async (messages) => {
      visited.push(...idsOf(messages));
    }, options());
    expect({ ending, visited }).toEqual({ ending: 'stopped', visited: [] });
  });

  test('ends when the messages that it holds come again', async () => {
    const message = {
      messageId: 'id',
      receiptHandle: 'handle',
      body: 'body',
      attributes: {},
      system: {},
    };
    let visits = 0;
    const repeating: MessageQueue = {
      ...queues.deadLetters,
      receive: async () => [message],
      giveBack: async () => new Map(),
    };
    const ending = await walk(
      async () => {
        visits += 1;
      },
      {},
      repeating,
    );
    expect({ ending, visits }).toEqual({ ending: 'repeats', visits: 1 });
  });
});

test.each([
  ['an exact queue', true, false, 1],
  ["SQS's queue after all that were expected", false, true, 2],
  ["SQS's queue after fewer than expected", false, false, 3],
])('the end of %s', (_, isExact, sawExpected, receives) => {
  expect(emptyReceivesAtEnd(isExact, sawExpected)).toBe(receives);
});

test('a few repeated messages are normal, more are not', () => {
  expect(isRepeating(100, 0)).toBe(false);
  expect(isRepeating(101, 0)).toBe(true);
  expect(isRepeating(1_100, 10_000)).toBe(false);
});
