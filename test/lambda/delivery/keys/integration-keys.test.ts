import { describe, expect, test } from '@jest/globals';

import {
  integrationKeys,
  type IntegrationKeysSecret,
  integrationKeyOf,
  parseIntegrationKeysSecret,
} from '../../../../lambda/delivery/keys/integration-keys.ts';
import { cached } from '../../../../lambda/shared/secret.ts';
import { KEYS } from '../../../support/delivery-fixtures.ts';

const KEY = KEYS['shop'] ?? '';
const UNUSABLE =
  'The secret of the integration keys is not a JSON object of service names and keys; set each key with: ./bridge keys set SERVICE';

describe('the secret of the integration keys', () => {
  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['no JSON', `shop=${KEY}`],
    ['null', 'null'],
    ['a list', `["${KEY}"]`],
    ['a bare key', `"${KEY}"`],
  ])('that is %s makes events wait, and says what to do but not what is there', (_, secret) => {
    expect(integrationKeyOf(parseIntegrationKeysSecret(secret), 'shop')).toEqual({
      kind: 'missing',
      isMalformed: true,
      detail: UNUSABLE,
    });
  });

  const noKey = 'Service shop has no integration key; set it with: ./bridge keys set shop';
  const badKey =
    'The integration key of service shop is not 32 alphanumeric characters; set it with: ./bridge keys set shop';

  test.each<[string, unknown, string]>([
    ['no key', undefined, noKey],
    ['an empty key', '', badKey],
    ['a REST API key', KEY.slice(0, 20), badKey],
    ['a key with a line break', `${KEY}\n`, badKey],
    ['a key with a blank before it', ` ${KEY.slice(1)}`, badKey],
    ['a key that is too long', `${KEY}x`, badKey],
    ['a key with an umlaut', `ü${KEY.slice(1)}`, badKey],
    ['a number for a key', 12_345_678, badKey],
    ['an object for a key', { key: KEY }, badKey],
    ['null for a key', null, badKey],
  ])('with %s makes the events of that service wait', (_, key, detail) => {
    const secret = parseIntegrationKeysSecret(JSON.stringify({ bank: KEY, shop: key }));
    const lookup = integrationKeyOf(secret, 'shop');
    expect(lookup).toEqual({ kind: 'missing', isMalformed: key !== undefined, detail });
    expect(JSON.stringify(lookup)).not.toContain(KEY.slice(1, 20));
    expect(integrationKeyOf(secret, 'bank')).toEqual({ kind: 'key', key: KEY });
  });

  test.each(['__proto__', 'constructor', 'toString'])('has no key for a service %s', (service) => {
    expect(integrationKeyOf(parseIntegrationKeysSecret('{}'), service).kind).toBe('missing');
    const own = parseIntegrationKeysSecret(`{"${service}":"${KEY}"}`);
    expect(integrationKeyOf(own, service)).toEqual({ kind: 'key', key: KEY });
  });
});

/** Keys behind a cache, and what the next reading of the secret gives. */
function setUp(first: IntegrationKeysSecret | Error) {
  const state = { now: 0, next: first, reads: 0 };
  const keys = integrationKeys(
    cached({
      read: async () => {
        state.reads += 1;
        if (state.next instanceof Error) throw state.next;
        return state.next;
      },
      timeToLive: 300_000,
      refreshInterval: 1_000,
      now: () => state.now,
      onStale: () => undefined,
    }),
  );
  return { keys, state };
}

function secretOf(keys: Readonly<Record<string, string>>): IntegrationKeysSecret {
  return parseIntegrationKeysSecret(JSON.stringify(keys));
}

