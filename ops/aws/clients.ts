/** The AWS clients of the commands. */

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

import { watchCalls, type AwsCall } from './calls.ts';

/** How to reach AWS. What is left out comes from the standard chain of the SDK. */
export interface AwsAccess {
  readonly region?: string | undefined;
  /** Name of a profile in the AWS configuration files. */
  readonly profile?: string | undefined;
  /** One address for every service: the local bridge's. */
  readonly endpoint?: string | undefined;
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
  /** Told of each call before it is made. */
  readonly onCall?: ((call: AwsCall) => void) | undefined;
}

/**
 * A person waits, but a replay must not fail because of one bad second: five attempts, of which
 * each may take ten seconds beyond the longest poll.
 */
const PATIENCE = {
  maxAttempts: 5,
  requestHandler: {
    connectionTimeout: 5_000,
    requestTimeout: 15_000,
    throwOnRequestTimeout: true,
    httpAgent: { maxSockets: 64 },
    httpsAgent: { maxSockets: 64 },
  },
};

/** The settings that every client takes. */
export function clientSettings(access: AwsAccess) {
  const { region, profile, endpoint, credentials } = access;
  return {
    ...PATIENCE,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** An SQS client whose errors name their call. */
export function sqsClient(access: AwsAccess): SQSClient {
  // The events queue's URL says where it is; a queue of another region must not be asked here.
  const client = new SQSClient(clientSettings(access));
  watchCalls(client, access.onCall);
  return client;
}

/** A Secrets Manager client whose errors name their call. */
export function secretsClient(access: AwsAccess): SecretsManagerClient {
  const client = new SecretsManagerClient(clientSettings(access));
  watchCalls(client, access.onCall);
  return client;
}
