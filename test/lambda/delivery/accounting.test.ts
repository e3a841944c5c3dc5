import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { DeadLetter } from '../../../lambda/delivery/queue/dead-letter.ts';
import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import type { Disposition } from '../../../lambda/delivery/disposition.ts';
import { type QueuedMessage, readCandidate } from '../../../lambda/delivery/candidate.ts';
import type { Deferral, Queues } from '../../../lambda/delivery/queue/queues.ts';
import { settle } from '../../../lambda/delivery/settle.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import { subjectKeyOf } from '../../../lambda/delivery/subject.ts';
import type { Outcome } from '../../../lambda/pagerduty/outcome.ts';
import { caseCounts, oneIn } from '../../support/arbitrary.ts';
import { deliveryBench, OUTCOMES } from '../../support/delivery-bench.ts';
import { NOW, queued, ROUTES } from '../../support/delivery-fixtures.ts';
import { RUNS } from '../../support/runs.ts';

const DAY = 86_400_000;

const message = fc
  .record({
    environment: fc.constantFrom('a', 'a', 'b', 'b', 'b', 'keyless', 'nowhere'),
    view: fc.constantFrom('1', '1', '2', '2', '3', '3', 'ignored'),
    value: fc.constantFrom(31, 90),
    at: fc.integer({ min: NOW - 60_000, max: NOW }),
    age: fc.constantFrom(0, 0, 0, DAY - 1, DAY, 20 * DAY),
    receiveCount: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1000 })),
    isReplay: fc.constantFrom(false, false, false, true),
    isLimit: fc.constantFrom(false, false, true),
    body: oneIn(8, fc.constantFrom('', '{}', '[]', '{"version":1}')),
    id: oneIn(20, fc.constantFrom('twice', 'again')),
  })
  .map(({ age, body, id, ...options }) =>
    queued({
      ...options,
      sentAt: NOW - age,
      ...(body === undefined ? {} : { body }),
      ...(id === undefined ? {} : { id }),
    }),
  );

function byId(a: QueuedMessage, b: QueuedMessage): number {
  return a.messageId < b.messageId ? -1 : 1;
}

function subjectOf(one: QueuedMessage): string {
  const read = readCandidate(one, ROUTES);
  return read.kind === 'candidate' ? subjectKeyOf(read.candidate) : '';
}

const outcome = fc.oneof(
  fc.constantFrom(OUTCOMES.delivered, OUTCOMES.refused),
  fc.constantFrom(...Object.values(OUTCOMES)),
  fc.constant({ ...OUTCOMES.throttled, retryAfter: 60_000 }),
);

const batch = fc.record({
  messages: fc.array(message, { maxLength: 40, size: 'max' }),
  outcomes: fc.array(outcome, { minLength: 1, maxLength: 10 }),
  seconds: fc.constantFrom(5, 20, 60, 60),
  slowness: fc.constantFrom(0, 100, 9_000),
});

describe('a batch, whatever its messages and the answers of PagerDuty', () => {
  test('has one disposition for each message, batch after batch', async () => {
    const batches = fc.array(batch, { minLength: 1, maxLength: 4 });
    const seen = caseCounts<string>();
    await fc.assert(
      fc.asyncProperty(batches, async (several) => {
        let outcomes: (typeof several)[number]['outcomes'] = [];
        let slowness = 0;
        const answer = async (call: number): Promise<Outcome> => {
          await Promise.resolve();
          bench.wait(slowness);
          return outcomes[call % outcomes.length] ?? OUTCOMES.delivered;
        };
        const bench = deliveryBench(async (_, call) => answer(call), { check: answer });
        for (const one of several) {
          ({ outcomes, slowness } = one);
          const deadline = bench.context.now() + one.seconds * 1000;
          const { processed } = await deliverBatch(one.messages, deadline, bench.context);
          const ids = new Set(one.messages.map(({ messageId }) => messageId));
          expect(processed).toHaveLength(ids.size);
          expect(new Set(processed.map((each) => each.message.messageId))).toEqual(ids);
          const waits = processed.flatMap(({ disposition: end }) =>
            end.kind === 'waiting' ? [end.wait] : [],
          );
          expect(Math.min(0, ...waits)).toBe(0);
          bench.wait(10_000);
          seen.count('message', one.messages.length);
          seen.count('settled', processed.length);
          for (const { disposition: end } of processed) {
            seen.count(end.kind);
            seen.count(`${end.kind} ${end.kind === 'deadLetter' ? end.reason : ''}`);
          }
        }
      }),
      { ...RUNS, numRuns: 150 },
    );
    // A generator that goes astray makes one of these rare, and the property worthless.
    expect(seen.percent('deadLetter malformed', 'settled')).toBeLessThan(20);
    expect(seen.percent('settled', 'message')).toBeGreaterThan(90);
    for (const kind of [
      'delivered',
      'deduplicated',
      'waiting',
      'deadLetter malformed',
      'deadLetter rejected',
    ])
      expect([kind, seen.percent(kind, 'settled') > 1]).toEqual([kind, true]);
    for (const reason of ['deadLetter no_route', 'deadLetter retries_exhausted'])
      expect([reason, seen.percent(reason, 'settled') > 1]).toEqual([reason, true]);
  });

  test('delivers one event for each accepted call, and the call counts the others', async () => {
    const seen = caseCounts<string>();
    await fc.assert(
      fc.asyncProperty(batch, async ({ messages, outcomes }) => {
        const bench = deliveryBench(
          (_, call) => outcomes[call % outcomes.length] ?? OUTCOMES.refused,
        );
        const { processed, calls } = await deliverBatch(messages, NOW + 60_000, bench.context);
        const delivered = processed.filter(({ disposition }) => disposition.kind === 'delivered');
        const accepted = calls.filter((call) => call.outcome.kind === 'delivered');
        expect(calls).toHaveLength(bench.sent.length);
        expect(delivered).toHaveLength(accepted.length);
        expect(delivered.map(({ message: one }) => one).toSorted(byId)).toEqual(
          accepted
            .flatMap(({ events }) => events.slice(-1).map((one) => one.message))
            .toSorted(byId),
        );
        // A deduplicated event is one of an accepted call's, or its subject has one that waits.
        const waiting = processed.filter(({ disposition }) => disposition.kind === 'waiting');
        const deduplicated = processed.filter(
          ({ disposition }) => disposition.kind === 'deduplicated',
        );
        const safe = new Set(
          accepted
            .flatMap(({ events }) => events.map((one) => one.message))
            .concat(waiting.map(({ message: one }) => one))
            .map(subjectOf),
        );
        for (const { message: one } of deduplicated) expect(safe).toContain(subjectOf(one));
        seen.count('settled', processed.length);
        for (const { disposition: end } of processed) seen.count(end.kind);
      }),
      { ...RUNS, numRuns: 150 },
    );
    for (const kind of ['delivered', 'deduplicated', 'waiting', 'deadLetter'])
      expect([kind, seen.percent(kind, 'settled') > 1]).toEqual([kind, true]);
  });
});

