/** Changes a secret unless another writer has changed it in the meantime. */

import { randomUUID } from 'node:crypto';

import {
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

/** A secret, and the client to reach it. */
export interface StoredSecret {
  readonly secrets: SecretsManagerClient;
  readonly secretArn: string;
}

/** Label of the version that a secret has now. */
export const CURRENT = 'AWSCURRENT';

/** Label of the version before it. Secrets Manager moves it when it moves {@link CURRENT}. */
export const PREVIOUS = 'AWSPREVIOUS';

/**
 * Makes a text the current version, unless the current version is no longer `baseVersion`.
 *
 * Secrets Manager has no conditional write, but moving the label AWSCURRENT is conditional: it fails
 * when the label is not on the version that the call names. So the new version is stored under its
 * own label first. Then AWSCURRENT is moved to it from `baseVersion`.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 *
 * @param readVersion reads the ID of the current version
 * @returns false when another writer came first
 */
export async function replaceSecret(
  { secrets, secretArn }: StoredSecret,
  text: string,
  baseVersion: string,
  readVersion: () => Promise<string | undefined>,
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
    const now = await readVersion().catch(() => undefined);
    // The label was moved: the answer was lost, and the SDK's retry found the label moved.
    if (now === versionId) return true;
    if (now === undefined || now === baseVersion) throw error;
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
