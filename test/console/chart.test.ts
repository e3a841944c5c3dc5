import { describe, expect, test } from '@jest/globals';

import { addSample, sampleOf } from '../../local/console/derive-state.ts';
import { type Facts, NO_TOTALS, type Totals } from '../../local/console/facts.ts';
import { NO_OPERATOR_MESSAGES } from '../../local/console/operator-messages.ts';
import { BUCKET_SECONDS, bucketsOf } from '../../local/console/page/buckets.ts';
import { HISTORY_SECONDS, type Sample } from '../../local/console/state.ts';

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

function totals(change: Partial<Totals>): Totals {
  return { ...NO_TOTALS, ...change };
}

function facts(at: number, waiting: number, change: Partial<Totals>): Facts {
  return {
    at,
    totals: totals(change),
    queue: { ready: waiting, inFlight: 2, delayed: 0 },
    updatesNotDue: 2,
    last: {},
    deadLetters: 0,
    busy: { ingest: 0, delivery: 0 },
    replaying: false,
    deduplicatedByReplay: 0,
    operatorMessages: NO_OPERATOR_MESSAGES,
    purged: 0,
    difference: undefined,
    mode: 'ok',
    storm: undefined,
    incidents: [],
    resolveTimes: new Map(),
    updateInterval: 0,
  };
}

describe('the history', () => {
  test('has what was added in each second, and what waits at its end', () => {
    const before = totals({ accepted: 12, calls5xx: 1 });
    expect(sampleOf(before, facts(6_000, 4, { accepted: 15, delivered: 1, calls5xx: 2 }))).toEqual(
      sample(6, {
        accepted: 3,
        delivered: 1,
        waiting: 4,
        answers: { ...NO_ANSWERS, '5xx': 1 },
      }),
    );
  });

  test('drops what is older than ten minutes', () => {
    let history: readonly Sample[] = [];
    for (let second = 1; second <= HISTORY_SECONDS + 5; second += 1) {
      history = addSample(history, sample(second));
    }
    expect(history).toHaveLength(HISTORY_SECONDS);
    expect(history[0]?.time).toBe(6);
  });
});

describe('the points of the chart', () => {
  const NOW = 10_000;

  test('lose no event of the last ten minutes', () => {
    const samples = Array.from({ length: HISTORY_SECONDS - BUCKET_SECONDS }, (_, index) =>
      sample(NOW - index, { accepted: 1, answers: { ...NO_ANSWERS, none: 2 } }),
    );
    const { series, times } = bucketsOf(samples, NOW);
    expect(series.accepted.reduce((sum, value) => sum + value, 0)).toBe(samples.length);
    expect(series.none.reduce((sum, value) => sum + value, 0)).toBe(2 * samples.length);
    expect(times).toHaveLength(HISTORY_SECONDS / BUCKET_SECONDS);
  });

  test('show the most that waited in each', () => {
    const { waiting } = bucketsOf(
      [sample(NOW - 3, { waiting: 9 }), sample(NOW - 2, { waiting: 4 })],
      NOW,
    ).series;
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
    expect(start(NOW - 5_000)).toBe(HISTORY_SECONDS);
  });

  test('go on with what waits in a bucket that has just begun, and not for longer', () => {
    const samples = [sample(1_000, { waiting: 9 }), sample(1_005, { waiting: 7, accepted: 3 })];
    const { waiting, accepted } = bucketsOf(samples, 1_005).series;
    expect(waiting.slice(-2)).toEqual([7, 7]);
    expect(accepted.slice(-2)).toEqual([3, 0]);
    expect(bucketsOf(samples, 1_012).series.waiting.at(-1)).toBe(0);
  });
});
