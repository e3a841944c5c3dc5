/** AWS clients of the commands. Their errors name the failed call: see {@link failedCall}. */

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

import { type AwsCall, watchCalls } from './calls.ts';

/** How to reach AWS. The SDK's standard chain provides what is left out. */
export interface AwsAccess {
  readonly region?: string | undefined;
  /** Name of a profile in the AWS configuration files. */
  readonly profile?: string | undefined;
  /** One address for every service: the local bridge's. */
  readonly endpoint?: string | undefined;
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
  /** Called before each call to AWS. */
  readonly onCall?: ((call: AwsCall) => void) | undefined;
}

/**
 * An operator waits, but a replay must not fail because of one bad second: five attempts, each with
 * ten seconds more than the longest poll.
 */
const RETRIES_AND_TIMEOUTS = {
  maxAttempts: 5,
  requestHandler: {
    connectionTimeout: 5_000,
    requestTimeout: 15_000,
    throwOnRequestTimeout: true,
    httpAgent: { maxSockets: 64 },
    httpsAgent: { maxSockets: 64 },
  },
};

/** Settings of every client. */
export function clientSettings({ region, profile, endpoint, credentials }: AwsAccess) {
  return {
    ...RETRIES_AND_TIMEOUTS,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    // The SDK refuses an own address while AWS_USE_FIPS_ENDPOINT is set.
    ...(endpoint === undefined
      ? {}
      : { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/**
 * An SQS client. By default, the SDK sends a request to the host in the URL of the queue, also if the
 * environment asks for FIPS endpoints.
 */
export function sqsClient(access: AwsAccess): SQSClient {
  const client = new SQSClient({ ...clientSettings(access), useQueueUrlAsEndpoint: false });
  return watchCalls(client, access.onCall);
}

/** A Secrets Manager client. */
export function secretsClient(access: AwsAccess): SecretsManagerClient {
  return watchCalls(new SecretsManagerClient(clientSettings(access)), access.onCall);
}
