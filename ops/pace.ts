/** Limits a rate. */

import { setTimeout as wait } from 'node:timers/promises';

/** Waits for so many milliseconds or until the signal; a negative number is no wait. */
export async function pause(millis: number, signal?: AbortSignal): Promise<void> {
  if (millis <= 0) return;
  // An abort is no error here: the caller checks the signal.
  await wait(millis, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** A limit on how often something is done. */
export interface Pace {
  /** Milliseconds until the next permit; 0 when there is one. */
  readonly ahead: () => number;
  /** Permits per second; infinite when there is no limit. */
  readonly perSecond: number;
  /**
   * Waits for `count` permits.
   *
   * @returns false when the signal ended the wait: there is no permit
   */
  readonly acquire: (count: number, signal?: AbortSignal) => Promise<boolean>;
}

/** No limit. */
export const UNPACED: Pace = {
  ahead: () => 0,
  perSecond: Infinity,
  acquire: async (_count, signal) => signal?.aborted !== true,
};

/**
 * Spreads permits evenly: after `count` at once, none for `count` / rate. So no span of time, of any
 * length, has more than the rate allows plus one batch.
 *
 * @param perSecond above 0
 * @param now milliseconds, never going back
 */
export function evenPace(perSecond: number, now: () => number = () => performance.now()): Pace {
  let next = -Infinity;
  return {
    ahead: () => Math.max(0, next - now()),
    perSecond,
    acquire: async (count, signal) => {
      const start = Math.max(now(), next);
      next = start + (count / perSecond) * 1_000;
      await pause(start - now(), signal);
      return signal?.aborted !== true;
    },
  };
}
