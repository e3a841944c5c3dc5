import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Reads one version of one secret. */
export type ReadSecret = (stage: 'AWSCURRENT' | 'AWSPREVIOUS') => Promise<string | undefined>;

/**
 * Reads a secret from Secrets Manager.
 *
 * @returns a function that resolves to the value, or to `undefined` when there is no such version;
 *   it rejects with the service's error when the secret cannot be read
 */
export function secretReader(client: SecretsManagerClient, secretArn: string): ReadSecret {
  return async (stage) => {
    try {
      const { SecretString } = await client.send(
        new GetSecretValueCommand({ SecretId: secretArn, VersionStage: stage }),
      );
      return SecretString;
    } catch (error) {
      // A secret that was never rotated has no previous version.
      if (stage === 'AWSPREVIOUS' && nameOf(error) === 'ResourceNotFoundException') {
        return undefined;
      }
      throw error;
    }
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** A value that is expensive to read, kept for a while. */
export interface Cached<T> {
  /**
   * The value, read again when it is older than the time to live. When reading fails, the old value
   * stays good; without one, the error is passed on.
   */
  readonly get: () => Promise<T>;
  /** Reads again unless that happened a moment ago; resolves to what is then the newest value. */
  readonly refresh: () => Promise<T>;
  /**
   * The value as it is read after a time, milliseconds since 1970, however soon that is after the
   * last read: for when the value itself was just found to be wrong. Only a failed read makes it
   * wait for the next; then it gives the old value, and {@link isStale} is true.
   */
  readonly readAfter: (time: number) => Promise<T>;
  /** Whether the last read failed, so that the value may be older than what is there to be read. */
  readonly isStale: () => boolean;
}

/** What {@link cached} needs. Times in milliseconds. */
export interface CacheOptions<T> {
  readonly read: () => Promise<T>;
  /** Age from which `get` reads again. */
  readonly timeToLive: number;
  /** Shortest time between two reads, failed ones included. */
  readonly refreshInterval: number;
  readonly now: () => number;
  /** Told when a read failed although an older value is there. */
  readonly onStale: (error: unknown) => void;
}

/** Shortest time between two reads while there is no value at all, milliseconds. */
const FIRST_READ_INTERVAL = 1_000;

/**
 * Shortest time after a failed read while there is an older value, milliseconds: a source that hangs
 * would otherwise hold up one batch after the other.
 */
const AFTER_FAILURE = 10_000;

/** Keeps a value, and protects its source: one read at a time, and none too soon after the last. */
export function cached<T>(options: CacheOptions<T>): Cached<T> {
  let value: { readonly of: T; readonly at: number; readonly begun: number } | undefined;
  let reading: Promise<T> | undefined;
  let lastTry = -Infinity;
  let lastError: unknown;
  let isStale = false;

  const read = async (): Promise<T> => {
    const begun = options.now();
    lastTry = begun;
    try {
      value = { of: await options.read(), at: options.now(), begun };
      isStale = false;
      return value.of;
    } catch (error) {
      lastError = error;
      isStale = true;
      // From the end: a source that takes long to fail must not be asked again at once.
      lastTry = options.now();
      if (value === undefined) throw error;
      options.onStale(error);
      return value.of;
    }
  };
  const readOnce = async (): Promise<T> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const mayRead = (): boolean => {
    const pause = isStale ? AFTER_FAILURE : 0;
    return options.now() - lastTry >= Math.max(options.refreshInterval, pause);
  };
  const firstRead = async (): Promise<T> => {
    if (reading === undefined && options.now() - lastTry < FIRST_READ_INTERVAL) throw lastError;
    return readOnce();
  };

  return {
    get: async () => {
      if (value === undefined) return firstRead();
      const isFresh = options.now() - value.at < options.timeToLive;
      return isFresh || !mayRead() ? value.of : readOnce();
    },
    refresh: async () => {
      if (value === undefined) return firstRead();
      return mayRead() || reading !== undefined ? readOnce() : value.of;
    },
    readAfter: async (time) => {
      if (value === undefined) return firstRead();
      // One that is under way may have begun before.
      await reading?.catch(() => undefined);
      const isPaused = isStale && options.now() - lastTry < AFTER_FAILURE;
      return value.begun > time || isPaused ? value.of : readOnce();
    },
    isStale: () => isStale,
  };
}
