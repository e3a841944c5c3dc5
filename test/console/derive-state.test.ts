import { describe, expect, test } from '@jest/globals';

import { deriveState } from '../../local/console/derive-state.ts';
import {
  answerClass,
  type Facts,
  lastTimes,
  NO_TOTALS,
  type TotalName,
} from '../../local/console/facts.ts';
import type { Incident } from '../../local/pagerduty/incidents.ts';
import type { StepName } from '../../local/console/state.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const IDLE: Facts = {
  at: NOW,
  totals: NO_TOTALS,
  last: {},
  queue: { ready: 0, inFlight: 0, delayed: 0 },
  updatesNotDue: 0,
  deadLetters: 0,
  busy: { ingest: 0, delivery: 0 },
  replaying: false,
  deduplicatedByReplay: 0,
  mode: 'ok',
  storm: undefined,
  incidents: [],
  resolveTimes: new Map(),
  updateInterval: 60_000,
};

/** Times of the last events, given as seconds before now. */
function ago(seconds: Partial<Record<TotalName, number>>): Facts['last'] {
  return Object.fromEntries(
    Object.entries(seconds).map(([name, value]) => [name, NOW - value * 1000]),
  );
}

function stateOf(name: StepName, change: Partial<Facts>): string {
  const { steps } = deriveState({ ...IDLE, ...change }, []).pipeline;
  const step = steps.find((each) => each.name === name);
  return `${step?.state}: ${step?.note}`;
}

const WAITING = { ready: 0, inFlight: 3, delayed: 0 };

describe('the state of a step', () => {
  test.each<[StepName, string, Partial<Facts>]>([
    ['webhook', 'idle: waits for events', {}],
    ['webhook', 'flowing: answers 202', { last: ago({ requests202: 1 }) }],
    ['webhook', 'idle: waits for events', { last: ago({ requests202: 3 }) }],
    ['webhook', 'backing-off: throttles the sender (429)', { last: ago({ requests429: 1 }) }],
    [
      'webhook',
      'broken: answers 5xx: the sender keeps the event',
      { last: ago({ requests5xx: 9 }) },
    ],
    ['webhook', 'flowing: answers 202', { last: ago({ requests5xx: 2, requests202: 1 }) }],
    ['ingest', 'flowing: checks and enqueues', { busy: { ingest: 1, delivery: 0 } }],
    ['ingest', 'broken: fails', { last: ago({ ingestFaults: 1 }) }],
    ['queue', 'idle: empty', {}],
    ['queue', 'flowing: passes events to delivery', { queue: WAITING }],
    [
      'queue',
      'backing-off: keeps events until they are delivered',
      { queue: WAITING, last: ago({ calls5xx: 300 }) },
    ],
    ['queue', 'idle: keeps updates until they are due', { queue: WAITING, updatesNotDue: 3 }],
    ['queue', 'flowing: passes events to delivery', { queue: WAITING, updatesNotDue: 2 }],
    ['delivery', 'idle: nothing to deliver', {}],
    ['delivery', 'idle: nothing is due', { queue: WAITING, updatesNotDue: 3 }],
    [
      'delivery',
      'backing-off: retries by itself',
      { queue: WAITING, last: ago({ callsnone: 60 }) },
    ],
    [
      'delivery',
      'flowing: paces: 120 calls per minute',
      { queue: WAITING, last: ago({ calls2xx: 5 }) },
    ],
    [
      'delivery',
      'backing-off: integration key is missing',
      { queue: WAITING, last: ago({ keyMissing: 5 }) },
    ],
    ['delivery', 'broken: crashed: its events are retried', { last: ago({ deliveryFaults: 1 }) }],
    [
      'delivery',
      'flowing: deduplicates, paces, sends',
      { last: ago({ deliveryFaults: 2, delivered: 1 }) },
    ],
    ['pagerduty', 'flowing: accepts events', { last: ago({ calls5xx: 2, calls2xx: 1 }) }],
    ['pagerduty', 'broken: answers 5xx', { last: ago({ calls5xx: 5 }) }],
    ['pagerduty', 'idle: no calls', { last: ago({ calls5xx: 11 }) }],
    ['pagerduty', 'broken: answers 5xx', { queue: WAITING, last: ago({ calls5xx: 3600 }) }],
    ['pagerduty', 'broken: does not answer', { last: ago({ callsnone: 1, calls5xx: 2 }) }],
    ['pagerduty', 'backing-off: throttles (429)', { last: ago({ calls429: 1, calls2xx: 2 }) }],
    ['pagerduty', 'broken: refuses (400)', { last: ago({ calls4xx: 1 }) }],
    ['dead-letters', 'idle: none', {}],
    ['dead-letters', 'broken: fix the cause, then replay', { deadLetters: 1 }],
    ['dead-letters', 'flowing: replays', { deadLetters: 1, replaying: true }],
  ])('%s is %s', (name, expected, change) => {
    expect(stateOf(name, change)).toBe(expected);
  });
});

