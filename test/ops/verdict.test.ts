/** The answer of `status`, as a table of series: what it says at which minute of what happens. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { VerdictFacts } from '../../ops/status/facts.ts';
import { verdict } from '../../ops/status/verdict.ts';
import {
  alarm,
  BEFORE,
  DEPLOYED,
  key,
  MINUTES,
  PAGE,
  TICKS,
  TO,
  verdictAt,
} from './support/case.ts';
import { INGEST_CASES } from './support/cases-ingest.ts';
import { OUTAGE_CASES } from './support/cases-outage.ts';
import { STAGE_CASES } from './support/cases-stage.ts';
import {
  deployed,
  every,
  factsAt,
  type Happening,
  LOCAL,
  START,
  type View,
} from './support/timeline.ts';

const CASES = { ...OUTAGE_CASES, ...INGEST_CASES, ...STAGE_CASES };

const views = fc.oneof(fc.constant(LOCAL), fc.integer({ min: 0, max: 180 }).map(deployed));

describe.each(Object.entries(CASES))('%s', (_, one) => {
  test('answers at minutes 0, 1, 2, 3, 5, 15, and after', () => {
    const answers = (view: View): string =>
      MINUTES.map((minute) => verdictAt(one, minute * 60, view).answer).join(' ');
    expect(answers(LOCAL)).toBe(one.local);
    expect(answers(DEPLOYED)).toBe(one.deployed);
  });

  test.each([
    ['local', LOCAL],
    ['deployed', DEPLOYED],
  ])('%s: says the cause and what helps', (_name, view) => {
    const sentence = (second: number): string => verdictAt(one, second, view).sentence;
    expect(sentence(15 * 60)).toMatch(one.says);
    expect(sentence(36 * 60)).toMatch(one.after ?? /^the last page got out at 16:3\d UTC/);
  });
});

describe('the answer does not change while nothing changes', () => {
  test('in any case of the table, after ten minutes of it', () => {
    const moments = fc.tuple(
      fc.constantFrom(...Object.values(CASES)),
      views,
      fc.integer({ min: 600, max: TO - 1 }),
      fc.integer({ min: 600, max: TO - 1 }),
    );
    fc.assert(
      fc.property(moments, ([one, view, first, second]) => {
        expect(verdictAt(one, first, view).answer).toBe(verdictAt(one, second, view).answer);
      }),
      { numRuns: 200 },
    );
  });

  test('in an outage, with retries at random times: at first it may be YES or LATE, then NO', () => {
    const outage = fc.record({
      view: views,
      /** Time between two failed calls: retries and probes come at least every five minutes. */
      pauses: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 60, maxLength: 60 }),
      status: fc.constantFrom(503, 500, 429, 0),
      /** The last page before. */
      last: fc.integer({ min: 0, max: 3_000 }),
      dead: fc.integer({ min: 0, max: 3 }),
      looks: fc.array(fc.integer({ min: 0, max: TO - 1 }), { minLength: 5, maxLength: 12 }),
    });
    fc.assert(
      fc.property(outage, ({ view, pauses, status, last, dead, looks }) => {
        let second = 0;
        const failures = pauses.map((pause) => {
          second += pause;
          return { second: second - pause, unavailable: 1, failedStatus: status };
        });
        const one = {
          happenings: [...TICKS, ...every(20, [BEFORE, -last], PAGE), ...failures].toSorted(
            (a, b) => a.second - b.second,
          ),
          facts: (at: number) => ({
            waiting: 1,
            oldestSeconds: at,
            deadLetters: { count: dead, recent: dead, old: 0 },
          }),
        };
        const answers = looks
          .toSorted((a, b) => a - b)
          .map((at) => verdictAt(one, at, view).answer);
        const no = answers.indexOf('no');
        expect(new Set(answers.slice(no === -1 ? answers.length : no))).toEqual(
          new Set(no === -1 ? [] : ['no']),
        );
        // A second failure, two periods of CloudWatch, and its delay, are enough.
        const known = Math.max(pauses[0] ?? 0, 120) + view.delay + 2 * view.period;
        expect(verdictAt(one, known, view).answer).toBe('no');
      }),
      { numRuns: 200 },
    );
  });
});

