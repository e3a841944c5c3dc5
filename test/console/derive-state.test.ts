import { describe, expect, test } from '@jest/globals';

import { stagesOf, type Snapshot } from '../../local/console/derive-state.ts';
import type { StageName } from '../../local/console/state.ts';
import {
  answerClass,
  lastTimes,
  TOTALS,
  type TotalName,
  type Totals,
} from '../../local/console/facts.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const ZERO: Totals = {
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

const QUIET: Snapshot = {
  at: NOW,
  totals: ZERO,
  last: {},
  queue: { ready: 0, inFlight: 0, delayed: 0 },
  deadLetters: 0,
  busy: { ingest: 0, delivery: 0 },
  recent: 0,
  replaying: false,
};

/** When things last happened, as seconds before now. */
function ago(seconds: Partial<Record<TotalName, number>>): Snapshot['last'] {
  return Object.fromEntries(
    Object.entries(seconds).map(([name, value]) => [name, NOW - value * 1000]),
  );
}

function stateOf(name: StageName, change: Partial<Snapshot>): string {
  const stage = stagesOf({ ...QUIET, ...change }).find((each) => each.name === name);
  return `${stage?.state}: ${stage?.note}`;
}

const WAITING = { ready: 0, inFlight: 3, delayed: 0 };

describe('the state of a stage', () => {
  test.each<[StageName, string, Partial<Snapshot>]>([
    ['webhook', 'idle: listens', {}],
    ['webhook', 'flowing: answers 202', { last: ago({ requests202: 1 }) }],
    ['webhook', 'idle: listens', { last: ago({ requests202: 3 }) }],
    ['webhook', 'backing-off: throttles the sender (429)', { last: ago({ requests429: 1 }) }],
    ['webhook', 'broken: answers 5xx: the sender keeps it', { last: ago({ requests5xx: 9 }) }],
    ['webhook', 'flowing: answers 202', { last: ago({ requests5xx: 2, requests202: 1 }) }],
    ['ingest', 'flowing: checks and enqueues', { busy: { ingest: 1, delivery: 0 } }],
    ['ingest', 'broken: fails', { last: ago({ ingestFaults: 1 }) }],
    ['queue', 'idle: empty', {}],
    ['queue', 'flowing: hands events over', { queue: WAITING }],
    [
      'queue',
      'backing-off: keeps events until they are delivered',
      { queue: WAITING, last: ago({ calls5xx: 300 }) },
    ],
    ['delivery', 'idle: nothing to deliver', {}],
    [
      'delivery',
      'backing-off: tries again by itself',
      { queue: WAITING, last: ago({ callsnone: 60 }) },
    ],
    [
      'delivery',
      'flowing: paces: 120 calls a minute',
      { queue: WAITING, last: ago({ calls2xx: 5 }) },
    ],
    [
      'delivery',
      'backing-off: integration key is missing',
      { queue: WAITING, last: ago({ keyMissing: 5 }) },
    ],
    ['delivery', 'broken: crashed: events come back', { last: ago({ deliveryFaults: 1 }) }],
    [
      'delivery',
      'flowing: deduplicates, paces, sends',
      { last: ago({ deliveryFaults: 2, delivered: 1 }) },
    ],
    ['pagerduty', 'flowing: takes events', { last: ago({ calls5xx: 2, calls2xx: 1 }) }],
    ['pagerduty', 'broken: answers 5xx', { last: ago({ calls5xx: 5 }) }],
    ['pagerduty', 'idle: no calls', { last: ago({ calls5xx: 11 }) }],
    ['pagerduty', 'broken: answers 5xx', { queue: WAITING, last: ago({ calls5xx: 3600 }) }],
    ['pagerduty', 'broken: does not answer', { last: ago({ callsnone: 1, calls5xx: 2 }) }],
    ['pagerduty', 'backing-off: throttles (429)', { last: ago({ calls429: 1, calls2xx: 2 }) }],
    ['pagerduty', 'broken: refuses (400)', { last: ago({ calls4xx: 1 }) }],
    ['dead-letters', 'idle: none', {}],
    ['dead-letters', 'broken: wait for you: replay them', { deadLetters: 1 }],
    ['dead-letters', 'flowing: replays', { deadLetters: 1, replaying: true }],
  ])('%s is %s', (name, expected, change) => {
    expect(stateOf(name, change)).toBe(expected);
  });
});

test('what has grown since the last look happened now', () => {
  const now = { ...ZERO, delivered: 2, deduplicated: 1 };
  const before = { ...ZERO, deduplicated: 1 };
  expect(lastTimes({ deduplicated: 5, batches: 6 }, { before, now }, 9)).toEqual({
    deduplicated: 5,
    batches: 6,
    delivered: 9,
  });
  expect(Object.keys(ZERO).toSorted()).toEqual(TOTALS.toSorted());
});

test.each([
  [undefined, 'none'],
  [200, '2xx'],
  [202, '2xx'],
  [302, '4xx'],
  [400, '4xx'],
  [429, '429'],
  [503, '5xx'],
])('the status %p is of the kind %s', (status, kind) => {
  expect(answerClass(status)).toBe(kind);
});
