import { isIntegrationKey } from '../../pagerduty/integration-key.ts';
import { isJsonObject } from '../../shared/json.ts';
import { errorFields, type Log } from '../../shared/log.ts';
import { type Cached, cached, type ReadSecret, SECRET_TIME_TO_LIVE } from '../../shared/secret.ts';

/** Content of the secret of the integration keys, or what is wrong with it. */
export type IntegrationKeysSecret =
  | { readonly kind: 'keys'; readonly keys: ReadonlyMap<string, unknown> }
  | { readonly kind: 'unusable'; readonly detail: string };

/**
 * Key of a service, or a sentence that says what to do. `detail` never contains a malformed key.
 */
export type IntegrationKeyResult =
  | {
      readonly kind: 'key';
      readonly key: string;
      /** Set if this is an older key: says what is wrong with the secret or with the key in it. */
      readonly problem?: string;
    }
  | {
      readonly kind: 'missing';
      readonly detail: string;
      /** True if the secret, or the value of the service in it, is malformed. */
      readonly isMalformed: boolean;
    };

/** Parses the text of the secret. */
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
          'The secret of the integration keys is not a JSON object of service names and keys; set each key with: ./bridge keys set SERVICE',
      };
}

/**
 * Caches the secret of the integration keys. Unlike a token, an old key counts as long as no newer
 * one can be read: PagerDuty decides if a key is valid, and without a key no page is sent.
 */
export function integrationKeysCache(options: {
  readonly readSecret: ReadSecret;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}): Cached<IntegrationKeysSecret> {
  const { readSecret, log, now } = options;
  return cached({
    read: async () => parseIntegrationKeysSecret(await readSecret('AWSCURRENT')),
    timeToLive: SECRET_TIME_TO_LIVE,
    refreshInterval: 1_000,
    now,
    onStale: (error) =>
      log.error(
        'The integration keys could not be read again; the old ones stay in use',
        errorFields(error),
      ),
  });
}

/** Finds the key of a service in the secret. */
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
    detail: `${what}; set it with: ./bridge keys set ${service}`,
  };
}

/** The integration keys of the services. Both functions never reject. */
export interface IntegrationKeys {
  /** The key of a service. If it is missing, the secret is read again, at most once per second. */
  readonly keyOf: (service: string) => Promise<IntegrationKeyResult>;
  /**
   * The key of a service, from a read of the secret that began after PagerDuty refused the cached
   * key at the time `refusedAt`, milliseconds since 1970. `missing` when the secret cannot be read,
   * because the refused key may then be outdated.
   */
  readonly reread: (service: string, refusedAt: number) => Promise<IntegrationKeyResult>;
}

const NOT_REREAD =
  'PagerDuty refused the integration key, and the secret cannot be read to see whether there is a newer one; see whether Secrets Manager works';

/**
 * Finds keys in the cached secret. While the secret or a key in it is malformed, the last good key
 * stays in use, and the result has a `problem`.
 */
export function integrationKeys(secret: Cached<IntegrationKeysSecret>): IntegrationKeys {
  const lastGood = new Map<string, string>();
  const findIn = async (
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
    if (result.kind === 'key') lastGood.set(service, result.key);
    else if (!result.isMalformed) lastGood.delete(service);
    const older = lastGood.get(service);
    return result.kind === 'missing' && older !== undefined
      ? { kind: 'key', key: older, problem: result.detail }
      : result;
  };
  return {
    keyOf: async (service) => {
      const result = await findIn(service, secret.get);
      return result.kind === 'key' ? result : findIn(service, secret.refresh);
    },
    reread: async (service, refusedAt) => {
      const newest = await findIn(service, async () => secret.readAfter(refusedAt));
      return newest.kind === 'key' && secret.isStale()
        ? { kind: 'missing', isMalformed: false, detail: NOT_REREAD }
        : newest;
    },
  };
}
