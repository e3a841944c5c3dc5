import { isIntegrationKey } from '../../pagerduty/integration-key.ts';
import { isJsonObject } from '../../shared/json.ts';
import type { Cached } from '../../shared/secret.ts';

/** The services' integration keys, or why there are none. */
export type IntegrationKeysSecret =
  | { readonly kind: 'keys'; readonly keys: ReadonlyMap<string, unknown> }
  | { readonly kind: 'unusable'; readonly detail: string };

/** A service's key, or a sentence that says what to do about it. Never contains a wrong key. */
export type IntegrationKeyResult =
  | {
      readonly kind: 'key';
      readonly key: string;
      /** Why this is an older key: the secret, or the key in it, is malformed. */
      readonly problem?: string;
    }
  | {
      readonly kind: 'missing';
      readonly detail: string;
      /** Whether there is something in its place that is not a key. */
      readonly isMalformed: boolean;
    };

/** Reads the secret's text. */
export function parseIntegrationKeysSecret(secret: string | undefined): IntegrationKeysSecret {
  let json: unknown;
  try {
    json = JSON.parse(secret ?? '');
  } catch {
    json = undefined;
  }
  return isJsonObject(json)
    ? { kind: 'keys', keys: new Map(Object.entries(json)) }
    : {
        kind: 'unusable',
        detail:
          'The secret of the integration keys is not a JSON object of service names and keys; set each key with: npm run ops -- keys set SERVICE',
      };
}

/** Finds a service's key. */
export function integrationKeyOf(
  secret: IntegrationKeysSecret,
  service: string,
): IntegrationKeyResult {
  if (secret.kind === 'unusable') {
    return { kind: 'missing', isMalformed: true, detail: secret.detail };
  }
  const key = secret.keys.get(service);
  if (typeof key === 'string' && isIntegrationKey(key)) return { kind: 'key', key };
  const what =
    key === undefined
      ? `Service ${service} has no integration key`
      : `The integration key of service ${service} is not 32 alphanumeric characters`;
  return {
    kind: 'missing',
    isMalformed: key !== undefined,
    detail: `${what}; set it with: npm run ops -- keys set ${service}`,
  };
}

/** The integration keys of the services, as delivery needs them. Never throws. */
export interface IntegrationKeys {
  /** The key of a service; a missing one is looked for again, though not with every event. */
  readonly keyOf: (service: string) => Promise<IntegrationKeyResult>;
  /**
   * The key as it is read after PagerDuty refused the one we have, at the time `refusedAt`,
   * milliseconds since 1970; missing when it cannot be read, because then it is not known whether
   * the refused key is still the right one.
   */
  readonly reread: (service: string, refusedAt: number) => Promise<IntegrationKeyResult>;
}

const NOT_REREAD =
  'PagerDuty refused the integration key, and the secret cannot be read to see whether there is a newer one; see whether Secrets Manager works';

/**
 * Looks keys up in the cached secret. A secret or a key that is malformed never replaces a good key
 * that is known: it stays in use, and the result says what is wrong.
 */
export function integrationKeys(secret: Cached<IntegrationKeysSecret>): IntegrationKeys {
  const good = new Map<string, string>();
  const from = async (
    service: string,
    read: () => Promise<IntegrationKeysSecret>,
  ): Promise<IntegrationKeyResult> => {
    let result: IntegrationKeyResult;
    try {
      result = integrationKeyOf(await read(), service);
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown failure';
      return {
        kind: 'missing',
        isMalformed: false,
        detail: `The secret of the integration keys cannot be read (${name}); see whether Secrets Manager works and the function's role may read it`,
      };
    }
    if (result.kind === 'key') good.set(service, result.key);
    else if (!result.isMalformed) good.delete(service);
    const known = good.get(service);
    return result.kind === 'missing' && known !== undefined
      ? { kind: 'key', key: known, problem: result.detail }
      : result;
  };
  return {
    keyOf: async (service) => {
      const known = await from(service, secret.get);
      return known.kind === 'key' ? known : from(service, secret.refresh);
    },
    reread: async (service, refusedAt) => {
      const newest = await from(service, async () => secret.readAfter(refusedAt));
      return newest.kind === 'key' && secret.isStale()
        ? { kind: 'missing', isMalformed: false, detail: NOT_REREAD }
        : newest;
    },
  };
}
