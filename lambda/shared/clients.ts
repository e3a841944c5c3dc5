import {
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

/**
 * An AWS that does not answer must not use up the time that an answer to the sender, or a retry,
 * needs: three attempts of at most three seconds.
 */
const TIMEOUTS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;

/**
 * What the SDK would come to by itself, said aloud: what is said is not looked for in profile files
 * that a function does not have, which takes 2 ms of its first call.
 */
const EXPLICIT_DEFAULTS: SQSClientConfig & SecretsManagerClientConfig = {
  defaultsMode: 'standard',
  retryMode: 'standard',
  authSchemePreference: [],
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
};

/** The SQS client of a function. */
export function sqsClient(region: string): SQSClient {
  return new SQSClient({ ...TIMEOUTS, ...EXPLICIT_DEFAULTS, region });
}

/** The Secrets Manager client of a function. */
export function secretsClient(region: string): SecretsManagerClient {
  return new SecretsManagerClient({ ...TIMEOUTS, ...EXPLICIT_DEFAULTS, region });
}
