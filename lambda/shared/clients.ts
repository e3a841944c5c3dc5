import {
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { agentOption, type Egress } from './egress.ts';

/**
 * Three attempts of at most three seconds each. When AWS does not answer, this leaves time to
 * answer the sender or to defer the messages.
 */
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

/** SDK defaults, set explicitly so that it searches no profile files (2 ms on the first call). */
const EXPLICIT_DEFAULTS: SQSClientConfig & SecretsManagerClientConfig = {
  maxAttempts: 3,
  defaultsMode: 'standard',
  retryMode: 'standard',
  authSchemePreference: [],
  useDualstackEndpoint: false,
};

function optionsOf(region: string, egress: Egress) {
  const { useFipsEndpoint } = egress;
  const requestHandler = { ...TIMEOUTS, ...agentOption(egress) };
  return { ...EXPLICIT_DEFAULTS, requestHandler, useFipsEndpoint, region };
}

/**
 * Makes the SQS client of a function. By default, the SDK sends a request to the host in the URL of
 * the queue, which never is a FIPS endpoint.
 */
export function sqsClient(region: string, egress: Egress): SQSClient {
  const useQueueUrlAsEndpoint = !egress.useFipsEndpoint;
  return new SQSClient({ ...optionsOf(region, egress), useQueueUrlAsEndpoint });
}

/** Makes the Secrets Manager client of a function. */
export function secretsClient(region: string, egress: Egress): SecretsManagerClient {
  return new SecretsManagerClient(optionsOf(region, egress));
}
