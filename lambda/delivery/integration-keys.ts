import { isIntegrationKey } from '../pagerduty/integration-key.ts';
import { isJsonObject } from '../shared/json.ts';
import type { Cached } from '../shared/secret.ts';

/** The integration keys of all services, or the reason why they are not usable. */
export type IntegrationKeysSecret =
  | { readonly kind: 'keys'; readonly keys: ReadonlyMap<string, unknown> }
  | { readonly kind: 'unusable'; readonly detail: string };

/** The key of a service, or a sentence that says how to set it. Never contains an invalid key. */
export type IntegrationKeyResult =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'missing'; readonly detail: string };

/** Parses the secret: a JSON object of service names and keys. */
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

/** The key of a service in the secret. */
export function integrationKeyOf(
  secret: IntegrationKeysSecret,
  service: string,
): IntegrationKeyResult {
  if (secret.kind === 'unusable') return { kind: 'missing', detail: secret.detail };
  const key = secret.keys.get(service);
  if (typeof key === 'string' && isIntegrationKey(key)) return { kind: 'key', key };
  const what =
    key === undefined
      ? `Service ${service} has no integration key`
      : `The integration key of service ${service} is not 32 alphanumeric characters`;
  return { kind: 'missing', detail: `${what}; set it with: npm run ops -- keys set ${service}` };
}

/** The integration keys of the services. Never rejects. */
export interface IntegrationKeys {
  /** The key of a service. A missing key makes the cache read the secret again. */
  readonly keyOf: (service: string) => Promise<IntegrationKeyResult>;
  /**
   * The key of a service after PagerDuty refused the cached one at `refusedAt`, milliseconds since
   * 1970. The secret is read again. When that fails, the key is `missing`, because the cached key
   * may be outdated.
   */
  readonly reread: (service: string, refusedAt: number) => Promise<IntegrationKeyResult>;
}

const NOT_REREAD =
  'PagerDuty refused the integration key, and the secret cannot be read to see whether there is a newer one; see whether Secrets Manager works';

/** Looks up keys in the cached secret. */
export function integrationKeys(secret: Cached<IntegrationKeysSecret>): IntegrationKeys {
  const from = async (
    service: string,
    read: () => Promise<IntegrationKeysSecret>,
  ): Promise<IntegrationKeyResult> => {
    try {
      return integrationKeyOf(await read(), service);
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown failure';
      return {
        kind: 'missing',
        detail: `The secret of the integration keys cannot be read (${name}); see whether Secrets Manager works and the function's role may read it`,
      };
    }
  };
  return {
    keyOf: async (service) => {
      const known = await from(service, secret.get);
      return known.kind === 'key' ? known : from(service, secret.refresh);
    },
    reread: async (service, refusedAt) => {
      const newest = await from(service, async () => secret.readAfter(refusedAt));
      return newest.kind === 'key' && secret.isStale()
        ? { kind: 'missing', detail: NOT_REREAD }
        : newest;
    },
  };
}
