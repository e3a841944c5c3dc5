import { expect, test } from '@jest/globals';

import { describeLines } from '../../local/live-lines.ts';

const ACCEPTED = { message: 'PagerDuty accepted an event', dedup_key: 'd', status: 202 };

test('an incident is a line when it opens, not at each update, and again after its end', () => {
  const describe = describeLines(() => 'View 4: requests');
  const lines = [ACCEPTED, ACCEPTED, { message: 'Incident resolved', dedup_key: 'd' }, ACCEPTED];
  expect(lines.map((fields) => describe({ fields }))).toEqual([
    'opened    View 4: requests',
    undefined,
    'resolved  View 4: requests',
    'opened    View 4: requests',
  ]);
});

test.each([
  [
    { message: 'A PagerDuty call failed and will be retried', dedup_key: 'd', detail: '503 Down' },
    'failed    503 Down: d; tried again',
  ],
  [
    { message: 'PagerDuty refused an event', dedup_key: 'd', detail: '400 Invalid' },
    'refused   by PagerDuty: 400 Invalid: d',
  ],
  [
    { message: 'An event became a dead letter', reason: 'rejected', detail: '400', dedup_key: 'd' },
    'dead      rejected: 400: d',
  ],
  [
    { message: 'Request refused', status: 401, reason: 'Wrong token' },
    'refused   by the webhook: 401: Wrong token',
  ],
  [{ message: 'Batch settled' }, undefined],
])('%j', (fields, text) => {
  expect(describeLines(() => undefined)({ fields })).toBe(text);
});
