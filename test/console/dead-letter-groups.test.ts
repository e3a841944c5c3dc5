import { expect, test } from '@jest/globals';

import { groupDeadLetters } from '../../local/console/dead-letter-groups.ts';
import { DeadLetterGroups } from '../../ops/dead-letters/groups.ts';
import type { DeadLetter, DeadLetterEvent } from '../../ops/dead-letters/dead-letter.ts';

function event(view: string): DeadLetterEvent {
  return {
    kind: 'threshold-exceeded',
    environment: { id: 'env-1' },
    summary: `View ${view}`,
    dedupKey: `glasnostic:env-1:${view}:s1`,
    dedupKeyWithoutStep: `glasnostic:env-1:${view}`,
    severity: 'error',
    occurredAt: 0,
  };
}

function deadLetter(id: string, failedAt: number, change: Partial<DeadLetter> = {}): DeadLetter {
  const base = { id, failedAt, reason: 'rejected', detail: 'invalid', httpStatus: 400 };
  return { ...base, service: 'platform', event: event('13'), ...change };
}

test('dead letters of one incident and one reason are a group, the newest group first', () => {
  const all = [
    deadLetter('a', 10),
    deadLetter('b', 30, { event: { ...event('13'), dedupKey: 'of a higher step' } }),
    deadLetter('c', 20, { event: event('14') }),
    deadLetter('d', 25, { detail: 'too large', httpStatus: 413 }),
    deadLetter('e', 24, { service: 'other' }),
    deadLetter('f', 5, { event: undefined, problem: 'It is not JSON.' }),
    deadLetter('g', 6, { event: undefined, problem: 'It is not JSON.' }),
    deadLetter('h', 4, { event: undefined, problem: 'It is no object.' }),
  ];
  const groups = groupDeadLetters(all);
  const ids = groups.map(({ deadLetters }) => deadLetters.map(({ id }) => id).join(''));
  expect(ids).toEqual(['ba', 'd', 'e', 'c', 'gf', 'h']);
  expect(new Set(groups.map(({ key }) => key)).size).toBe(groups.length);
});

test('the console and dlq list have the same groups', () => {
  const all = [
    deadLetter('a', 10),
    deadLetter('b', 30, { detail: 'other words' }),
    deadLetter('c', 20, { event: { ...event('14'), severity: 'critical' } }),
    deadLetter('d', 5, { event: undefined, problem: 'It is not JSON.' }),
  ];
  const listed = new DeadLetterGroups();
  for (const each of all) listed.add(each);
  const ids = groupDeadLetters(all).map(({ deadLetters }) => [
    deadLetters[0].id,
    deadLetters.length,
  ]);
  expect(listed.sorted().map(({ newest, count }) => [newest.id, count])).toEqual(ids);
});
