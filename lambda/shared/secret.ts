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
   * Resolves to the value, and reads it again first when it is older than the time to live. When the
   * read fails or takes too long, it resolves to the old value. Rejects when there is no value that
   * is younger than the longest age.
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
   * read fails or takes too long, or the last read failed less than 10 seconds ago, it resolves to
   * the old value, and {@link isStale} is true. Rejects like `get`.
   */
  readonly readAfter: (time: number) => Promise<T>;
  /** True when the last read failed or has no answer yet, so that the value may be outdated. */
  readonly isStale: () => boolean;
}

/** Options of {@link cached}. Times in milliseconds. */
export interface CacheOptions<T> {
  readonly read: () => Promise<T>;
  /** Age of the value from which `get` reads it again. */
  readonly timeToLive: number;
  /** Age from which the value does not count any more. @default none */
  readonly longestAge?: number;
  /** Longest wait for a read while there is a value. @default {@link LONGEST_WAIT} */
  readonly longestWait?: number;
  /** Longest wait for a read while there is no value. @default {@link LONGEST_FIRST_WAIT} */
  readonly longestFirstWait?: number;
  /** Shortest time between two reads, failed ones included. */
  readonly refreshInterval: number;
  readonly now: () => number;
  /** Called once per read that fails or takes too long, while the old value stays in use. */
  readonly onStale: (error: unknown) => void;
}

/** Age from which both functions read a secret again, milliseconds. */
export const SECRET_TIME_TO_LIVE = 60_000;

/** Longest wait for a read while there is an old value, milliseconds. */
const LONGEST_WAIT = 500;

/**
 * Longest wait for a read when there is no value, milliseconds. The first call of a new instance
 * can take longer than {@link LONGEST_WAIT}, and without a value no event can be accepted.
 */
const LONGEST_FIRST_WAIT = 8_000;

/** Shortest time between two reads while there is no value, milliseconds. */
const FIRST_READ_INTERVAL = 1_000;

/**
 * Shortest time from a failed read to the next one while there is an old value, milliseconds.
 * Without it, a source that does not answer would delay every batch.
 */
const PAUSE_AFTER_FAILURE = 10_000;

/**
 * Age from which a read that still runs is not waited for, milliseconds. The three attempts of the
 * SDK end earlier. Lambda may have stopped the process in the middle of a read, for any time.
 */
const ABANDONED_AFTER = 10_000;

/** A read that runs. */
interface Reading {
  readonly beganAt: number;
  /** Resolves when the read has succeeded or failed. */
  readonly done: Promise<void>;
  /** True when a caller did not wait any longer. */
  isLate: boolean;
}

/**
 * Caches a value. One read runs at a time, unless it is abandoned, and reads have a shortest time
 * between them. Nothing waits longer for a read than the options say, counted from its begin.
 */
export function cached<T>(options: CacheOptions<T>): Cached<T> {
  const { now, longestAge = Infinity, longestWait = LONGEST_WAIT } = options;
  const { longestFirstWait = LONGEST_FIRST_WAIT } = options;
  let cache: { readonly value: T; readonly beganAt: number } | undefined;
  let reading: Reading | undefined;
  let lastAttempt = -Infinity;
  let lastError: unknown;
  let hasFailed = false;

  const isUsable = (): boolean => cache !== undefined && now() - cache.beganAt < longestAge;

  const read = async (beganAt: number): Promise<void> => {
    try {
      const value = await options.read();
      // An abandoned read can end after a newer one.
      if (cache === undefined || cache.beganAt <= beganAt) cache = { value, beganAt };
      hasFailed = false;
    } catch (error) {
      lastError = error;
      hasFailed = true;
      // The pause begins when the read fails. A slow read would otherwise use it up.
      lastAttempt = now();
      if (isUsable()) options.onStale(error);
    }
  };
  const startRead = (): Reading => {
    const beganAt = now();
    lastAttempt = beganAt;
    const own: Reading = {
      beganAt,
      isLate: false,
      done: read(beganAt).finally(() => {
        if (reading === own) reading = undefined;
      }),
    };
    reading = own;
    return own;
  };
  const runningRead = (): Reading | undefined =>
    reading !== undefined && now() - reading.beganAt < ABANDONED_AFTER ? reading : undefined;

  const waitFor = async (one: Reading): Promise<void> => {
    const longest = isUsable() ? longestWait : longestFirstWait;
    if (await settlesWithin(one.done, longest - (now() - one.beganAt))) return;
    if (isUsable() && !one.isLate) options.onStale(new Error(`No answer within ${longest} ms.`));
    one.isLate = true;
  };
  const mayRead = (): boolean => {
    const pause = hasFailed ? PAUSE_AFTER_FAILURE : 0;
    const interval = isUsable() ? Math.max(options.refreshInterval, pause) : FIRST_READ_INTERVAL;
    return now() - lastAttempt >= interval;
  };
  const update = async (): Promise<void> => {
    const one = runningRead() ?? (mayRead() ? startRead() : undefined);
    if (one !== undefined) await waitFor(one);
  };
  const valueNow = (): T => {
    if (cache !== undefined && isUsable()) return cache.value;
    throw hasFailed ? lastError : new Error('Secrets Manager did not answer in time.');
  };

  return {
    get: async () => {
      const isFresh = cache !== undefined && now() - cache.beganAt < options.timeToLive;
      if (!isFresh) await update();
      return valueNow();
    },
    refresh: async () => {
      await update();
      return valueNow();
    },
    readAfter: async (time) => {
      const running = runningRead();
      if (running !== undefined) await waitFor(running);
      const isPaused = hasFailed && now() - lastAttempt < PAUSE_AFTER_FAILURE;
      const isNew = cache !== undefined && cache.beganAt > time;
      if (!isUsable()) await update();
      else if (!isNew && !isPaused) await waitFor(runningRead() ?? startRead());
      return valueNow();
    },
    isStale: () => hasFailed || runningRead() !== undefined,
  };
}

/** Waits for a promise that does not reject. @returns false when the time in milliseconds is over */
async function settlesWithin(promise: Promise<void>, time: number): Promise<boolean> {
  if (time <= 0) return false;
  const over = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => over.resolve(false), time);
  try {
    return await Promise.race([promise.then(() => true), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
