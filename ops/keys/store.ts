/** Reads and changes the secret that holds the integration keys. */

import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';

import { OperatorError } from '../errors.ts';
import { CURRENT, replaceSecret, type StoredSecret } from '../secrets/stored-secret.ts';
import {
  type IntegrationKeysSecret,
  parseIntegrationKeysSecret,
} from './integration-keys-secret.ts';

/** The keys, and the version of the secret that held them. */
export interface IntegrationKeysVersion {
  readonly keys: IntegrationKeysSecret;
  readonly versionId: string;
}

/** Attempts while others change the secret at the same time. */
const ATTEMPTS = 10;

/** Longest pause between two attempts, milliseconds; random, so that two writers do not collide again. */
const LONGEST_PAUSE = 500;

/** Reads the keys. */
export async function readKeys({
  secrets,
  secretArn,
}: StoredSecret): Promise<IntegrationKeysVersion> {
  const { SecretString, VersionId = '' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: secretArn, VersionStage: CURRENT }),
  );
  return { keys: parseIntegrationKeysSecret(SecretString, secretArn), versionId: VersionId };
}

/** A change of the keys: the new ones, and what the change is. Without new ones nothing is written. */
interface KeyChange<T> {
  readonly keys?: IntegrationKeysSecret;
  readonly result: T;
}

/**
 * Changes one service's key and keeps all others, even when another writer changes one at the same
 * time: then the newer version is read, and the change is made to that.
 *
 * @throws OperatorError when other writers came first each time
 */
async function changeKeys<T>(
  store: StoredSecret,
  change: (keys: IntegrationKeysSecret) => KeyChange<T>,
): Promise<T> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await wait(randomInt(LONGEST_PAUSE));
    const base = await readKeys(store);
    const { keys, result } = change(base.keys);
    if (keys === undefined) return result;
    const text = JSON.stringify(Object.fromEntries(keys));
    const readVersion = async () => (await readKeys(store)).versionId;
    if (await replaceSecret(store, text, base.versionId, readVersion)) return result;
  }
  throw new OperatorError(
    'Others kept changing the integration keys at the same moment, so this key was not changed; run the command again.',
  );
}

/**
 * Sets one service's key.
 *
 * @returns how the key differs from the one before
 * @throws OperatorError when other writers came first each time
 */
export async function setKey(
  store: StoredSecret,
  service: string,
  key: string,
): Promise<'new' | 'replaced' | 'unchanged'> {
  return changeKeys(store, (keys) => {
    const before = keys.get(service);
    if (before === key) return { result: 'unchanged' };
    const result = before === undefined ? 'new' : 'replaced';
    return { keys: new Map([...keys, [service, key]]), result };
  });
}

/**
 * Removes one service's key.
 *
 * @returns `missing` when there is none
 * @throws OperatorError when other writers came first each time
 */
export async function removeKey(
  store: StoredSecret,
  service: string,
): Promise<'removed' | 'missing'> {
  return changeKeys(store, (keys) =>
    keys.has(service)
      ? { keys: new Map([...keys].filter(([name]) => name !== service)), result: 'removed' }
      : { result: 'missing' },
  );
}
