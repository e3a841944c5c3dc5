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
  readonly keys: IntegrationKeysSecret;
  readonly versionId: string;
}

const CURRENT = 'AWSCURRENT';

/** Attempts while others change the secret at the same time. */
const ATTEMPTS = 10;

/** Longest pause between two attempts, milliseconds; random, so that two writers do not collide again. */
const LONGEST_PAUSE = 500;

/** Reads the keys. */
export async function readKeys({ secrets, secretArn }: KeyStore): Promise<IntegrationKeysVersion> {
  const { SecretString, VersionId = '' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: secretArn, VersionStage: CURRENT }),
  );
  return { keys: parseIntegrationKeysSecret(SecretString, secretArn), versionId: VersionId };
}

/**
 * Sets one service's key and keeps all others, even when another writer sets one at the same time.
 *
 * Secrets Manager has no conditional write, but moving the label AWSCURRENT is conditional: it fails
 * when the label is not on the version that the call names. So the new version is stored under its
 * own label first. Then AWSCURRENT is moved to it from the version that was read. If another writer
 * has moved the label, the newer version is read and the key merged into it.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 *
 * @returns how the key differs from the one before
 * @throws OperatorError when other writers came first each time
 */
export async function setKey(
  store: KeyStore,
  service: string,
  key: string,
): Promise<'new' | 'replaced' | 'unchanged'> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await wait(randomInt(LONGEST_PAUSE));
    const base = await readKeys(store);
    const before = base.keys.get(service);
    if (before === key) return 'unchanged';
    const merged = Object.fromEntries([...base.keys, [service, key]]);
    if (await replace(store, base.versionId, JSON.stringify(merged))) {
      return before === undefined ? 'new' : 'replaced';
    }
  }
  throw new OperatorError(
    'Others kept changing the integration keys at the same moment, so this key was not set; run the command again.',
  );
}

/** Makes a text the current version, unless the current version is no longer `baseVersion`. */
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
    // The label was moved: the answer was lost, and the SDK's retry found the label moved.
    if (now?.versionId === versionId) return true;
    if (now === undefined || now.versionId === baseVersion) throw error;
    return false;
  } finally {
    // Secrets Manager deletes versions without labels.
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
