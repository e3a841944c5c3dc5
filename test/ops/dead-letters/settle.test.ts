/** A replay while others use the dead-letter queue. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { planReplay, runReplay } from '../../../ops/dead-letters/replay.ts';
import { addDeadLetters, NOON, startQueues, type TestQueues } from '../support/queues.ts';

let queues: TestQueues;

beforeEach(async () => {
  queues = await startQueues();
});

afterEach(async () => {
  await queues.stop();
});

const planAll = async (newestPerIncident = false) =>
  (await planReplay(queues, {}, { newestPerIncident })).plan;

describe('a replay', () => {
  test('does not touch dead letters that are newer than its plan', async () => {
    await addDeadLetters(queues, 5);
    const plan = await planAll();
    await addDeadLetters(queues, 3);
    expect(await runReplay(queues, plan)).toMatchObject({ sent: 5, ending: 'done' });
    expect(await queues.bodies('deadLetters')).toHaveLength(3);
  });

  test('notices what another receiver deleted', async () => {
    await addDeadLetters(queues, 20, (number) => ({
      view: String(number % 2),
      at: NOON + number,
    }));
    const plan = await planAll(true);
    const taken = await queues.deadLetters.receive({ max: 10, visibilityTimeout: 60, waitTime: 0 });
    if (taken === 'over-limit') throw new Error(taken);
    await queues.deadLetters.delete(taken);
    const result = await runReplay(queues, plan, { timing: { pauseBetweenWalks: 20 } });
    expect(result.ending).toBe('gone');
    expect(result.failed).toBe(0);
    expect(result.sent + result.deduplicated + result.remaining).toBe(20);
    // What was sent is deleted here, although its duplicates were gone.
    expect(result.inBoth).toBe(0);
    expect(await queues.inFlight('deadLetters')).toBe(0);
  });

  test('waits for dead letters that another receiver holds, and then gives up', async () => {
    await addDeadLetters(queues, 10);
    const plan = await planAll();
    const held = await queues.deadLetters.receive({ max: 4, visibilityTimeout: 60, waitTime: 0 });
    const waits: number[] = [];
    const result = await runReplay(queues, plan, {
      timing: { giveUpAfter: 300, pauseBetweenWalks: 50 },
      onWaiting: (deadLetters) => waits.push(deadLetters),
    });
    expect(result).toMatchObject({ sent: 6, remaining: 4, ending: 'held' });
    expect(waits[0]).toBe(4);
    expect(held).toHaveLength(4);
  });

  test('goes on when the other receiver gives them back', async () => {
    await addDeadLetters(queues, 10);
    const plan = await planAll();
    const held = await queues.deadLetters.receive({ max: 4, visibilityTimeout: 60, waitTime: 0 });
    const result = await runReplay(queues, plan, {
      timing: { pauseBetweenWalks: 20 },
      onWaiting: () => {
        if (held !== 'over-limit') void queues.deadLetters.giveBack(held);
      },
    });
    expect(result).toMatchObject({ sent: 10, remaining: 0, ending: 'done' });
  });

  test('deletes the newest of an incident only after its duplicates', async () => {
    await addDeadLetters(queues, 2, (number) => ({ at: NOON + number }));
    const plan = await planAll(true);
    const received = await queues.deadLetters.receive({
      max: 10,
      visibilityTimeout: 60,
      waitTime: 0,
    });
    if (received === 'over-limit') throw new Error(received);
    const newest = received.filter(({ messageId }) => messageId === plan.groups[0]?.newest.id);
    await queues.deadLetters.giveBack(newest);
    const result = await runReplay(queues, plan, {
      timing: { giveUpAfter: 300, pauseBetweenWalks: 50 },
    });
    expect(result).toMatchObject({ sent: 1, inBoth: 1, deduplicated: 0, remaining: 1 });
    expect(result.ending).toBe('held');
    expect(await queues.bodies('deadLetters')).toHaveLength(2);
  });
});
