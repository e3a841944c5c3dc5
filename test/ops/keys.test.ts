import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { UsageError } from '../../ops/errors.ts';
import { checkResult } from '../../ops/keys/check.ts';
import {
  checkService,
  keyStates,
  parseIntegrationKeysSecret,
  readIntegrationKey,
} from '../../ops/keys/integration-keys-secret.ts';
import { readKeys, removeKey, setKey } from '../../ops/keys/store.ts';
import type { StoredSecret } from '../../ops/secrets/stored-secret.ts';
import { startQueues, type TestQueues } from './support/queues.ts';

const KEY_A = 'a'.repeat(32);
const KEY_B = 'B0'.repeat(16);
const REST_KEY = 'u+AbCdEfGhIjKlMnOpQr';

describe('what an operator enters as a key', () => {
  test.each([KEY_A, KEY_B, ` ${KEY_A}\n`])('%j is taken, without the blanks around it', (text) => {
    expect(readIntegrationKey(text)).toBe(text.trim());
  });

  test('a REST API key is refused with the difference', () => {
    expect(() => readIntegrationKey(REST_KEY)).toThrow(
      /20 characters, so it is a REST API key, which manages PagerDuty and cannot send events.*"Events API v2" integration/,
    );
  });

  test.each([
    ['', 'it is empty'],
    ['a'.repeat(31), '31 characters instead of 32'],
    ['a'.repeat(33), '33 characters instead of 32'],
    [`${'a'.repeat(31)}!`, 'characters other than letters and digits'],
  ])('%j is refused: %s', (text, reason) => {
    expect(() => readIntegrationKey(text)).toThrow(UsageError);
    expect(() => readIntegrationKey(text)).toThrow(reason);
  });

  test('is in no error', () => {
    for (const text of [REST_KEY, `secret${'x'.repeat(26)}!`]) {
      let message = '';
      try {
        readIntegrationKey(text);
      } catch (error) {
        message = String(error);
      }
      expect(message).not.toContain(text);
      expect(message).not.toContain('secret');
    }
  });
});

test('a typo in the name of a service is refused with the names there are', () => {
  expect(() => checkService('platfrom', ['network', 'platform'], false)).toThrow(
    /its services are: network, platform.*--unrouted/,
  );
  expect(() => checkService('new', ['network'], true)).not.toThrow();
  expect(() => checkService('two words', ['two words'], true)).toThrow(UsageError);
});

test('states of keys are listed, the keys are not', () => {
  const secret = parseIntegrationKeysSecret(
    JSON.stringify({ platform: KEY_A, network: REST_KEY, old: KEY_B, odd: 7 }),
    'arn',
  );
  const states = keyStates(secret, ['network', 'payments', 'platform']);
  expect(states).toEqual([
    { service: 'network', state: 'malformed', routed: true, note: expect.stringMatching(/REST/) },
    { service: 'payments', state: 'missing', routed: true },
    { service: 'platform', state: 'set', routed: true },
    { service: 'odd', state: 'malformed', routed: false, note: 'it is not a text' },
    { service: 'old', state: 'set', routed: false, note: expect.stringMatching(/no route/) },
  ]);
  for (const key of [KEY_A, KEY_B, REST_KEY]) expect(JSON.stringify(states)).not.toContain(key);
});

test.each(['', 'text', '[]', 'null'])('a secret of %j is not overwritten', (text) => {
  expect(() => parseIntegrationKeysSecret(text, 'the-arn')).toThrow(
    /the-arn is not a JSON object.*repair it/,
  );
});

test.each([
  [202, '{"status":"success"}', 'accepted', '202'],
  [200, '{"status":"success"}', 'accepted', '200'],
  [200, '<p>Log in</p>', 'unknown', '200 <p>Log in</p>'],
  [302, '', 'unknown', '302'],
  [
    400,
    '{"status":"invalid event","message":"Event object is invalid","errors":["Invalid routing key"]}',
    'refused',
    '400 Event object is invalid; Invalid routing key',
  ],
  [400, 'Bad Request', 'unknown', '400 Bad Request'],
  [429, '{"message":"Throttled"}', 'unknown', '429 Throttled'],
  [503, 'x'.repeat(999), 'unknown', `503 ${'x'.repeat(295)}…`],
  [0, 'connect ECONNREFUSED', 'unknown', 'not reached: connect ECONNREFUSED'],
])('an answer %d %j to the check of a key means %s', (status, text, result, detail) => {
  expect(checkResult({ status, text })).toEqual({ result, detail });
});

