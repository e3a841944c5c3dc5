import { describe, expect, test } from '@jest/globals';

import {
  accountingErrors,
  difference,
  EMPTY,
  unaccounted,
  type Accounts,
} from '../../local/traffic/accounting.ts';
import { faultsOf, tableOf, verdictOf } from '../../local/drill/report.ts';

const GOOD: Accounts = {
  sent: 100,
  accepted: 100,
  delivered: 10,
  deduplicated: 80,
  deadLettered: 6,
  replayed: 4,
  waiting: 8,
  deadLetters: 2,
  calls: 12,
  throttled: 1,
};

describe('the law of conservation', () => {
  test('holds when every event is in one place', () => {
    expect(unaccounted(GOOD)).toBe(0);
    expect(accountingErrors(GOOD)).toEqual([]);
    expect(accountingErrors(EMPTY)).toEqual([]);
  });

  test.each<[string, Partial<Accounts>, string]>([
    ['an event is nowhere', { delivered: 9 }, '1 events are lost.'],
    ['an event is in two places', { waiting: 10 }, '2 events were counted twice.'],
    [
      'ingest counted another number',
      { accepted: 99 },
      '100 events were answered 202, and 99 counted.',
    ],
    [
      'a dead letter is gone',
      { deadLetters: 1 },
      'There should be 2 dead letters, and there are 1.',
    ],
  ])('is broken when %s', (_, change, breach) => {
    expect(accountingErrors({ ...GOOD, ...change })).toEqual([breach]);
  });

  test('a step has what was added, and what waits at its end', () => {
    const added = difference(EMPTY, GOOD);
    expect(added).toEqual(GOOD);
    expect(difference(GOOD, GOOD)).toEqual({ ...EMPTY, waiting: 8, deadLetters: 2 });
  });
});

describe('the last page', () => {
  const steps = [{ name: 'storm', accounts: GOOD, faults: [] }];

  test('has a row a step and one for all', () => {
    const [title, , row, , all] = tableOf({ steps, slowestPage: 1 }).split('\n');
    expect(title?.trim().split(/ {2,}/)).toEqual([
      'events in',
      'delivered',
      'deduplicated',
      'dead-lettered',
      'replayed',
      'waiting',
      'lost',
      'calls',
      '429s',
    ]);
    const numbers = ['100', '10', '80', '6', '4', '8', '0', '12', '1'];
    expect(row?.split(/\s+/)).toEqual(['storm', ...numbers]);
    expect(all?.split(/\s+/)).toEqual(['all', ...numbers]);
  });

  test('passes a drill without faults', () => {
    expect(faultsOf({ steps, slowestPage: 2345 })).toEqual([]);
    expect(verdictOf({ steps, slowestPage: 2345 })).toBe(
      'Slowest page after recovery: 2.3 s.\nPassed: every event is accounted for.',
    );
  });

  test('fails a drill with a fault, and names its step', () => {
    const failed = { steps: [{ name: 'storm', accounts: GOOD, faults: ['1 events are lost.'] }] };
    expect(verdictOf({ ...failed, slowestPage: undefined })).toBe(
      'No page came after the recovery.\nFAILED:\n  storm: 1 events are lost.',
    );
  });
});
