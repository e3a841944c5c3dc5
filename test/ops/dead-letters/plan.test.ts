import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  makePlan,
  overviewOf,
  type PlanItem,
  type ReplayPlan,
} from '../../../ops/dead-letters/plan.ts';
import { RUNS } from '../../support/runs.ts';

const item = (id: string, more: Partial<PlanItem> = {}): PlanItem => ({
  id,
  service: 'platform',
  reason: 'rejected',
  incidentKey: 'platform a',
  failedAt: 0,
  occurredAt: 0,
  receivedAt: 0,
  ...more,
});

const ALL = { newestPerIncident: false };
const NEWEST = { newestPerIncident: true };

const deadLetters = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    service: fc.constantFrom('platform', 'network', undefined),
    reason: fc.constantFrom('rejected', 'crashed'),
    incidentKey: fc.constantFrom('a', 'b', 'c', undefined),
    failedAt: fc.integer({ min: 0, max: 50 }),
    occurredAt: fc.integer({ min: 0, max: 5 }),
    receivedAt: fc.integer({ min: 0, max: 5 }),
    ratio: fc.constantFrom(undefined, 1.2, 3),
    deduplicated: fc.constantFrom(undefined, { count: 7, first: -9, last: -3, ratio: 2 }),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
);

/** IDs of the dead letters that a plan sends. */
function sent({ groups }: ReplayPlan): readonly string[] {
  return groups.map(({ newest }) => newest.id);
}

/** ID of each dead letter that a plan deduplicates -> ID of the one that it sends instead. */
function deduplicated({ groups }: ReplayPlan): Readonly<Record<string, string>> {
  return Object.fromEntries(
    groups.flatMap(({ newest, duplicates }) => duplicates.map(({ id }) => [id, newest.id])),
  );
}

/** Events that a dead letter stands for. */
function events(note: PlanItem['deduplicated']): number {
  return 1 + (note?.count ?? 0);
}

describe('a plan', () => {
  test('sends everything, the oldest dead letter first', () => {
    const plan = makePlan([item('b', { failedAt: 2 }), item('a', { failedAt: 1 })], ALL);
    expect(sent(plan)).toEqual(['a', 'b']);
    expect(deduplicated(plan)).toEqual({});
  });

  test('sends the newest of an incident and deduplicates the others into it', () => {
    const plan = makePlan(
      [
        item('old', { occurredAt: 1, failedAt: 9 }),
        item('new', { occurredAt: 3, failedAt: 1 }),
        item('middle', { occurredAt: 2 }),
        item('other', { incidentKey: 'platform b' }),
      ],
      NEWEST,
    );
    expect(sent(plan).toSorted()).toEqual(['new', 'other']);
    expect(deduplicated(plan)).toEqual({ old: 'new', middle: 'new' });
  });

  test('lets the newest stand for the others, and for what they stood for', () => {
    const plan = makePlan(
      [
        item('old', { occurredAt: 3, ratio: 4 }),
        item('older', { occurredAt: 2, deduplicated: { count: 5, first: 1, last: 1, ratio: 2 } }),
        item('new', { occurredAt: 9, ratio: 5, deduplicated: { count: 10, first: 4, last: 6 } }),
        item('other', { incidentKey: 'platform b', deduplicated: { count: 1, first: 0, last: 0 } }),
      ],
      NEWEST,
    );
    // What an earlier replay or delivery deduplicated is not forgotten.
    const notes = plan.groups.flatMap(({ newest, deduplicated: note }) =>
      note === undefined ? [] : [[newest.id, note]],
    );
    expect(notes).toEqual([
      ['new', { count: 17, first: 1, last: 6, ratio: 4 }],
      ['other', { count: 1, first: 0, last: 0 }],
    ]);
  });

  test('of two events of the same time the one received later is newer', () => {
    const plan = makePlan([item('a', { receivedAt: 2 }), item('b', { receivedAt: 1 })], NEWEST);
    expect(sent(plan)).toEqual(['a']);
  });

  test('never deduplicates a dead letter without an event', () => {
    const items = [item('a', { incidentKey: undefined }), item('b', { incidentKey: undefined })];
    const plan = makePlan(items, NEWEST);
    expect(plan.groups).toHaveLength(2);
    expect(deduplicated(plan)).toEqual({});
  });

  test('with a limit takes the oldest, and deduplicates only into what it sends', () => {
    const plan = makePlan(
      [
        item('a1', { incidentKey: 'a', occurredAt: 1, failedAt: 5 }),
        item('a2', { incidentKey: 'a', occurredAt: 2, failedAt: 6 }),
        item('b1', { incidentKey: 'b', occurredAt: 1, failedAt: 1 }),
        item('b2', { incidentKey: 'b', occurredAt: 2, failedAt: 2 }),
      ],
      { newestPerIncident: true, limit: 1 },
    );
    expect(sent(plan)).toEqual(['b2']);
    expect(deduplicated(plan)).toEqual({ b1: 'b2' });
  });

  test('has a place for every dead letter, and only one', () => {
    fc.assert(
      fc.property(deadLetters, fc.boolean(), fc.option(fc.nat(10)), (items, newest, limit) => {
        const plan = makePlan(items, {
          newestPerIncident: newest,
          limit: limit ?? undefined,
        });
        const placed = [...sent(plan), ...Object.keys(deduplicated(plan))];
        expect(new Set(placed).size).toBe(placed.length);
        for (const id of placed) expect(items.map((one) => one.id)).toContain(id);
        expect(limit !== null || placed.length === items.length).toBe(true);
      }),
      RUNS,
    );
  });

  test('lets what goes back stand for as many events as the dead letters did', () => {
    fc.assert(
      fc.property(deadLetters, (items) => {
        const { groups } = makePlan(items, NEWEST);
        const before = items.reduce((sum, each) => sum + events(each.deduplicated), 0);
        const after = groups.reduce(
          (sum, group) => sum + events(group.deduplicated ?? group.newest.deduplicated),
          0,
        );
        expect(after).toBe(before);
      }),
      RUNS,
    );
  });

  test('sends none that is older than one that it deduplicates', () => {
    fc.assert(
      fc.property(deadLetters, (items) => {
        for (const { newest, duplicates } of makePlan(items, NEWEST).groups) {
          for (const duplicate of duplicates) {
            expect(duplicate.incidentKey).toBe(newest.incidentKey);
            expect(newest.occurredAt).toBeGreaterThanOrEqual(duplicate.occurredAt);
          }
        }
      }),
      RUNS,
    );
  });
});

test('the overview counts what a replay could deduplicate', () => {
  const overview = overviewOf([
    item('a', { failedAt: 5 }),
    item('b', { failedAt: 1, service: 'network', incidentKey: 'network a' }),
    item('c', { failedAt: 9, reason: 'crashed' }),
    item('d', { service: undefined, incidentKey: undefined }),
  ]);
  expect(overview).toEqual({
    count: 4,
    services: [
      { name: 'platform', count: 2 },
      { name: 'network', count: 1 },
      { name: 'unknown', count: 1 },
    ],
    reasons: [
      { name: 'rejected', count: 3 },
      { name: 'crashed', count: 1 },
    ],
    oldest: 0,
    newest: 9,
    incidents: 2,
    duplicates: 1,
  });
  expect(overviewOf([])).toMatchObject({
    count: 0,
    oldest: undefined,
    incidents: 0,
    duplicates: 0,
  });
});
