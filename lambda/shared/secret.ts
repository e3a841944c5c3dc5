import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Reads a version of a secret. Resolves to `undefined` when there is no such version. */
export type ReadSecret = (version: 'AWSCURRENT' | 'AWSPREVIOUS') => Promise<string | undefined>;

/** Reads versions of a secret from Secrets Manager, and rejects with its errors. */
export function secretReader(client: SecretsManagerClient, secretArn: string): ReadSecret {
  return async (version) => {
    try {
      const { SecretString } = await client.send(
        new GetSecretValueCommand({ SecretId: secretArn, VersionStage: version }),
      );
      return SecretString;
    } catch (error) {
      // A secret that was never rotated has no previous version.
      if (version === 'AWSPREVIOUS' && nameOf(error) === 'ResourceNotFoundException') {
        return undefined;
      }
      throw error;
    }
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** A value that is cached because reading it is slow or limited. */
export interface Cached<T> {
  /**
   * Resolves to the value, and reads it again when it is older than the time to live. When the read
   * fails, it resolves to the old value. Rejects when no read has succeeded yet.
   */
  readonly get: () => Promise<T>;
  /**
   * Reads the value again, unless the last read was less than the refresh interval ago. Resolves
   * and rejects like `get`.
   */
  readonly refresh: () => Promise<T>;
  /**
   * Resolves to a value whose read began after `time`, milliseconds since 1970. Use it when the
   * cached value turned out to be wrong at that time: it ignores the refresh interval. When the
   * read fails, or the last read failed less than 10 seconds ago, it resolves to the old value, and
   * {@link isStale} is true. Rejects like `get`.
   */
  readonly readAfter: (time: number) => Promise<T>;
  /** True when the last read failed, so that the cached value may be outdated. */
  readonly isStale: () => boolean;
}

/** Options of {@link cached}. Times in milliseconds. */
export interface CacheOptions<T> {
  readonly read: () => Promise<T>;
  /** Age of the value from which `get` reads it again. */
  readonly timeToLive: number;
  /** Shortest time between two reads, failed ones included. */
  readonly refreshInterval: number;
  readonly now: () => number;
  /** Called when a read fails and the old value stays in use. */
  readonly onStale: (error: unknown) => void;
}

/** Shortest time between two reads while no read has succeeded yet, milliseconds. */
const FIRST_READ_INTERVAL = 1_000;

/**
 * Shortest time from a failed read to the next one while there is an old value, milliseconds.
 * Without it, a source that does not answer would delay every batch.
 */
const PAUSE_AFTER_FAILURE = 10_000;

/** Caches a value. At most one read runs at a time, and reads have a shortest time between them. */
export function cached<T>(options: CacheOptions<T>): Cached<T> {
  let cache: { readonly value: T; readonly readAt: number; readonly beganAt: number } | undefined;
  let reading: Promise<T> | undefined;
  let lastAttempt = -Infinity;
  let lastError: unknown;
  let isStale = false;

  const read = async (): Promise<T> => {
    const beganAt = options.now();
    lastAttempt = beganAt;
    try {
      cache = { value: await options.read(), readAt: options.now(), beganAt };
      isStale = false;
      return cache.value;
    } catch (error) {
      lastError = error;
      isStale = true;
      // The pause begins when the read fails. A slow read would otherwise use it up.
      lastAttempt = options.now();
      if (cache === undefined) throw error;
      options.onStale(error);
      return cache.value;
    }
  };
  const readOnce = async (): Promise<T> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const mayRead = (): boolean => {
    const pause = isStale ? PAUSE_AFTER_FAILURE : 0;
    return options.now() - lastAttempt >= Math.max(options.refreshInterval, pause);
  };
  const firstRead = async (): Promise<T> => {
    if (reading === undefined && options.now() - lastAttempt < FIRST_READ_INTERVAL) throw lastError;
    return readOnce();
  };

  return {
    get: async () => {
      if (cache === undefined) return firstRead();
      const isFresh = options.now() - cache.readAt < options.timeToLive;
      return isFresh || !mayRead() ? cache.value : readOnce();
    },
    refresh: async () => {
      if (cache === undefined) return firstRead();
      return mayRead() || reading !== undefined ? readOnce() : cache.value;
    },
    readAfter: async (time) => {
      if (cache === undefined) return firstRead();
      // A read that is already running may have begun before `time`.
      await reading?.catch(() => undefined);
      const isPaused = isStale && options.now() - lastAttempt < PAUSE_AFTER_FAILURE;
      return cache.beganAt > time || isPaused ? cache.value : readOnce();
    },
    isStale: () => isStale,
  };
}
