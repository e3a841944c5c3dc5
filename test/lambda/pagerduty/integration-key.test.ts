import { expect, test } from '@jest/globals';

import { isIntegrationKey } from '../../../lambda/pagerduty/integration-key.ts';

test.each([
  ['32 letters and digits', 'aZ09'.repeat(8), true],
  ['31 characters', 'a'.repeat(31), false],
  ['33 characters', 'a'.repeat(33), false],
  ['a dash', `${'a'.repeat(31)}-`, false],
  ['a line break at the end', `${'a'.repeat(32)}\n`, false],
  ['nothing', '', false],
])('an integration key of %s', (_, text, expected) => {
  expect(isIntegrationKey(text)).toBe(expected);
});
