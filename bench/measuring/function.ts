/** The bundle of a function, and its environment. */

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { example } from '../../config/example.ts';
import type { DeliverySettings } from '../../lambda/shared/delivery-settings.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import { LOCAL_ACCOUNT, LOCAL_PARTITION } from '../../local/stack/physical.ts';
import { bundleFunction, type FunctionName } from '../../lib/bundle.ts';

const SECRETS = `arn:${LOCAL_PARTITION}:secretsmanager:us-east-1:${LOCAL_ACCOUNT}:secret`;

/** ARNs of the secrets in {@link functionEnvironment}. The last part is the name. */
export const SECRET_ARNS = {
  token: `${SECRETS}:token`,
  keys: `${SECRETS}:keys`,
} as const;

/** Name of the events queue in {@link functionEnvironment}. */
export const EVENTS_QUEUE = 'events';

/** One call per event, without pacing: at a higher rate than a stage can set, and no update interval. */
export const UNPACED = { callsPerMinute: 1_000_000_000, updateIntervalSeconds: 0 } as const;

/** Servers that a function calls. */
export interface Surroundings {
  /** Base URL of SQS and Secrets Manager. */
  readonly awsUrl: string;
  /** @default `awsUrl` */
  readonly pagerDutyUrl?: string;
  /** @default credentials for servers that check none */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** File with their certificate, for HTTPS. */
  readonly certificate?: string;
  /** Changes to the settings of the stage `example`. */
  readonly settings?: Partial<DeliverySettings>;
}

/**
 * Bundles a function of the stage `example`.
 *
 * @param folder the bundle goes to a folder in it, with the name of the function
 * @returns the file that Lambda loads
 */
export function buildFunction(name: FunctionName, folder: string): string {
  const own = join(folder, name);
  mkdirSync(own);
  bundleFunction(name, example.routes, own);
  const file = readdirSync(own).find((entry) => /^index\.[cm]?js$/.test(entry));
  if (file === undefined) throw new Error(`There is no index.*js in ${own}.`);
  return join(own, file);
}

/** The whole environment of a function. Of this process it has only PATH. */
export function functionEnvironment(surroundings: Surroundings): Record<string, string> {
  const { awsUrl, pagerDutyUrl = awsUrl, certificate, settings } = surroundings;
  const { accessKeyId, secretAccessKey } = surroundings.credentials ?? {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'secret',
  };
  return {
    PATH: process.env['PATH'] ?? '',
    TZ: ':UTC',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'function',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(example.deliveryFunction.memoryMB),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: 'session',
    AWS_ENDPOINT_URL_SQS: awsUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: awsUrl,
    ...(certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate }),
    [ENV.stageName]: example.name,
    [ENV.webhookTokenSecretArn]: SECRET_ARNS.token,
    [ENV.integrationKeysSecretArn]: SECRET_ARNS.keys,
    [ENV.eventsQueueUrl]: `${awsUrl}/000000000000/${EVENTS_QUEUE}`,
    [ENV.deadLetterQueueUrl]: `${awsUrl}/000000000000/dead-letters`,
    [ENV.pagerDutyUrl]: pagerDutyUrl,
    [ENV.consoleUrl]: example.consoleUrl,
    [ENV.deliverySettings]: JSON.stringify({ ...example.delivery, ...settings }),
  };
}
