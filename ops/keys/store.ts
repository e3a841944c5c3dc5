/** Reads and changes the secret that holds the integration keys. */

import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

import { OperatorError } from '../errors.ts';
import {
  type IntegrationKeysSecret,
  parseIntegrationKeysSecret,
} from './integration-keys-secret.ts';

/** The secret of a stage, and the client to reach it. */
export interface KeyStore {
  readonly secrets: SecretsManagerClient;
  readonly secretArn: string;
}

/** The keys, and the version of the secret that held them. */
export interface IntegrationKeysVersion {
  readonly keyring: IntegrationKeysSecret;
  readonly versionId: string;
}

const CURRENT = 'AWSCURRENT';

/** Times that somebody else may come first. */
const ATTEMPTS = 10;

/** Longest pause after somebody else came first, milliseconds; random, so that two do not collide again. */
const LONGEST_PAUSE = 500;

/** Reads the keys. */
export async function readKeys({ secrets, secretArn }: KeyStore): Promise<IntegrationKeysVersion> {
  const { SecretString, VersionId = '' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: secretArn, VersionStage: CURRENT }),
  );
  return { keyring: parseIntegrationKeysSecret(SecretString, secretArn), versionId: VersionId };
}

/**
 * Sets one service's key and keeps all others, even when somebody else sets one at the same time.
 *
 * Secrets Manager has no write with a condition, but moving the label AWSCURRENT has one: it fails
 * when the label is not on the version that is named as its present place. So the new version is
 * stored under a label of its own first, and then AWSCURRENT is moved to it from the version that
 * was read; if that has changed, the newer one is read and the key merged into it.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 *
 * @returns what the service had before
 * @throws OperatorError when others kept coming first
 */
export async function setKey(
  store: KeyStore,
  service: string,
  key: string,
): Promise<'new' | 'replaced' | 'unchanged'> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await wait(randomInt(LONGEST_PAUSE));
    const base = await readKeys(store);
    const before = base.keyring.get(service);
    if (before === key) return 'unchanged';
    const merged = Object.fromEntries([...base.keyring, [service, key]]);
    if (await replace(store, base.versionId, JSON.stringify(merged))) {
      return before === undefined ? 'new' : 'replaced';
    }
  }
  throw new OperatorError(
    'Others kept changing the integration keys at the same moment, so this key was not set; run the command again.',
  );
}

/** Makes a text the current version if the current version is still the one that was read. */
async function replace(
  { secrets, secretArn }: KeyStore,
  baseVersion: string,
  text: string,
): Promise<boolean> {
  const versionId = randomUUID();
  const label = `ops-${versionId}`;
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: secretArn,
      ClientRequestToken: versionId,
      SecretString: text,
      VersionStages: [label],
    }),
  );
  try {
    await secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secretArn,
        VersionStage: CURRENT,
        MoveToVersionId: versionId,
        RemoveFromVersionId: baseVersion,
      }),
    );
    return true;
  } catch (error) {
    const now = await readKeys({ secrets, secretArn }).catch(() => undefined);
    // Moved after all: the answer was lost, and the repetition found the label gone.
    if (now?.versionId === versionId) return true;
    if (now === undefined || now.versionId === baseVersion) throw error;
    return false;
  } finally {
    // Without labels, Secrets Manager forgets a version that was not used.
    await secrets
      .send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretArn,
          VersionStage: label,
          RemoveFromVersionId: versionId,
        }),
      )
      .catch(() => undefined);
  }
}
