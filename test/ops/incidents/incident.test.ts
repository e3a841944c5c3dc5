import { describe, expect, test } from '@jest/globals';

import {
  countCall,
  newKeyCalls,
  nextResolveSlotAt,
} from '../../../lambda/delivery/admission/slots.ts';
import { DEFAULT_DELIVERY_SETTINGS, shareOf } from '../../../lambda/shared/delivery-settings.ts';
import type { OpenIncident } from '../../../lambda/shared/open-incident.ts';
import {
  type IncidentFilter,
  type IncidentState,
  type ListedIncident,
  listIncidents,
  matches,
} from '../../../ops/incidents/incident.ts';
import { minutesOf, planResolve } from '../../../ops/incidents/resolve.ts';
import { NOON } from '../support/queues.ts';

const MINUTE = 60_000;
const CLAIM_DURATION = 15_000;

function row(more: Partial<OpenIncident> = {}): OpenIncident {
  return {
    incidentKey: 'platform glasnostic:env:4:requests',
    due: NOON + 25 * MINUTE,
    opened: NOON - 65 * MINUTE,
    lastEvent: NOON - 5 * MINUTE,
    summary: 'Checkout: requests 42 r/s exceeded threshold 30 r/s',
    keyId: 'current',
    isResolved: false,
    ...more,
  };
}

function listed(...rows: readonly OpenIncident[]): readonly ListedIncident[] {
  const keyIds = new Map([['platform', 'current']]);
  return listIncidents(rows, { keyIds, claimDuration: CLAIM_DURATION, now: NOON });
}

describe('an open incident', () => {
  test.each<[IncidentState, string, Partial<OpenIncident>]>([
    ['waiting', 'due later', {}],
    ['waiting', 'without a known key', { keyId: undefined }],
    ['due', 'due now', { due: NOON }],
    ['due', 'due two ticks ago', { due: NOON - 2 * MINUTE }],
    ['overdue', 'due three minutes ago', { due: NOON - 3 * MINUTE }],
    ['overdue', 'whose resolve failed', { due: NOON - 9 * MINUTE, claimed: NOON - MINUTE }],
    ['resolving', 'whose resolve is under way', { due: NOON - 1, claimed: NOON - CLAIM_DURATION }],
    ['key_missing', 'of a service without a key', { incidentKey: 'network d' }],
    ['key_changed', 'of a former key', { keyId: 'former' }],
    ['key_changed', 'of a former key, due long ago', { keyId: 'former', due: 0 }],
  ])('is %s: %s', (state, _, more) => {
    expect(listed(row(more)).map((incident) => incident.state)).toEqual([state]);
  });

  test('is not listed once PagerDuty has accepted its resolve', () => {
    expect(listed(row({ isResolved: true, claimed: NOON - 1 }))).toEqual([]);
  });

  test('has what its keys say', () => {
    const hash = 'a'.repeat(64);
    expect(listed(row())[0]).toMatchObject({
      service: 'platform',
      dedupKey: 'glasnostic:env:4:requests',
      about: { environment: 'env', view: '4', metric: 'requests' },
    });
    expect(listed(row({ incidentKey: `platform ${hash}` }))[0]).toMatchObject({
      dedupKey: hash,
      about: undefined,
    });
  });
});

test('what only a person can resolve comes first, then what is resolved first', () => {
  const rows = [
    row({ incidentKey: 'platform b', due: NOON + 2 }),
    row({ incidentKey: 'platform c', due: NOON + 1 }),
    row({ incidentKey: 'platform d', due: NOON + 9, keyId: 'former' }),
    row({ incidentKey: 'platform a', due: NOON + 2 }),
  ];
  expect(listed(...rows).map(({ dedupKey }) => dedupKey)).toEqual(['d', 'c', 'a', 'b']);
});

describe('a filter', () => {
  test.each<[boolean, IncidentFilter, Partial<OpenIncident>]>([
    [true, {}, {}],
    [true, { service: ['network', 'platform'] }, {}],
    [false, { service: ['plat'] }, {}],
    [true, { environment: ['env'], view: ['5', '4'] }, {}],
    [false, { environment: ['env'], view: ['5'] }, {}],
    [false, { environment: ['other'] }, {}],
    [true, { view: ['a:b'] }, { incidentKey: 'platform glasnostic:env:a%3ab:requests' }],
    [false, { view: ['4'] }, { incidentKey: `platform ${'4'.repeat(64)}` }],
    [true, { text: ['CHECKOUT'] }, {}],
    [true, { text: ['4:requests'] }, {}],
    [false, { text: ['payments'] }, {}],
    [true, { openedBefore: NOON - 64 * MINUTE }, {}],
    [false, { openedBefore: NOON - 65 * MINUTE }, {}],
    [false, { openedBefore: NOON - 5 * MINUTE }, { opened: undefined }],
    [true, { openedBefore: NOON }, { opened: undefined }],
  ])('takes %j: %j of %j', (expected, filter, more) => {
    expect(listed(row(more)).map((incident) => matches(filter, incident))).toEqual([expected]);
  });
});

test('a plan makes due what waits, and leaves what is due and what has a former key', () => {
  const incidents = listed(
    row({ incidentKey: 'platform waits' }),
    row({ incidentKey: 'network waits-for-a-key' }),
    row({ incidentKey: 'platform due', due: NOON }),
    row({ incidentKey: 'platform overdue', due: 0 }),
    row({ incidentKey: 'platform resolving', due: 0, claimed: NOON }),
    row({ incidentKey: 'platform former', keyId: 'former' }),
  );
  const { toResolve } = planResolve(incidents, incidents.length);
  expect(toResolve.map(({ dedupKey }) => dedupKey).toSorted()).toEqual([
    'waits',
    'waits-for-a-key',
  ]);
});

/** Resolves of one key that delivery allows at once. */
function allowedAtOnce(eventsWait: boolean): number {
  const calls = newKeyCalls();
  const share = shareOf(DEFAULT_DELIVERY_SETTINGS);
  const input = { calls, share, startedAt: NOON - 3_600_000, now: NOON };
  const eventsWaitUntil = eventsWait ? NOON + 1 : -Infinity;
  let count = 0;
  while (nextResolveSlotAt({ ...input, eventsWaitUntil }) <= NOON) {
    countCall(calls, 'resolve', NOON);
    count += 1;
  }
  return count;
}

describe('the minutes that resolves take', () => {
  test.each([1, 15, 16, 45, 46, 500])('of %d incidents are those that delivery takes', (size) => {
    const incidents = listed(
      ...Array.from({ length: size }, (_, number) => row({ incidentKey: `platform ${number}` })),
      row({ incidentKey: 'network 1' }),
    );
    expect(minutesOf(incidents, DEFAULT_DELIVERY_SETTINGS)).toEqual({
      least: Math.ceil(size / allowedAtOnce(false)),
      most: Math.ceil(size / allowedAtOnce(true)),
    });
  });

  test('are one without incidents', () => {
    expect(minutesOf([], DEFAULT_DELIVERY_SETTINGS)).toEqual({ least: 1, most: 1 });
  });
});
