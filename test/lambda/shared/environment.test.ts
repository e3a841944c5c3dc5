import { expect, test } from '@jest/globals';

import { ENV, requireEnv } from '../../../lambda/shared/environment.ts';

test('a variable that is set is read', () => {
  expect(requireEnv({ [ENV.stageName]: 'example' }, ENV.stageName)).toBe('example');
});

test.each([{}, { [ENV.stageName]: '' }])(
  'one that is not stops the function, by name: %j',
  (env) => {
    expect(() => requireEnv(env, ENV.stageName)).toThrow(
      'The environment variable STAGE_NAME is not set; deploy the stack again.',
    );
  },
);

test('every variable has a name of its own', () => {
  const names = Object.values(ENV);
  expect(new Set(names).size).toBe(names.length);
});
