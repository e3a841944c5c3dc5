import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { Candidate } from '../../../lambda/delivery/candidate.ts';
import {
  byTime,
  groupBySubject,
  highestSeverity,
  incidentKeyOf,
  moreUrgent,
  subjectKeyOf,
} from '../../../lambda/delivery/subject.ts';
import { urgency } from '../../../lambda/pagerduty/severity.ts';
import { SEVERITIES } from '../../../lambda/shared/routes.ts';
import { candidate, NOW } from '../../support/delivery-fixtures.ts';
import { RUNS } from '../../support/runs.ts';

const candidates = fc.array(
  fc
    .record({
      environment: fc.constantFrom('a', 'b'),
      view: fc.constantFrom('1', '2', '3'),
      isLimit: fc.constantFrom(false, false, true),
      value: fc.constantFrom(31, 42, 60, 90),
      at: fc.integer({ min: NOW - 5_000, max: NOW - 1 }),
      late: fc.integer({ min: 0, max: 5_000 }),
    })
    .map(({ late, ...options }) => candidate({ ...options, received: options.at + late })),
  { maxLength: 20 },
);

const RUNS_OF_BATCHES = { ...RUNS, numRuns: 100 };

/** The newest event of each subject. */
function newestEvents(events: readonly Candidate[]): string[] {
  return groupBySubject(events)
    .map((subject) => subject.events.at(-1)?.message.messageId ?? '')
    .toSorted();
}

describe('the events of a batch, by subject', () => {
  test('are all there, each once', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const grouped = groupBySubject(all).flatMap(({ events }) => events);
        expect(grouped.length).toBe(all.length);
        expect(new Set(grouped)).toEqual(new Set(all));
      }),
      RUNS_OF_BATCHES,
    );
  });

  test('have the same service, dedup key and kind, oldest first', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const subjects = groupBySubject(all);
        expect(new Set(subjects.map(({ key }) => key)).size).toBe(subjects.length);
        for (const { key, incidentKey, events, service } of subjects) {
          expect(events.toSorted(byTime)).toEqual(events);
          for (const event of events) {
            expect(subjectKeyOf(event)).toBe(key);
            expect(incidentKeyOf(event)).toBe(incidentKey);
            expect(event.service).toBe(service);
            expect(event.event.kind).toBe(events[0].event.kind);
          }
        }
      }),
      RUNS_OF_BATCHES,
    );
  });

  test('do not depend on the order in which the queue hands the messages over', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        expect(newestEvents(all.toReversed())).toEqual(newestEvents(all));
      }),
      RUNS_OF_BATCHES,
    );
  });

  test('keep a limit that was reached apart from a threshold, in one incident', () => {
    const subjects = groupBySubject([candidate(), candidate({ isLimit: true })]);
    expect(subjects).toHaveLength(2);
    expect(new Set(subjects.map(({ incidentKey }) => incidentKey)).size).toBe(1);
  });

  test('keep the same dedup key in two services apart', () => {
    const other: Candidate = { ...candidate(), service: 'bank' };
    const subjects = groupBySubject([candidate(), other]);
    expect(new Set(subjects.map(({ incidentKey }) => incidentKey)).size).toBe(2);
  });

  test('of an empty batch are none', () => {
    expect(groupBySubject([])).toEqual([]);
  });
});

describe('the newest event', () => {
  test('is the one received last when events name the same time', () => {
    const early = candidate({ at: NOW - 9_000, received: NOW - 2_000 });
    const late = candidate({ at: NOW - 9_000, received: NOW - 1_000 });
    expect([late, early].toSorted(byTime)).toEqual([early, late]);
  });

  test('is not for ever that of a sender whose clock is ahead', () => {
    const ahead = candidate({ at: NOW + 3_600_000, received: NOW - 2_000 });
    const right = candidate({ at: NOW - 1_500, received: NOW - 1_000 });
    expect([right, ahead].toSorted(byTime)).toEqual([ahead, right]);
  });
});

describe('severities', () => {
  test('the more urgent of two', () => {
    for (const [low, a] of SEVERITIES.entries()) {
      for (const [high, b] of SEVERITIES.entries()) {
        expect(moreUrgent(a, b)).toBe(low > high ? a : b);
      }
    }
  });

  test('the highest of some events', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        for (const { events } of groupBySubject(all)) {
          const highest = Math.max(...events.map((event) => urgency(event.severity)));
          expect(urgency(highestSeverity(events))).toBe(highest);
        }
      }),
      RUNS_OF_BATCHES,
    );
  });
});
