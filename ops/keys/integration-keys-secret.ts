/** The integration keys of a stage: their states, and checks of new ones. */

import { isIntegrationKey } from '../../lambda/pagerduty/integration-key.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { OperatorError, UsageError } from '../errors.ts';

/** State of a service's key. Never holds the key itself. */
export type KeyState =
  | 'set'
  | 'missing'
  /** There is a value, but PagerDuty would refuse it. */
  | 'malformed';

/** A service and the state of its key. */
export interface ServiceKey {
  readonly service: string;
  readonly state: KeyState;
  /** Why a key is malformed, or that no route uses it. */
  readonly note?: string | undefined;
  /** A route of the stage sends events to the service. */
  readonly routed: boolean;
}

/** PagerDuty's REST API keys, which are pasted by mistake. */
const REST_API_KEY = /^[A-Za-z0-9_+-]{20}$/;

const REST_API_WORDS =
  'it has 20 characters, so it is a REST API key, which manages PagerDuty and cannot send events';

/**
 * Why a text cannot be an integration key; `undefined` when it can. Never repeats the text.
 * https://support.pagerduty.com/main/docs/services-and-integrations#create-a-generic-events-api-integration
 */
function keyFault(text: string): string | undefined {
  if (isIntegrationKey(text)) return undefined;
  if (text === '') return 'it is empty';
  if (REST_API_KEY.test(text)) return REST_API_WORDS;
  return text.length === 32
    ? 'it has characters other than letters and digits'
    : `it has ${text.length} characters instead of 32`;
}

/**
 * Reads what an operator entered as an integration key.
 *
 * @throws UsageError that says what is wrong, and where the right key is
 */
export function readIntegrationKey(entered: string): string {
  const key = entered.trim();
  const fault = keyFault(key);
  if (fault === undefined) return key;
  throw new UsageError(
    `That is no integration key: ${fault}. Take the 32 letters and digits of the service's "Events API v2" integration: in PagerDuty, Services, the service, Integrations.`,
  );
}

/** Keys by service, as the secret holds them: values of any type. */
export type IntegrationKeysSecret = ReadonlyMap<string, unknown>;

/**
 * Reads the secret's text.
 *
 * @throws OperatorError when it is not a JSON object, so that nothing unknown is overwritten
 */
export function parseIntegrationKeysSecret(
  text: string | undefined,
  secretArn: string,
): IntegrationKeysSecret {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    value = undefined;
  }
  if (isJsonObject(value)) return new Map(Object.entries(value));
  throw new OperatorError(
    `The secret ${secretArn} is not a JSON object of services and keys; repair it in Secrets Manager (an empty one is {}), then run this again.`,
  );
}

/** States of the keys of a stage: services of its routes first, then the others in the secret. */
export function keyStates(
  secret: IntegrationKeysSecret,
  services: readonly string[],
): readonly ServiceKey[] {
  const describe = (service: string, routed: boolean): ServiceKey => {
    if (!secret.has(service)) return { service, state: 'missing', routed };
    const key = secret.get(service);
    const fault = typeof key === 'string' ? keyFault(key) : 'it is not a text';
    if (fault !== undefined) return { service, state: 'malformed', note: fault, routed };
    return routed
      ? { service, state: 'set', routed }
      : { service, state: 'set', note: 'no route of the stage sends to it', routed };
  };
  const others = [...secret.keys()].filter((service) => !services.includes(service)).toSorted();
  return [
    ...services.map((service) => describe(service, true)),
    ...others.map((service) => describe(service, false)),
  ];
}

/** Names that SQS accepts as a message group: a service's name becomes one. */
const SERVICE_NAME = /^[!-~]{1,128}$/;

/**
 * Checks the name of a service before a key is stored for it. A typo would store a key that nothing
 * uses, and the events of the right service would go on waiting.
 *
 * @param anyService accepts a service that no route names
 * @throws UsageError
 */
export function checkService(
  service: string,
  services: readonly string[],
  anyService: boolean,
): void {
  if (!SERVICE_NAME.test(service)) {
    throw new UsageError(
      'The name of a service has 1 to 128 letters, digits and punctuation marks, and no blanks.',
    );
  }
  if (anyService || services.includes(service)) return;
  throw new UsageError(
    `No route of the stage sends to ${JSON.stringify(service)}; its services are: ${services.join(', ')}. If the route comes later, add --unrouted.`,
  );
}