test('what has grown since the last reading happened now', () => {
  const now = { ...NO_TOTALS, delivered: 2, deduplicated: 1 };
  const before = { ...NO_TOTALS, deduplicated: 1 };
  expect(lastTimes({ deduplicated: 5, batches: 6 }, before, now, 9)).toEqual({
    deduplicated: 5,
    batches: 6,
    delivered: 9,
  });
});

test.each([
  [undefined, 'none'],
  [200, '2xx'],
  [202, '2xx'],
  [302, '4xx'],
  [400, '4xx'],
  [429, '429'],
  [503, '5xx'],
])('the status %p is of the class %s', (status, kind) => {
  expect(answerClass(status)).toBe(kind);
});

describe('the accounting', () => {
  const totals = { ...NO_TOTALS, accepted: 10, delivered: 1, deduplicated: 2 };
  const queue = { ready: 1, inFlight: 2, delayed: 0 };
  const facts = {
    ...IDLE,
    totals,
    queue,
    // They are in the queue as well, so they count.
    updatesNotDue: 2,
    deadLetters: 3,
    deduplicatedByReplay: 1,
  };

  test('counts what replays deduplicated, and is balanced when every event is somewhere', () => {
    expect(deriveState(facts, []).pipeline.accounting).toEqual({
      accepted: 10,
      delivered: 1,
      deduplicated: 3,
      waiting: 3,
      deadLetters: 3,
      balanced: true,
    });
  });

  test('is not balanced while an event is nowhere', () => {
    const { accounting } = deriveState({ ...facts, deadLetters: 2 }, []).pipeline;
    expect(accounting.balanced).toBe(false);
  });
});

function incidentOf(number: number, status: Incident['status']): Incident {
  return {
    number,
    service: 'platform',
    dedupKey: `d${number}`,
    status,
    severity: 'error',
    summary: 'It broke',
    source: 'view',
    details: {},
    links: [],
    openedAt: new Date(NOW - 90_000).toISOString(),
    updatedAt: new Date(NOW - 5_000).toISOString(),
    updates: 0,
    event: {},
  };
}

describe('the end of an incident', () => {
  test('is the time of the bridge for an open one, and its own time for a resolved one', () => {
    const incidents = [
      incidentOf(1, 'triggered'),
      incidentOf(2, 'acknowledged'),
      incidentOf(3, 'triggered'),
      incidentOf(4, 'resolved'),
    ].map((incident) => ({ incident, notified: { at: NOW - 90_000, events: 1 } }));
    const resolveTimes = new Map([
      ['d1', NOW + 30_000],
      ['d2', NOW + 40_000],
      ['d4', NOW + 50_000],
    ]);
    const { shown } = deriveState({ ...IDLE, incidents, resolveTimes }, []).incidents;
    const ends = shown.map(({ number, resolvesAt, resolvedAt }) => [
      number,
      resolvesAt,
      resolvedAt,
    ]);
    expect(ends).toEqual([
      [3, undefined, undefined],
      [2, NOW + 40_000, undefined],
      [1, NOW + 30_000, undefined],
      [4, undefined, NOW - 5_000],
    ]);
  });
});
