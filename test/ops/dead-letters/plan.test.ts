import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { makePlan, overviewOf, type PlanItem } from '../../../ops/dead-letters/plan.ts';
import { RUNS } from '../../support/runs.ts';

const item = (id: string, more: Partial<PlanItem> = {}): PlanItem => ({
  id,
  service: 'platform',
  reason: 'rejected',
  incident: 'platform a',
  failedAt: 0,
  occurredAt: 0,
  receivedAt: 0,
  ...more,
});

const ALL = { newestPerIncident: false };
const NEWEST = { newestPerIncident: true };

const letters = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    service: fc.constantFrom('platform', 'network', undefined),
    reason: fc.constantFrom('rejected', 'crashed'),
    incident: fc.constantFrom('a', 'b', 'c', undefined),
    failedAt: fc.integer({ min: 0, max: 50 }),
    occurredAt: fc.integer({ min: 0, max: 5 }),
    receivedAt: fc.integer({ min: 0, max: 5 }),
    ratio: fc.constantFrom(undefined, 1.2, 3),
    deduplicated: fc.constantFrom(undefined, { count: 7, first: -9, last: -3, ratio: 2 }),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
);

/** Events that a letter stands for. */
function events(deduplicated: PlanItem['deduplicated']): number {
  return 1 + (deduplicated?.count ?? 0);
}

describe('a plan', () => {
  test('sends everything, the oldest dead letter first', () => {
    const plan = makePlan([item('b', { failedAt: 2 }), item('a', { failedAt: 1 })], ALL);
    expect(plan.send.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(plan.deduplicate.size).toBe(0);
  });

  test('sends the newest of an incident and deduplicates the others into it', () => {
    const plan = makePlan(
      [
        item('old', { occurredAt: 1, failedAt: 9 }),
        item('new', { occurredAt: 3, failedAt: 1 }),
        item('middle', { occurredAt: 2 }),
        item('other', { incident: 'platform b' }),
      ],
      NEWEST,
    );
    expect(plan.send.map(({ id }) => id).toSorted()).toEqual(['new', 'other']);
    expect(Object.fromEntries(plan.deduplicate)).toEqual({ old: 'new', middle: 'new' });
  });

  test('lets the newest stand for the others, and for what each of them stood for', () => {
    const plan = makePlan(
      [
        item('old', { occurredAt: 3, ratio: 4 }),
        item('older', { occurredAt: 2, deduplicated: { count: 5, first: 1, last: 1, ratio: 2 } }),
        item('new', { occurredAt: 9, ratio: 5, deduplicated: { count: 10, first: 4, last: 6 } }),
        item('other', { incident: 'platform b', deduplicated: { count: 1, first: 0, last: 0 } }),
      ],
      NEWEST,
    );
    // What nothing is deduplicated into goes back as it is.
    expect(Object.fromEntries(plan.standsFor)).toEqual({
      new: { count: 17, first: 1, last: 6, ratio: 4 },
    });
  });

  test('of two events of the same time the one received later is newer', () => {
    const plan = makePlan([item('a', { receivedAt: 2 }), item('b', { receivedAt: 1 })], NEWEST);
    expect(plan.send.map(({ id }) => id)).toEqual(['a']);
  });

  test('never deduplicates a letter without an event', () => {
    const items = [item('a', { incident: undefined }), item('b', { incident: undefined })];
    const plan = makePlan(items, NEWEST);
    expect(plan.send).toHaveLength(2);
    expect(plan.deduplicate.size).toBe(0);
  });

  test('with a limit takes the oldest, and deduplicates only into what it sends', () => {
    const plan = makePlan(
      [
        item('a1', { incident: 'a', occurredAt: 1, failedAt: 5 }),
        item('a2', { incident: 'a', occurredAt: 2, failedAt: 6 }),
        item('b1', { incident: 'b', occurredAt: 1, failedAt: 1 }),
        item('b2', { incident: 'b', occurredAt: 2, failedAt: 2 }),
      ],
      { newestPerIncident: true, limit: 1 },
    );
    expect(plan.send.map(({ id }) => id)).toEqual(['b2']);
    expect(Object.fromEntries(plan.deduplicate)).toEqual({ b1: 'b2' });
  });

  test('has a place for every letter, and only one', () => {
    fc.assert(
      fc.property(letters, fc.boolean(), fc.option(fc.nat(10)), (items, newest, limit) => {
        const plan = makePlan(items, {
          newestPerIncident: newest,
          limit: limit ?? undefined,
        });
        const sent = plan.send.map(({ id }) => id);
        const deduplicated = [...plan.deduplicate.keys()];
        const placed = [...sent, ...deduplicated];
        expect(new Set(placed).size).toBe(placed.length);
        for (const id of placed) expect(items.map((one) => one.id)).toContain(id);
        for (const speaker of plan.deduplicate.values()) expect(sent).toContain(speaker);
        expect(limit !== null || placed.length === items.length).toBe(true);
      }),
      RUNS,
    );
  });

  test('lets what goes back stand for as many events as the letters did', () => {
    fc.assert(
      fc.property(letters, (items) => {
        const { send, standsFor } = makePlan(items, NEWEST);
        const before = items.reduce((sum, { deduplicated }) => sum + events(deduplicated), 0);
        const after = send.reduce(
          (sum, { id, deduplicated }) => sum + events(standsFor.get(id) ?? deduplicated),
          0,
        );
        expect(after).toBe(before);
      }),
      RUNS,
    );
  });

  test('lets nobody speak who is older than one that it deduplicates', () => {
    fc.assert(
      fc.property(letters, (items) => {
        const byId = new Map(items.map((one) => [one.id, one]));
        for (const [id, speaker] of makePlan(items, NEWEST).deduplicate) {
          const [deduplicated, speaking] = [byId.get(id), byId.get(speaker)];
          expect(speaking?.incident).toBe(deduplicated?.incident);
          expect(speaking?.occurredAt).toBeGreaterThanOrEqual(deduplicated?.occurredAt ?? 0);
        }
      }),
      RUNS,
    );
  });
});

test('the overview counts what a replay could deduplicate', () => {
  const overview = overviewOf([
    item('a', { failedAt: 5 }),
    item('b', { failedAt: 1, service: 'network', incident: 'network a' }),
    item('c', { failedAt: 9, reason: 'crashed' }),
    item('d', { service: undefined, incident: undefined }),
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
