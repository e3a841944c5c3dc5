import { describe, expect, test } from '@jest/globals';

import { HISTORY_SECONDS, startHistory } from '../../local/console/history.ts';
import { BUCKET_SECONDS, bucketsOf, SPAN_SECONDS } from '../../local/console/page/buckets.ts';
import type { Sample } from '../../local/console/state.ts';
import type { Totals } from '../../local/console/facts.ts';

const NO_ANSWERS = { '2xx': 0, '429': 0, '4xx': 0, '5xx': 0, none: 0 };

function sample(time: number, change: Partial<Sample> = {}): Sample {
  return {
    time,
    accepted: 0,
    delivered: 0,
    deduplicated: 0,
    waiting: 0,
    answers: NO_ANSWERS,
    ...change,
  };
}

const base: Totals = {
  requests202: 0,
  requests2xx: 0,
  requests429: 0,
  requests4xx: 0,
  requests5xx: 0,
  invocations: 0,
  ingestFaults: 0,
  accepted: 0,
  batches: 0,
  deliveryFaults: 0,
  delivered: 0,
  deduplicated: 0,
  deadLettered: 0,
  keyMissing: 0,
  calls2xx: 0,
  calls429: 0,
  calls4xx: 0,
  calls5xx: 0,
  callsnone: 0,
};

function totals(change: Partial<Totals>): Totals {
  return { ...base, ...change };
}

describe('the history', () => {
  test('has what was added in each second, and what waits at its end', () => {
    const history = startHistory(totals({ accepted: 10 }));
    history.add(totals({ accepted: 12, calls5xx: 1 }), 7, 5_000);
    expect(history.add(totals({ accepted: 15, delivered: 1, calls5xx: 1 }), 4, 6_000)).toEqual(
      sample(6, { accepted: 3, delivered: 1, waiting: 4 }),
    );
    expect(history.samples()[0]).toEqual(
      sample(5, { accepted: 2, waiting: 7, answers: { ...NO_ANSWERS, '5xx': 1 } }),
    );
  });

  test('forgets what is older than ten minutes', () => {
    const history = startHistory(base);
    for (let second = 1; second <= HISTORY_SECONDS + 5; second += 1) {
      history.add(base, 0, second * 1000);
    }
    expect(history.samples()).toHaveLength(HISTORY_SECONDS);
    expect(history.samples()[0]?.time).toBe(6);
  });
});

describe('the points of the chart', () => {
  const NOW = 10_000;

  test('lose no event of the last ten minutes', () => {
    const samples = Array.from({ length: SPAN_SECONDS - BUCKET_SECONDS }, (_, index) =>
      sample(NOW - index, { accepted: 1, answers: { ...NO_ANSWERS, none: 2 } }),
    );
    const { accepted, answers, times } = bucketsOf(samples, NOW);
    expect(accepted.reduce((sum, value) => sum + value, 0)).toBe(samples.length);
    expect(answers.none.reduce((sum, value) => sum + value, 0)).toBe(2 * samples.length);
    expect(times).toHaveLength(SPAN_SECONDS / BUCKET_SECONDS);
  });

  test('show the most that waited in each', () => {
    const { waiting } = bucketsOf(
      [sample(NOW - 3, { waiting: 9 }), sample(NOW - 2, { waiting: 4 })],
      NOW,
    );
    expect(Math.max(...waiting)).toBe(9);
    expect(waiting.filter((value) => value > 0)).toEqual([9, 4]);
  });

  test('begin where the data does, two minutes ago at the latest, ten at the earliest', () => {
    const start = (first: number): number => {
      const buckets = bucketsOf([sample(first)], NOW);
      return buckets.end - buckets.start;
    };
    expect(start(NOW - 10)).toBe(120);
    expect(start(NOW - 300)).toBe(305);
    expect(start(NOW - 5_000)).toBe(SPAN_SECONDS);
  });

  test('go on with what waits in a bucket that has just begun, and not for longer', () => {
    const samples = [sample(1_000, { waiting: 9 }), sample(1_005, { waiting: 7, accepted: 3 })];
    const { waiting, accepted } = bucketsOf(samples, 1_005);
    expect(waiting.slice(-2)).toEqual([7, 7]);
    expect(accepted.slice(-2)).toEqual([3, 0]);
    expect(bucketsOf(samples, 1_012).waiting.at(-1)).toBe(0);
  });
});
