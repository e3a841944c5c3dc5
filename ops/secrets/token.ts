/** The webhook token of a stage. */

import { randomBytes } from 'node:crypto';

import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

import { fitsUrlPath, UNFIT_TOKEN } from '../../lambda/shared/webhook-token.ts';
import { OperatorError } from '../errors.ts';
import type { StageContext } from '../stage/context.ts';
import { CURRENT, PREVIOUS, replaceSecret, type StoredSecret } from './stored-secret.ts';

/** The secret that holds the webhook token of a stage. */
export function tokenSecret({ secrets, outputs }: StageContext): StoredSecret {
  return { secrets, secretArn: outputs.webhookTokenSecretArn };
}

/**
 * Reads the webhook token. Only `url` may print it.
 *
 * @throws OperatorError when there is none, or when it does not fit a URL
 */
export async function readToken({ secrets, secretArn }: StoredSecret): Promise<string> {
  const { SecretString = '' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: secretArn, VersionStage: CURRENT }),
  );
  const token = SecretString.trim();
  if (token === '') {
    throw new OperatorError(
      `The secret ${secretArn} holds no token; make one with: ./bridge token rotate`,
    );
  }
  if (!fitsUrlPath(token)) throw new OperatorError(`${UNFIT_TOKEN}.`);
  return token;
}

/** Versions of the token: their IDs, never the tokens. */
export interface TokenVersions {
  readonly current: string | undefined;
  /** The token before the current one, which ingest accepts too. */
  readonly previous: string | undefined;
}

/** Finds the versions of the token, without reading a token. */
export async function tokenVersions({ secrets, secretArn }: StoredSecret): Promise<TokenVersions> {
  const { VersionIdsToStages: labels = {} } = await secrets.send(
    new DescribeSecretCommand({ SecretId: secretArn }),
  );
  const withLabel = (label: string): string | undefined =>
    Object.entries(labels).find(([, all]) => all.includes(label))?.[0];
  return { current: withLabel(CURRENT), previous: withLabel(PREVIOUS) };
}

/** A new token of 256 random bits, in letters, digits, `-` and `_`. */
function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Makes a new token the current one. The current one becomes the previous one, which is still
 * accepted, and the previous one is accepted no more.
 *
 * @param before the versions that the operator has seen
 * @throws OperatorError when another writer came first
 */
export async function rotateToken(secret: StoredSecret, before: TokenVersions): Promise<void> {
  const readVersion = async () => (await tokenVersions(secret)).current;
  if (await replaceSecret(secret, newToken(), before.current ?? '', readVersion)) return;
  throw new OperatorError(
    'Another command has rotated the token at the same moment, so this one did nothing; see the new URL with: ./bridge url',
  );
}

/** Ends the previous token. */
export async function revokeToken(
  { secrets, secretArn }: StoredSecret,
  previous: string,
): Promise<void> {
  await secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretArn,
      VersionStage: PREVIOUS,
      RemoveFromVersionId: previous,
    }),
  );
}