describe('looking up a key', () => {
  test('reads the secret once for many services', async () => {
    const { keys, state } = setUp(secretOf(KEYS));
    await Promise.all(['shop', 'bank', 'shop'].map(async (service) => keys.keyOf(service)));
    expect(state.reads).toBe(1);
  });

  test('finds a key that was set a moment ago without waiting for the cache', async () => {
    const { keys, state } = setUp(secretOf({}));
    expect((await keys.keyOf('shop')).kind).toBe('missing');
    state.next = secretOf({ shop: KEY });
    state.now += 1_000;
    expect(await keys.keyOf('shop')).toEqual({ kind: 'key', key: KEY });
  });

  test('does not read the secret for each of many events without a key', async () => {
    const { keys, state } = setUp(secretOf({}));
    for (let i = 0; i < 100; i++) await keys.keyOf('shop');
    expect(state.reads).toBe(1);
  });

  test('does not take a refused key for the newest while the secret cannot be read', async () => {
    const { keys, state } = setUp(secretOf(KEYS));
    await keys.keyOf('shop');
    state.next = new Error('down');
    state.now += 1_000;
    expect((await keys.reread('shop', state.now)).kind).toBe('missing');
    // What it knows stays good for deliveries.
    expect((await keys.keyOf('shop')).kind).toBe('key');
    state.next = secretOf(KEYS);
    state.now += 10_000;
    expect((await keys.reread('shop', state.now)).kind).toBe('key');
  });

  test('reads the secret after a refusal, however soon that is after the last reading', async () => {
    const { keys, state } = setUp(secretOf(KEYS));
    await keys.keyOf('shop');
    state.next = secretOf({ shop: KEYS['bank'] ?? '' });
    state.now += 1;
    expect(await keys.reread('shop', state.now)).toEqual({ kind: 'key', key: KEYS['bank'] });
    expect(state.reads).toBe(2);
  });

  test('never throws: what cannot be read makes events wait', async () => {
    const error = new Error(`connect to 10.0.0.1 with ${KEY}`);
    error.name = 'AccessDeniedException';
    const { keys } = setUp(error);
    const missing = {
      kind: 'missing',
      isMalformed: false,
      detail:
        "The secret of the integration keys cannot be read (AccessDeniedException); see whether Secrets Manager works and the function's role may read it",
    };
    expect(await keys.keyOf('shop')).toEqual(missing);
    expect(await keys.reread('shop', 0)).toEqual(missing);
  });
});

describe('a good key that is known', () => {
  const good = { kind: 'key', key: KEY } as const;
  const noObject = parseIntegrationKeysSecret('shop=1');

  /** Keys that have read a good secret, and then read another one. */
  async function after(next: IntegrationKeysSecret | Error) {
    const { keys, state } = setUp(secretOf({ shop: KEY }));
    await keys.keyOf('shop');
    state.next = next;
    state.now += 300_000;
    return { keys, state };
  }

  test.each<[string, IntegrationKeysSecret, string]>([
    ['a secret that is not a JSON object', noObject, 'is not a JSON object'],
    ['a key of the wrong form', secretOf({ shop: KEY.slice(1) }), 'is not 32 alphanumeric'],
    ['an empty key', secretOf({ shop: '' }), 'is not 32 alphanumeric'],
  ])('is not replaced by %s, which is reported', async (_, next, problem) => {
    const { keys, state } = await after(next);
    for (const result of [await keys.keyOf('shop'), await keys.reread('shop', state.now)]) {
      expect(result).toEqual({ ...good, problem: expect.stringContaining(problem) });
      expect(result.kind === 'key' && result.problem).not.toContain(KEY.slice(1));
    }
    state.next = secretOf({ shop: KEYS['bank'] ?? '' });
    state.now += 300_000;
    expect(await keys.keyOf('shop')).toEqual({ kind: 'key', key: KEYS['bank'] });
  });

  test('is forgotten when it is taken out of the secret', async () => {
    const { keys, state } = await after(secretOf({}));
    expect(await keys.keyOf('shop')).toMatchObject({ kind: 'missing', isMalformed: false });
    // What is malformed later does not bring it back.
    state.next = noObject;
    state.now += 300_000;
    expect(await keys.keyOf('shop')).toMatchObject({ kind: 'missing', isMalformed: true });
  });

  test('is no key for another service', async () => {
    const { keys } = await after(noObject);
    expect(await keys.keyOf('bank')).toMatchObject({ kind: 'missing', isMalformed: true });
  });

  test('is not read again with every event while the secret is malformed', async () => {
    const { keys, state } = await after(noObject);
    for (let i = 0; i < 100; i++) await keys.keyOf('shop');
    expect(state.reads).toBe(2);
  });
});
