import { describe, expect, test } from '@jest/globals';

import { isIntegrationKey } from '../../../lambda/pagerduty/integration-key.ts';
import {
  generateIntegrationKey,
  generateSecret,
  serviceOfKey,
} from '../../../local/secrets-manager/initial-values.ts';
import { createSecretStore } from '../../../local/secrets-manager/store.ts';

const rules = {
  length: 4000,
  excludeCharacters: '',
  excludeLowercase: false,
  excludeUppercase: false,
  excludeNumbers: false,
  excludePunctuation: false,
};

describe('a generated secret', () => {
  test('has the length and the characters that the template asks for', () => {
    const text = generateSecret({ ...rules, excludePunctuation: true, excludeCharacters: '0O' });
    expect(text).toMatch(/^[A-NP-Za-z1-9]{4000}$/);
    expect(generateSecret({ ...rules, excludeUppercase: true, excludeNumbers: true })).toMatch(
      /^[^A-Z0-9]{4000}$/,
    );
  });

  test('is different each time', () => {
    expect(generateSecret({ ...rules, length: 32 })).not.toBe(
      generateSecret({ ...rules, length: 32 }),
    );
  });
});

test('a generated integration key has the format of one', () => {
  expect(isIntegrationKey(generateIntegrationKey())).toBe(true);
});

test('the stand-in accepts the keys that the secret holds at the moment, and ignores other values', () => {
  const store = createSecretStore();
  store.create('arn-local1', 'keys', '{"shop":"one","broken":null}');
  const serviceOf = serviceOfKey(store, 'arn-local1');
  expect([serviceOf('one'), serviceOf('two')]).toEqual(['shop', undefined]);
  store.put('keys', '{"shop":"two"}');
  expect([serviceOf('one'), serviceOf('two')]).toEqual([undefined, 'shop']);
});
