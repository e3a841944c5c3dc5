import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { readEventMessage } from '../../../lambda/shared/message.ts';
import type { DeadLetterFilter } from '../../../ops/dead-letters/filter.ts';
import { planReplay, replayDeadLetters, runReplay } from '../../../ops/dead-letters/replay.ts';
import { evenPace } from '../../../ops/pace.ts';
import {
  addDeadLetters,
  NOON,
  REPLAY_MARK,
  startQueues,
  type TestQueues,
} from '../support/queues.ts';

let queues: TestQueues;

beforeEach(async () => {
  queues = await startQueues();
});

afterEach(async () => {
  await queues.stop();
});

const planFor = async (filter: DeadLetterFilter = {}, newestPerIncident = false) =>
  (await planReplay(queues, filter, { newestPerIncident })).plan;

/** Bodies in both queues, each once. */
async function everywhere(): Promise<readonly string[]> {
  const [here, there] = [await queues.bodies('deadLetters'), await queues.bodies('events')];
  return [...new Set([...here, ...there])].toSorted();
}

/** The notes about older events in the messages of a queue. */
async function notes(queue: 'events' | 'deadLetters') {
  return (await queues.bodies(queue)).flatMap((body) => {
    const message = readEventMessage(body);
    if (typeof message === 'string') throw new Error(message);
    return message.deduplicated ?? [];
  });
}

/** Makes dead letters of the events, as the delivery function does: with the same body. */
async function refuse(): Promise<void> {
  const refused = await queues.events.receive({ max: 10, visibilityTimeout: 60, waitTime: 0 });
  if (refused === 'over-limit') throw new Error(refused);
  await queues.deadLetters.send(refused.map(({ body }) => ({ body, groupId: 'platform' })));
  await queues.events.delete(refused);
}

