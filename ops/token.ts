/** The webhook token of a stage. */

import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';

import { OperatorError } from './errors.ts';
import type { StageContext } from './stage/context.ts';

/**
 * Reads the webhook token. Only `url` may print it.
 *
 * @throws OperatorError when there is none
 */
export async function readToken({ secrets, outputs }: StageContext): Promise<string> {
  const { SecretString: token = '' } = await secrets.send(
    new GetSecretValueCommand({
      SecretId: outputs.webhookTokenSecretArn,
      VersionStage: 'AWSCURRENT',
    }),
  );
  if (token.trim() !== '') return token.trim();
  throw new OperatorError(
    `The secret ${outputs.webhookTokenSecretArn} holds no token; put 32 or more letters and digits into it, or deploy the stage again.`,
  );
}
