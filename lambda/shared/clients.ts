import {
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

/**
 * Three attempts of at most three seconds each. When AWS does not answer, this leaves time to
 * answer the sender or to defer the messages.
 */
const TIMEOUTS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;

/** SDK defaults, set explicitly so that it searches no profile files (2 ms on the first call). */
const EXPLICIT_DEFAULTS: SQSClientConfig & SecretsManagerClientConfig = {
  defaultsMode: 'standard',
  retryMode: 'standard',
  authSchemePreference: [],
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
};

/** Makes the SQS client of a function. */
export function sqsClient(region: string): SQSClient {
  return new SQSClient({ ...TIMEOUTS, ...EXPLICIT_DEFAULTS, region });
}

/** Makes the Secrets Manager client of a function. */
export function secretsClient(region: string): SecretsManagerClient {
  return new SecretsManagerClient({ ...TIMEOUTS, ...EXPLICIT_DEFAULTS, region });
}