describe('a replay', () => {
  test('puts back what the filter takes, with its service, and leaves the rest alone', async () => {
    const added = await addDeadLetters(queues, 60, (number) => ({
      service: number % 3 === 0 ? 'network' : 'platform',
    }));
    const result = await replayDeadLetters(queues, { service: ['network'] });
    expect(result).toMatchObject({ sent: 20, failed: 0, inBoth: 0, remaining: 0, ending: 'done' });

    const back = await queues.events.receive({ max: 10, visibilityTimeout: 0, waitTime: 0 });
    if (back === 'over-limit') throw new Error(back);
    for (const { body, system, attributes } of back) {
      expect(body).toContain(REPLAY_MARK);
      expect(system['MessageGroupId']).toBe('network');
      // The reason of the dead letter does not concern its delivery.
      expect(attributes).toEqual({});
    }
    const there = await queues.bodies('events');
    const here = await queues.bodies('deadLetters');
    expect(there).toHaveLength(20);
    expect([...here, ...there].toSorted()).toEqual(added);
    expect(await queues.inFlight('deadLetters')).toBe(0);
  });

  test('deduplicates the older dead letters of an incident into the newest', async () => {
    await addDeadLetters(queues, 45, (number) => ({
      view: String(number % 3),
      at: NOON + number,
    }));
    const result = await replayDeadLetters(queues, {}, { newestPerIncident: true });
    expect(result).toMatchObject({
      sent: 3,
      deduplicated: 42,
      failed: 0,
      ending: 'done',
      total: 45,
    });
    expect(await queues.bodies('deadLetters')).toEqual([]);
    const numbers = (await queues.bodies('events')).map((body) => /"number":(\d+)/.exec(body)?.[1]);
    expect(new Set(numbers)).toEqual(new Set(['42', '43', '44']));
  });

  test('notes in the newest what it stands for, also after it was refused again', async () => {
    await addDeadLetters(queues, 5, (number) => ({ at: NOON + number }));
    await replayDeadLetters(queues, {}, { newestPerIncident: true });
    const first = { count: 4, first: NOON, last: NOON + 3, ratio: 1.4 };
    expect(await notes('events')).toEqual([first]);

    await refuse();
    await addDeadLetters(queues, 3, (number) => ({ at: NOON + 10 + number }));
    const again = await replayDeadLetters(queues, {}, { newestPerIncident: true });
    expect(again).toMatchObject({ sent: 1, deduplicated: 3, failed: 0, ending: 'done' });
    expect(await notes('events')).toEqual([{ ...first, count: 7, last: NOON + 11 }]);
  });

  test('puts a noted dead letter back word for word when there is nothing to add', async () => {
    await addDeadLetters(queues, 5, (number) => ({ at: NOON + number }));
    await replayDeadLetters(queues, {}, { newestPerIncident: true });
    const before = await queues.bodies('events');
    await refuse();
    await replayDeadLetters(queues, {}, { newestPerIncident: true });
    expect(await queues.bodies('events')).toEqual(before);
  });

  test('keeps what SQS does not accept, entry by entry', async () => {
    const added = await addDeadLetters(queues, 30);
    queues.gateway.faults.add({
      action: 'sqs:SendMessageBatch',
      times: 40,
      effect: { kind: 'partial', fraction: 0.3 },
    });
    const result = await replayDeadLetters(queues, {});
    expect(result.sent + result.failed).toBe(30);
    expect(result.ending).toBe('done');
    expect(await everywhere()).toEqual(added);
    expect(await queues.bodies('deadLetters')).toHaveLength(result.failed);
  });

  test('leaves everything when SQS accepts no entry, and says why', async () => {
    const added = await addDeadLetters(queues, 12, (number) => ({
      view: String(number % 2),
    }));
    queues.gateway.faults.add({
      action: 'sqs:SendMessageBatch',
      effect: { kind: 'partial', fraction: 1 },
    });
    const result = await replayDeadLetters(queues, {}, { newestPerIncident: true });
    expect(result).toMatchObject({ sent: 0, deduplicated: 0, failed: 12, ending: 'done' });
    expect(result.failures[0]?.reason).toMatch(/InternalError/);
    expect(await queues.bodies('deadLetters')).toEqual(added);
    expect(await queues.inFlight('deadLetters')).toBe(0);
  });

  test('counts what is in both queues because it cannot be deleted', async () => {
    const added = await addDeadLetters(queues, 8);
    queues.gateway.faults.add({
      action: 'sqs:DeleteMessageBatch',
      effect: { kind: 'partial', fraction: 1 },
    });
    const result = await replayDeadLetters(queues, {});
    expect(result).toMatchObject({ sent: 8, inBoth: 8, ending: 'done' });
    expect(await queues.bodies('deadLetters')).toEqual(added);
    expect(await queues.bodies('events')).toEqual(added);
  });

  test('loses nothing when answers are lost', async () => {
    const added = await addDeadLetters(queues, 40);
    for (const action of ['sqs:SendMessageBatch', 'sqs:DeleteMessageBatch']) {
      queues.gateway.faults.add({ action, times: 3, effect: { kind: 'lose-answer' } });
    }
    const result = await replayDeadLetters(queues, {});
    expect(result).toMatchObject({ failed: 0, ending: 'done' });
    expect(await everywhere()).toEqual(added);
    // What was sent twice is delivered twice, which PagerDuty deduplicates.
    expect(new Set(await queues.bodies('events'))).toEqual(new Set(added));
  });

  test('ends at once without permission, and gives everything back', async () => {
    const added = await addDeadLetters(queues, 30);
    queues.gateway.faults.add({
      action: 'sqs:SendMessageBatch',
      effect: { kind: 'respond', status: 403, code: 'AccessDeniedException' },
    });
    const result = await replayDeadLetters(queues, {});
    expect(result).toMatchObject({ sent: 0, ending: 'failed', remaining: 30 });
    expect(result.error).toMatchObject({ name: 'AccessDeniedException' });
    expect(await queues.bodies('deadLetters')).toEqual(added);
  });

  test('stops at the signal; a second run finishes the job', async () => {
    const added = await addDeadLetters(queues, 100);
    const plan = await planFor();
    const controller = new AbortController();
    const first = await runReplay(queues, plan, {
      pace: evenPace(100),
      signal: controller.signal,
      onProgress: ({ sent }) => {
        if (sent >= 20) controller.abort();
      },
    });
    expect(first.ending).toBe('stopped');
    expect(first.remaining).toBe(100 - first.sent);
    expect(await queues.inFlight('deadLetters')).toBe(0);
    expect(await everywhere()).toEqual(added);

    expect((await replayDeadLetters(queues, {})).sent).toBe(first.remaining);
    expect(await queues.bodies('events')).toEqual(added);
    expect(await queues.bodies('deadLetters')).toEqual([]);
  });

  test('does nothing after the signal', async () => {
    await addDeadLetters(queues, 5);
    const plan = await planFor();
    const result = await runReplay(queues, plan, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ sent: 0, remaining: 5, ending: 'stopped' });
  });
});

describe('the rate of a replay', () => {
  test('holds in every span of time, and is used', async () => {
    await addDeadLetters(queues, 60, (number) => ({
      service: number % 2 === 0 ? 'network' : 'platform',
    }));
    const plan = await planFor({ service: ['network'] });
    const sends: { at: number; count: number }[] = [];
    const events = {
      ...queues.events,
      send: async <T extends Parameters<typeof queues.events.send>[0][number]>(
        messages: readonly T[],
      ) => {
        sends.push({ at: performance.now(), count: messages.length });
        return queues.events.send(messages);
      },
    };
    const perSecond = 15;
    const result = await runReplay({ ...queues, events }, plan, { pace: evenPace(perSecond) });
    expect(result).toMatchObject({ sent: 30, ending: 'done' });
    const batch = Math.max(...sends.map(({ count }) => count));
    for (const [index, { at }] of sends.entries()) {
      let count = 0;
      for (const later of sends.slice(index)) {
        const allowed = ((later.at - at + 25) / 1_000) * perSecond + batch;
        count += later.count;
        expect(count).toBeLessThanOrEqual(allowed + batch);
      }
    }
    const span = (sends.at(-1)?.at ?? 0) - (sends[0]?.at ?? 0);
    expect(span).toBeGreaterThan(((30 - batch) / perSecond) * 1_000 - 100);
  });
});
