/**
 * Names of the environment variables of both functions. The construct that grants access sets the
 * variable, the handler reads it, and both use this constant.
 */
export const ENV = {
  /** AWS region, such as `eu-central-1`; Lambda sets it. */
  region: 'AWS_REGION',
  /** Name of the stage, which is the dimension of every metric. */
  stageName: 'STAGE_NAME',
  /** ARN of the secret that holds the webhook token (ingest). */
  webhookTokenSecretArn: 'WEBHOOK_TOKEN_SECRET_ARN',
  /** Networks that may post events (ingest): CIDR notation, comma-separated. @default every one */
  allowedNetworks: 'ALLOWED_NETWORKS',
  /** URL of the events queue: ingest sends messages to it, delivery defers messages on it. */
  eventsQueueUrl: 'EVENTS_QUEUE_URL',
  /** URL of the dead-letter queue (delivery). */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  /** ARN of the secret that holds the integration keys (delivery). */
  integrationKeysSecretArn: 'INTEGRATION_KEYS_SECRET_ARN',
  /** Base URL of the PagerDuty Events API, without a path (delivery). */
  pagerDutyUrl: 'PAGERDUTY_URL',
  /** Base URL of the Glasnostic console, for deep links (delivery). */
  consoleUrl: 'GLASNOSTIC_CONSOLE_URL',
  /** Name of the table of open incidents (delivery); only if a route of the stage resolves. */
  openIncidentsTable: 'OPEN_INCIDENTS_TABLE',
  /**
   * URL of the proxy for calls over TLS, without a password. The name is the usual one, but only the
   * code of the functions reads it.
   * @default none
   */
  httpsProxy: 'HTTPS_PROXY',
  /** Hosts that are called without the proxy, comma-separated. */
  noProxy: 'NO_PROXY',
  /** `true` if the functions call AWS by its FIPS endpoints; the SDK's name. @default false */
  useFipsEndpoint: 'AWS_USE_FIPS_ENDPOINT',
  /** JSON of `DeliverySettings` (delivery). */
  deliverySettings: 'DELIVERY_SETTINGS',
} as const;

/** File in the bundle with the stage's routes, a JSON array of `Route`. */
export const ROUTES_FILE = 'routes.json';

/**
 * File in the delivery asset with the client of the table of open incidents. Only the asset of a
 * stage that resolves incidents has it.
 */
export const OPEN_INCIDENTS_FILE = 'open-incidents.cjs';

/**
 * Reads a required environment variable.
 *
 * @throws Error that names the variable when it is missing or empty
 */
export function requireEnv(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new Error(`The environment variable ${name} is not set; deploy the stack again.`);
  }
  return value;
}
