import { describe, expect, test } from '@jest/globals';

import { readRoutes } from '../../../lambda/shared/routes.ts';

describe('a file without a list of routes is an error', () => {
  test.each([
    '{}',
    'null',
    '[null]',
    '[{"environment":"1"}]',
    '[{"environment":1,"service":"s"}]',
    '[{"environment":[],"service":"s"}]',
    '[{"environment":["1",2],"service":"s"}]',
    '[{"service":"s"}]',
    '[{"environment":"1","ignore":false}]',
  ])('%s', (json) => {
    expect(() => readRoutes(json)).toThrow(
      'The file of routes does not hold a list of routes; deploy the stack again.',
    );
  });
});
