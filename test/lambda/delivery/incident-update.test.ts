import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  groupByIncident,
  deduplicatedOf,
  incidentKeyOf,
  type IncidentUpdate,
  isAlreadyNotified,
  moreUrgent,
  type LastNotification,
  updateOf,
} from '../../../lambda/delivery/incident-update.ts';
import type { Candidate } from '../../../lambda/delivery/intake.ts';
import { urgency } from '../../../lambda/pagerduty/severity.ts';
import { SEVERITIES } from '../../../lambda/shared/routes.ts';
import { candidate, NOW } from '../../support/delivery-fixtures.ts';
import { RUNS } from '../../support/runs.ts';

const candidates = fc.array(
  fc
    .record({
      environment: fc.constantFrom('a', 'b'),
      view: fc.constantFrom('1', '2', '3'),
      value: fc.constantFrom(31, 42, 60, 90),
      at: fc.integer({ min: NOW - 5_000, max: NOW - 1 }),
      late: fc.integer({ min: 0, max: 5_000 }),
    })
    .map(({ late, ...options }) => candidate({ ...options, received: options.at + late })),
  { maxLength: 20 },
);

/** The update that some events make, which a test knows to be there. */
function update(...events: Candidate[]): IncidentUpdate {
  const made = updateOf(events);
  if (made === undefined) throw new Error('No events.');
  return made;
}

/** A batch takes longer to make up than to deduplicate. */
const RUNS_OF_BATCHES = { ...RUNS, numRuns: 100 };

/** Who is sent for each incident. */
function latestEvents(events: readonly Candidate[]): string[] {
  return groupByIncident(events)
    .map(({ latest }) => latest.message.messageId)
    .toSorted();
}

/** What PagerDuty was notified ten seconds ago. */
function notified(changes: Partial<LastNotification> = {}): LastNotification {
  return { at: NOW - 10_000, severity: 'warning', latestAcceptedAt: NOW - 11_000, ...changes };
}

describe('deduplication', () => {
  test('neither loses nor invents an event', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const deduplicated = groupByIncident(all).flatMap(({ events }) => events);
        expect(deduplicated.length).toBe(all.length);
        expect(new Set(deduplicated)).toEqual(new Set(all));
      }),
      RUNS_OF_BATCHES,
    );
  });

  test('makes one update of each incident, of its events only', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const updates = groupByIncident(all);
        expect(new Set(updates.map(({ incidentKey }) => incidentKey)).size).toBe(updates.length);
        for (const { incidentKey, events, service, dedupKey } of updates) {
          for (const event of events) {
            expect(incidentKeyOf(event)).toBe(incidentKey);
            expect(event).toMatchObject({ service, dedupKey });
          }
        }
      }),
      RUNS_OF_BATCHES,
    );
  });

  test('lets the newest event be sent, at the highest severity', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        for (const { latest, events, severity } of groupByIncident(all)) {
          const newest = Math.max(...events.map(({ occurredAt }) => occurredAt));
          expect(latest.occurredAt).toBe(newest);
          expect(events.at(-1)).toBe(latest);
          const highest = Math.max(...events.map((event) => urgency(event.severity)));
          expect(urgency(severity)).toBe(highest);
        }
      }),
      RUNS_OF_BATCHES,
    );
  });

  test('does not depend on the order in which the queue hands the messages over', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        expect(latestEvents(all.toReversed())).toEqual(latestEvents(all));
      }),
      RUNS_OF_BATCHES,
    );
  });

  test('lets what was received last be sent when the events name the same time', () => {
    const early = candidate({ at: NOW - 9_000, received: NOW - 2_000 });
    const late = candidate({ at: NOW - 9_000, received: NOW - 1_000 });
    expect(update(late, early).latest).toBe(late);
  });

  test('does not let a sender whose clock is ahead be sent for ever', () => {
    const ahead = candidate({ at: NOW + 3_600_000, received: NOW - 2_000 });
    const right = candidate({ at: NOW - 1_500, received: NOW - 1_000 });
    expect(update(right, ahead).latest).toBe(right);
  });

  test('keeps incidents of the same dedup key apart when they belong to different services', () => {
    const other: Candidate = { ...candidate(), service: 'bank' };
    expect(groupByIncident([candidate(), other])).toHaveLength(2);
  });

  test('of nothing is nothing', () => {
    expect(groupByIncident([])).toEqual([]);
    expect(updateOf([])).toBeUndefined();
  });
});

describe('what was deduplicated', () => {
  test('is how many events there are, from the first to the last', () => {
    const events = [3_000, 1_000, 2_000].map((ago) => candidate({ at: NOW - ago }));
    expect(deduplicatedOf(update(...events))).toMatchObject({
      count: 3,
      first: NOW - 3_000,
      last: NOW - 1_000,
    });
  });

  test('includes what was deduplicated before, whichever is older', () => {
    const one = update(candidate({ at: NOW - 2_000 }));
    const since = { count: 4, first: NOW - 1_500, last: NOW - 500 };
    expect(deduplicatedOf(one, since)).toMatchObject({
      count: 5,
      first: NOW - 2_000,
      last: NOW - 500,
    });
  });

  test('includes what a replay deduplicated into each of its events', () => {
    const deduplicated = { count: 10, first: NOW - 9_000, last: NOW - 3_000 };
    const events = [
      candidate({ at: NOW - 2_000, deduplicated }),
      candidate({ at: NOW - 1_000, deduplicated }),
    ];
    const all = { count: 22, first: NOW - 9_000, last: NOW - 1_000 };
    expect(deduplicatedOf(update(...events))).toMatchObject(all);
    expect(deduplicatedOf(update(...events), deduplicated)).toMatchObject({ ...all, count: 32 });
  });
});

describe('an update is known', () => {
  const one = update(candidate({ at: NOW - 1_000 }));
  const known = (before: LastNotification | undefined): boolean =>
    isAlreadyNotified(one, before, NOW, 60_000);

  test.each<[string, LastNotification | undefined, boolean]>([
    ['not if PagerDuty was notified nothing', undefined, false],
    ['if it was notified a moment ago', notified(), true],
    ['until the interval is over', notified({ at: NOW - 59_999 }), true],
    ['not after the interval', notified({ at: NOW - 60_000 }), false],
    ['if it was notified more urgently', notified({ severity: 'critical' }), true],
    ['not if it is more urgent than what was notified', notified({ severity: 'info' }), false],
    [
      'after the interval if PagerDuty was notified of a newer event',
      notified({ at: NOW - 3_600_000, latestAcceptedAt: NOW - 1_000 }),
      true,
    ],
    [
      'not if it is what is old but more urgent',
      notified({ at: NOW - 3_600_000, latestAcceptedAt: NOW, severity: 'info' }),
      false,
    ],
  ])('%s', (_, before, expected) => {
    expect(known(before)).toBe(expected);
  });

  test('never by an interval of zero', () => {
    expect(isAlreadyNotified(one, notified({ at: NOW }), NOW, 0)).toBe(false);
  });
});

test('of two severities the more urgent counts', () => {
  for (const [low, a] of SEVERITIES.entries()) {
    for (const [high, b] of SEVERITIES.entries()) {
      expect(moreUrgent(a, b)).toBe(low > high ? a : b);
    }
  }
});
