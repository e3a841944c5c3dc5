import { describe, expect, test } from '@jest/globals';

import type { QueuedMessage } from '../../../../lambda/delivery/candidate.ts';
import type { ProcessedMessage } from '../../../../lambda/delivery/disposition.ts';
import { afterSettling } from '../../../../lambda/delivery/after-settling.ts';
import { deliveryBench, OUTCOMES } from '../../../support/delivery-bench.ts';
import { again, causesOf, dispositionsOf } from '../../../support/delivery-ends.ts';
import { type MessageOptions, NOW, queued } from '../../../support/delivery-fixtures.ts';

const DAY = 86_400_000;
const CRITICAL = 90;

/** What handler and simulation do after a batch of one message; `keep` stays in the queue. */
function settled(
  bench: ReturnType<typeof deliveryBench>,
  processed: ProcessedMessage,
  keep: readonly QueuedMessage[],
): void {
  const report = { processed: [processed], calls: [], keyProblems: new Set<string>() };
  const times = { retryAfter: 1_000, now: bench.context.now() };
  afterSettling(report, { keep }, bench.context, times);
}

const countOf = (bench: ReturnType<typeof deliveryBench>, call: number): unknown =>
  bench.sent[call]?.event.payload.custom_details['deduplicated'];

describe('events that were deduplicated into a waiting one', () => {
  test('are counted by the call that is accepted in the end', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );
    const newest = queued({ at: NOW - 1_000 });
    const batch = [queued({ at: NOW - 3_000 }), queued({ at: NOW - 2_000 }), newest];
    expect(await causesOf(bench, batch)).toEqual(['deduplicated', 'deduplicated', 'unavailable']);
    bench.wait(10_000);
    expect(await causesOf(bench, [again(newest)])).toEqual(['delivered']);
    expect(countOf(bench, 1)).toMatchObject({
      count: 3,
      first: '2026-03-01T11:59:57.000Z',
      last: '2026-03-01T11:59:59.000Z',
    });
  });

  test('are counted once', async () => {
    const bench = deliveryBench((_, call) =>
      call === 0 ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );
    const newest = queued({ at: NOW - 1_000 });
    await causesOf(bench, [queued({ at: NOW - 3_000 }), newest]);
    bench.wait(10_000);
    await causesOf(bench, [again(newest)]);
    bench.wait(100_000);
    await causesOf(bench, [queued({ at: NOW + 109_000 })]);
    expect([countOf(bench, 1), countOf(bench, 2)]).toMatchObject([{ count: 2 }, undefined]);
  });
});

/** An event that waits, with two more deduplicated into it, and comes back when it is too old. */
async function giveUp(
  more: readonly MessageOptions[],
  script = () => OUTCOMES.unavailable as (typeof OUTCOMES)[keyof typeof OUTCOMES],
) {
  const bench = deliveryBench(script);
  const kept = queued({ at: NOW - 1_000 });
  const batch: QueuedMessage[] = [
    queued({ at: NOW - 3_000 }),
    queued({ at: NOW - 2_000 }),
    kept,
    ...more.map((options) => queued(options)),
  ];
  await causesOf(bench, batch);
  return { bench, kept: again(kept) };
}