/** Queues where some entries fail, and that keep what really was done. */
function faultyQueues(fails: readonly boolean[]) {
  let entry = 0;
  const next = (): boolean => {
    entry += 1;
    return fails[entry % fails.length] ?? false;
  };
  const written: DeadLetter[] = [];
  const deferred: Deferral[] = [];
  const queues: Queues = {
    sendToDeadLetterQueue: async (deadLetters) => {
      const unwritten = new Set<QueuedMessage>();
      for (const deadLetter of deadLetters) {
        if (next()) unwritten.add(deadLetter.message);
        else written.push(deadLetter);
      }
      return unwritten;
    },
    defer: async (deferrals) => {
      deferred.push(...deferrals.filter(() => !next()));
    },
  };
  return { queues, written, deferred };
}

const disposition: fc.Arbitrary<Disposition> = fc.oneof(
  fc.constantFrom<Disposition>({ kind: 'delivered' }, { kind: 'deduplicated' }),
  fc.nat(900_000).map((wait): Disposition => {
    return { kind: 'waiting', cause: 'unavailable', wait, detail: '503' };
  }),
  fc.constant<Disposition>({ kind: 'deadLetter', reason: 'rejected', detail: '400' }),
);

describe('settling a batch', () => {
  test('keeps whatever was not delivered, deduplicated, or really written as a dead letter', async () => {
    const ends = fc.array(disposition, { maxLength: 60 });
    const faults = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(ends, faults, async (dispositions, fails) => {
        const processed = dispositions.map((end) => ({ message: queued(), disposition: end }));
        const { queues, written } = faultyQueues(fails);
        const { keep, tally } = await settle(processed, queues, {
          retryAfter: 5_000,
          until: NOW,
        });
        const kept = new Set(keep);
        const isWritten = new Set(written.map((deadLetter) => deadLetter.message));
        expect(kept.size).toBe(keep.length);
        for (const { message: one, disposition: end } of processed) {
          const leaves =
            end.kind === 'delivered' || end.kind === 'deduplicated' || isWritten.has(one);
          expect(kept.has(one)).toBe(!leaves);
        }
        const { delivered, deduplicated, deadLettered, waiting } = tally;
        expect(delivered + deduplicated + deadLettered + waiting).toBe(processed.length);
        expect(deadLettered).toBe(written.length);
        expect(waiting).toBe(keep.length);
      }),
      RUNS,
    );
  });

  test('tries a dead letter that could not be written again after the wait of the stage', async () => {
    const { queues, deferred } = faultyQueues([true]);
    const seen: Deferral[] = [];
    const one = queued();
    const { keep } = await settle(
      [{ message: one, disposition: { kind: 'deadLetter', reason: 'rejected', detail: '400' } }],
      { ...queues, defer: async (deferrals) => void seen.push(...deferrals) },
      { retryAfter: DEFAULT_DELIVERY_SETTINGS.retryBaseSeconds * 1000, until: NOW },
    );
    expect(keep).toEqual([one]);
    expect(seen).toEqual([{ message: one, wait: 5_000 }]);
    expect(deferred).toEqual([]);
  });
});
