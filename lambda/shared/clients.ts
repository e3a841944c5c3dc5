import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * An AWS that does not answer must not use up the time that an answer to the sender, or a retry,
 * needs: three attempts of at most three seconds.
 */
const PATIENCE = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;

/** The SQS client of a function. */
export function sqsClient(): SQSClient {
  return new SQSClient(PATIENCE);
}

/** The Secrets Manager client of a function. */
export function secretsClient(): SecretsManagerClient {
  return new SecretsManagerClient(PATIENCE);
}
