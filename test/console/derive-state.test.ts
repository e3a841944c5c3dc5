import { describe, expect, test } from '@jest/globals';

import { deriveState } from '../../local/console/derive-state.ts';
import {
  answerClass,
  type Facts,
  lastTimes,
  NO_TOTALS,
  type TotalName,
} from '../../local/console/facts.ts';
import { detailOf, incidentsOf } from '../../local/console/incident-views.ts';
import { NO_OPERATOR_MESSAGES } from '../../local/console/operator-messages.ts';
import type { Incident } from '../../local/pagerduty/incidents.ts';
import type { IncidentFacts } from '../../local/console/incidents.ts';
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
  operatorMessages: NO_OPERATOR_MESSAGES,
  purged: 0,
  difference: undefined,
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
    ['webhook', 'broken: answers 5xx: events are not stored', { last: ago({ requests5xx: 9 }) }],
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

test.each<[StepName, string, Partial<Facts>]>([
  ['webhook', 'answered 5xx', { last: ago({ requests5xx: 1 }) }],
  ['webhook', 'throttled', { last: ago({ requests429: 1 }) }],
  ['ingest', 'failures', { last: ago({ ingestFaults: 1 }) }],
  ['queue', 'waiting', { queue: WAITING, last: ago({ calls5xx: 1 }) }],
  ['delivery', 'failures', { last: ago({ deliveryFaults: 1 }) }],
  ['delivery', 'waiting', { queue: WAITING, last: ago({ calls5xx: 1 }) }],
  ['pagerduty', 'failed', { last: ago({ calls5xx: 1 }) }],
  ['pagerduty', 'refused', { last: ago({ calls4xx: 1 }) }],
  ['pagerduty', 'throttled', { last: ago({ calls429: 1 }) }],
  ['dead-letters', 'dead letters', { deadLetters: 1 }],
])('while %s fails, its largest figure is %s', (name, label, change) => {
  const failures = Object.fromEntries(Object.keys(change.last ?? {}).map((each) => [each, 2]));
  const totals = { ...NO_TOTALS, accepted: 900, delivered: 900, calls2xx: 900, ...failures };
  const { steps } = deriveState({ ...IDLE, totals, ...change }, []).pipeline;
  expect(steps.find((each) => each.name === name)?.figures[0]?.[0]).toBe(label);
});

function incidentOf(number: number, status: Incident['status'], severity = 'error'): Incident {
  return {
    number,
    service: 'platform',
    dedupKey: `d${number}`,
    status,
    severity,
    summary: 'It broke',
    source: 'view',
    details: {},
    links: [],
    openedAt: new Date(NOW - 90_000).toISOString(),
    updatedAt: new Date(NOW - 5_000).toISOString(),
    updates: 0,
    timeline: [],
    event: {},
  };
}

function factsOf(incident: Incident): IncidentFacts {
  return { incident, notified: { at: NOW - 90_000, events: 1 } };
}

test('incidents are in the order of urgency: open, severity, newest', () => {
  const incidents = [
    incidentOf(1, 'triggered', 'critical'),
    incidentOf(2, 'resolved', 'critical'),
    incidentOf(3, 'triggered', 'warning'),
    incidentOf(4, 'acknowledged', 'critical'),
    incidentOf(5, 'triggered', 'from another source'),
    incidentOf(6, 'resolved', 'info'),
  ].map(factsOf);
  const { rows, open } = incidentsOf(incidents);
  expect(rows.map(({ number }) => number)).toEqual([4, 1, 3, 5, 6, 2]);
  expect(open).toBe(4);
});

describe('the detail of an incident', () => {
  const resolveTimes = new Map([
    ['d1', NOW + 30_000],
    ['d4', NOW + 50_000],
  ]);
  const rest = { resolveTimes, updateInterval: 60_000 };

  test.each<[number, Incident['status'], number | undefined, number | undefined]>([
    [1, 'triggered', NOW + 30_000, undefined],
    [3, 'triggered', undefined, undefined],
    [4, 'resolved', undefined, NOW - 5_000],
  ])('of #%p, %s, has its end', (number, status, resolvesAt, resolvedAt) => {
    const detail = detailOf(factsOf(incidentOf(number, status)), rest);
    expect([detail.resolvesAt, detail.resolvedAt]).toEqual([resolvesAt, resolvedAt]);
  });

  test('has every link to a web address, and no other', () => {
    const links = [
      { href: 'https://a.example/', text: 'A' },
      { href: 'http://b.example/' },
      { href: 'javascript:alert(1)', text: 'C' },
      { text: 'D' },
    ];
    expect(detailOf(factsOf({ ...incidentOf(1, 'triggered'), links }), rest).links).toEqual([
      { href: 'https://a.example/', text: 'A' },
      { href: 'http://b.example/', text: 'http://b.example/' },
    ]);
  });
});