describe('a dead letter says for how many events it stands', () => {
  test('when it is given up', async () => {
    const { bench, kept } = await giveUp([]);
    bench.wait(DAY);
    expect(await dispositionsOf(bench, [kept])).toMatchObject([
      {
        kind: 'deadLetter',
        reason: 'retries_exhausted',
        standsFor: { count: 2, first: NOW - 3_000, last: NOW - 2_000 },
      },
    ]);
  });

  test('when PagerDuty refuses it', async () => {
    let outcome: (typeof OUTCOMES)[keyof typeof OUTCOMES] = OUTCOMES.unavailable;
    const { bench, kept } = await giveUp([], () => outcome);
    outcome = OUTCOMES.refused;
    bench.wait(10_000);
    expect(await dispositionsOf(bench, [kept])).toMatchObject([
      { kind: 'deadLetter', reason: 'rejected', standsFor: { count: 2 } },
    ]);
  });

  test('and says nothing when it stands for itself', async () => {
    const bench = deliveryBench(() => OUTCOMES.refused);
    const [end] = await dispositionsOf(bench, [queued()]);
    expect(end).not.toHaveProperty('standsFor');
  });

  test('unless another event of the subject waits: that one may stand for them', async () => {
    // A critical event can not be deduplicated into a warning, so both wait.
    const { bench, kept } = await giveUp([]);
    const critical = queued({ at: NOW + 20_000, value: CRITICAL });
    bench.wait(21_000);
    expect(await causesOf(bench, [critical])).toEqual(['unavailable']);
    // It is given up after 950 receives.
    const [warning] = await dispositionsOf(bench, [{ ...kept, receiveCount: 950 }]);
    expect(warning).toMatchObject({ kind: 'deduplicated' });
    const other = queued({ at: NOW + 20_500, value: CRITICAL, receiveCount: 950 });
    const [first] = await dispositionsOf(bench, [other]);
    expect(first?.kind).toBe('deadLetter');
    expect(first).not.toHaveProperty('standsFor');
    // The last of them says it.
    const [last] = await dispositionsOf(bench, [{ ...again(critical), receiveCount: 950 }]);
    expect(last).toMatchObject({ kind: 'deadLetter', standsFor: { count: 3 } });
  });

  test('unless another event of the batch is tried after it: the call counts them', async () => {
    const outcomes = [OUTCOMES.unavailable, OUTCOMES.refused, OUTCOMES.delivered];
    let call = 0;
    const { bench, kept } = await giveUp([], () => outcomes[call++] ?? OUTCOMES.refused);
    bench.wait(10_000);
    const newest = queued({ at: NOW + 9_000 });
    const [older, refused] = await dispositionsOf(bench, [kept, newest]);
    expect([older?.kind, refused?.kind]).toEqual(['delivered', 'deadLetter']);
    expect(refused).not.toHaveProperty('standsFor');
    expect(countOf(bench, 2)).toMatchObject({ count: 3 });
  });

  test('only once', async () => {
    const { bench, kept } = await giveUp([]);
    bench.wait(DAY);
    await dispositionsOf(bench, [kept]);
    const [next] = await dispositionsOf(bench, [queued({ sentAt: NOW - DAY })]);
    expect(next?.kind).toBe('deadLetter');
    expect(next).not.toHaveProperty('standsFor');
  });

  test('again, if it could not be sent and its message came back', async () => {
    const { bench, kept } = await giveUp([]);
    bench.wait(DAY);
    const [unsent] = await dispositionsOf(bench, [kept]);
    if (unsent === undefined) throw new Error('No disposition.');
    settled(bench, { message: kept, disposition: unsent }, [kept]);
    bench.wait(10_000);
    expect(await dispositionsOf(bench, [again(kept)])).toMatchObject([
      { kind: 'deadLetter', standsFor: { count: 2, first: NOW - 3_000, last: NOW - 2_000 } },
    ]);
  });

  test('and not twice, if it was sent', async () => {
    const { bench, kept } = await giveUp([]);
    bench.wait(DAY);
    const [sent] = await dispositionsOf(bench, [kept]);
    if (sent === undefined) throw new Error('No disposition.');
    settled(bench, { message: kept, disposition: sent }, []);
    const [next] = await dispositionsOf(bench, [queued({ sentAt: NOW - DAY })]);
    expect(next).not.toHaveProperty('standsFor');
  });

  test('in the last dead letter of a batch, not in each', async () => {
    const { bench } = await giveUp([]);
    bench.wait(300_000);
    const batch = [
      queued({ at: NOW - 80_000_000, sentAt: NOW - 2 * DAY, value: CRITICAL }),
      queued({ at: NOW - 80_000_000, sentAt: NOW - 2 * DAY }),
    ];
    const ends = await dispositionsOf(bench, batch);
    const counts = ends.map((end) => (end.kind === 'deadLetter' ? end.standsFor?.count : end.kind));
    expect(counts.filter((count) => count !== undefined)).toEqual([2]);
  });
});
