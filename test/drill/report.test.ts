import { describe, expect, test } from '@jest/globals';

import { accountingErrors, lostIn, type DrillAccounts } from '../../local/drill/accounts.ts';
import { faultsOf, tableOf, verdictOf } from '../../local/drill/report.ts';

const GOOD: DrillAccounts = {
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

describe('the accounts', () => {
  test('have no error when every event is in one place', () => {
    expect(lostIn(GOOD)).toBe(0);
    expect(accountingErrors(GOOD)).toEqual([]);
  });

  test.each<[string, Partial<DrillAccounts>, string]>([
    ['an event is nowhere', { delivered: 9 }, 'Lost: 1 event.'],
    ['two events are in two places', { waiting: 10 }, 'Counted twice: 2 events.'],
    [
      'ingest counted another number',
      { accepted: 99 },
      '100 events got a 202, but 99 were counted.',
    ],
    [
      'a dead letter is gone',
      { deadLetters: 1 },
      'The dead-letter queue should hold 2 messages, but holds 1.',
    ],
  ])('have one when %s', (_, change, error) => {
    expect(accountingErrors({ ...GOOD, ...change })).toEqual([error]);
  });
});

describe('the report', () => {
  const steps = [{ name: 'storm', accounts: GOOD, faults: [] }];

  test('has a row per step and one for all', () => {
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

  test('shows what a step added, but what waits and what is lost at its end', () => {
    const after = { ...GOOD, sent: 103, delivered: 11, calls: 13 };
    const table = tableOf({
      steps: [...steps, { name: 'outage', accounts: after, faults: [] }],
      slowestPage: 1,
    });
    const row = table.split('\n').find((line) => line.startsWith('outage'));
    expect(row?.split(/\s+/).slice(1)).toEqual(['3', '1', '0', '0', '0', '8', '2', '1', '0']);
  });

  test('passes a drill without faults', () => {
    expect(faultsOf({ steps, slowestPage: 2345 })).toEqual([]);
    expect(verdictOf({ steps, slowestPage: 2345 })).toBe(
      'Slowest page after recovery: 2.3 s.\nPassed: every event is accounted for.',
    );
  });

  test('fails a drill with a fault, and names its step', () => {
    const failed = { steps: [{ name: 'storm', accounts: GOOD, faults: ['Lost: 1 event.'] }] };
    expect(verdictOf({ ...failed, slowestPage: undefined })).toBe(
      'No page came after the recovery.\nFAILED:\n  storm: Lost: 1 event.',
    );
  });
});