describe('setting a key', () => {
  let queues: TestQueues;
  let store: StoredSecret;

  beforeEach(async () => {
    queues = await startQueues();
    const { gateway } = queues;
    const [secretArn] = [gateway.secrets.describe('keys').arn];
    store = {
      secretArn,
      secrets: new SecretsManagerClient({
        region: 'us-east-1',
        endpoint: gateway.url,
        credentials: gateway.register({ name: 'keys' }),
      }),
    };
  });

  afterEach(async () => {
    await queues.stop();
  });

  const keys = async () => Object.fromEntries((await readKeys(store)).keys);

  test('keeps the keys of all other services', async () => {
    expect(await setKey(store, 'platform', KEY_A)).toBe('new');
    expect(await setKey(store, 'network', KEY_B)).toBe('new');
    expect(await setKey(store, 'platform', KEY_B)).toBe('replaced');
    expect(await setKey(store, 'platform', KEY_B)).toBe('unchanged');
    expect(await keys()).toEqual({ platform: KEY_B, network: KEY_B });
  });

  test('removing one keeps the keys of all other services', async () => {
    await setKey(store, 'platform', KEY_A);
    await setKey(store, 'network', KEY_B);
    expect(await removeKey(store, 'platform')).toBe('removed');
    expect(await removeKey(store, 'platform')).toBe('missing');
    expect(await keys()).toEqual({ network: KEY_B });
  });

  test('and removing others at the same moment loses no change', async () => {
    for (const service of ['a', 'b', 'c']) await setKey(store, service, KEY_A);
    await Promise.all([
      removeKey(store, 'a'),
      setKey(store, 'd', KEY_B),
      removeKey(store, 'c'),
      setKey(store, 'b', KEY_B),
    ]);
    expect(await keys()).toEqual({ b: KEY_B, d: KEY_B });
  });

  test('by six writers at the same moment loses none of their keys', async () => {
    const services = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(services.map(async (service) => setKey(store, service, KEY_A)));
    expect(await keys()).toEqual(Object.fromEntries(services.map((name) => [name, KEY_A])));
  });

  test('merges into what another writer set between reading and writing', async () => {
    // The second call of setKey is its write: another writer comes in before it is made current.
    const remove = queues.gateway.faults.add({
      action: 'secretsmanager:UpdateSecretVersionStage',
      times: 1,
      effect: { kind: 'delay', milliseconds: 300 },
    });
    const slow = setKey(store, 'platform', KEY_A);
    queues.gateway.secrets.put(store.secretArn, JSON.stringify({ network: KEY_B }));
    await slow;
    remove();
    expect(await keys()).toEqual({ platform: KEY_A, network: KEY_B });
  });

  test.each(['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'])(
    'works when the answer to %s is lost',
    async (action) => {
      queues.gateway.faults.add({ action, times: 1, effect: { kind: 'lose-answer' } });
      expect(await setKey(store, 'platform', KEY_A)).toBe('new');
      expect(await keys()).toEqual({ platform: KEY_A });
    },
  );

  test('leaves no label of its own behind', async () => {
    await setKey(store, 'platform', KEY_A);
    await setKey(store, 'network', KEY_B);
    const labels = Object.values(queues.gateway.secrets.describe('keys').versions).flat();
    expect(labels.toSorted()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  test('without permission changes nothing and says so', async () => {
    queues.gateway.faults.add({
      action: 'secretsmanager:UpdateSecretVersionStage',
      effect: { kind: 'respond', status: 400, code: 'AccessDeniedException' },
    });
    await expect(setKey(store, 'platform', KEY_A)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(await keys()).toEqual({});
  });
});