function withoutFigures(more: Partial<VerdictFacts>) {
  const facts = factsAt(0, DEPLOYED, []);
  return verdict({ ...facts, points: undefined, alarms: undefined, ...more });
}

describe('without figures', () => {
  test.each<[string, Partial<VerdictFacts>, string, RegExp]>([
    ['nothing waits', {}, 'yes', /^no event waits$/],
    ['events wait', { waiting: 3 }, 'unknown', /^3 events wait$/],
    [
      'an event became a dead letter',
      { deadLetters: { count: 1, recent: 1, old: 0 } },
      'partly',
      /^1 event became a dead letter in the last 15 min and waits for you/,
    ],
    [
      'keys of five services',
      {
        keys: [key('platform', 'set'), ...['a', 'b', 'c', 'd'].map((name) => key(name, 'missing'))],
      },
      'partly',
      /^the integration key of a, b, c and 1 more is missing/,
    ],
  ])('%s', (_, more, answer, sentence) => {
    expect(withoutFigures(more)).toMatchObject({
      answer,
      sentence: expect.stringMatching(sentence),
    });
  });
});

describe('a page that waits for long, of which SQS gives no age, while others get out', () => {
  // Other instances take most of the ticks.
  const levels = every(300, [60, TO], {}).map(({ second }) => ({
    second,
    waitsForPagerDuty: second,
  }));
  const others = [...TICKS, ...every(20, [BEFORE, TO], PAGE)];
  const answersOf = (happenings: readonly Happening[]): string[] => {
    const all = [...others, ...happenings].toSorted((a, b) => a.second - b.second);
    const one = { happenings: all, facts: () => ({ waiting: 1 }) };
    const seconds = every(30, [500, TO], {}).map(({ second }) => second);
    return [...new Set(seconds.map((second) => verdictAt(one, second, DEPLOYED).answer))];
  };

  test('is late from the first level to the end, and does not flip', () => {
    expect(answersOf(levels)).toEqual(['late']);
    expect(answersOf([])).toEqual(['yes']);
  });

  test('is named with its cause and its age', () => {
    const happenings = [...others, ...levels].toSorted((a, b) => a.second - b.second);
    const one = { happenings, facts: () => ({ waiting: 3 }) };
    expect(verdictAt(one, 900, DEPLOYED).sentence).toBe(
      '3 events wait, the oldest for 15 min, for PagerDuty; others get out',
    );
    expect(verdictAt({ happenings }, 900, DEPLOYED).answer).toBe('yes');
  });
});

test('an outage that ends in refusals names the section about refusals', () => {
  const facts = factsAt(60, LOCAL, [
    { second: 0, unavailable: 2, failedStatus: 503 },
    { second: 30, refused: 2, failedStatus: 400 },
  ]);
  expect(verdict(facts).sentence).toMatch(
    /^PagerDuty answers 400 since .* See docs\/runbook\.md#pagerduty-refusing$/,
  );
});

test('a new local bridge is not silent', () => {
  const facts = factsAt(60, LOCAL, [], { since: START });
  expect(verdict(facts)).toMatchObject({
    answer: 'yes',
    sentence: 'no event came in the last 1 min; no event waits',
  });
});

test('an update that is not due is no reason for another answer', () => {
  const works = every(20, [BEFORE, 0], PAGE);
  const of = (view: View, more: Partial<VerdictFacts>) =>
    verdict(factsAt(60, view, [...TICKS, ...works], more));
  expect(of(LOCAL, { updatesNotDue: 2 })).toMatchObject({
    answer: 'yes',
    sentence: expect.stringMatching(/no event waits; 2 updates are not due yet$/),
  });
  expect(of(DEPLOYED, { waiting: 1, oldestSeconds: 50 })).toMatchObject({
    answer: 'yes',
    sentence: expect.stringMatching(
      /1 event waits.*; some may be updates that are not due yet\. The figures are up to 3 min old$/,
    ),
  });
});

test('an alarm about calls that is about to end is not a headline', () => {
  const facts = factsAt(900, DEPLOYED, [...TICKS, ...every(20, [BEFORE, 900], PAGE)], {
    alarms: [alarm('PagerDutyUnavailable', 0), alarm('DeadLetters', 0)],
  });
  expect(verdict(facts).answer).toBe('yes');
});
