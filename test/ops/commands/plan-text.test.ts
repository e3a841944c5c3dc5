import { expect, test } from '@jest/globals';

import { failureLines, groupLine } from '../../../ops/commands/plan-text.ts';
import type { Group } from '../../../ops/dead-letters/tally.ts';

test.each<[string, readonly Group[]]>([
  ['', []],
  ['platform', [{ name: 'platform', count: 1 }]],
  ['platform', [{ name: 'platform', count: 1_200 }]],
  [
    'platform 1,200, network 1',
    [
      { name: 'platform', count: 1_200 },
      { name: 'network', count: 1 },
    ],
  ],
])('groups in one line: %s', (expected, groups) => {
  expect(groupLine(groups)).toBe(expected);
});

test('a failure says how often it happened only if it happened more than once', () => {
  const failures = [
    { reason: 'ThrottlingException', count: 3 },
    { reason: 'The queue did not answer.', count: 1 },
  ];
  expect(failureLines(failures)).toEqual([
    '  3 times: ThrottlingException',
    '  The queue did not answer.',
  ]);
});
