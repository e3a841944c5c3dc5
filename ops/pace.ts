/** Keeps a rate. */

import { setTimeout as wait } from 'node:timers/promises';

/** Waits so many milliseconds, or until the signal comes; none for a negative number. */
export async function pause(millis: number, signal?: AbortSignal): Promise<void> {
  if (millis <= 0) return;
  // Being aborted is no error here: the caller looks at the signal.
  await wait(millis, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** Gives leave to do something, so often at most. */
export interface Pace {
  /** Milliseconds until leave for the next comes; 0 when it is there. */
  readonly ahead: () => number;
  /** Leaves a second; infinite when there is no limit. */
  readonly perSecond: number;
  /**
   * Waits for leave to do it `count` times.
   *
   * @returns false when the signal ended the wait: there is no leave
   */
  readonly leave: (count: number, signal?: AbortSignal) => Promise<boolean>;
}

/** Gives leave at once, always. */
export const UNPACED: Pace = {
  ahead: () => 0,
  perSecond: Infinity,
  leave: async (_count, signal) => signal?.aborted !== true,
};

/**
 * Spreads leave evenly: after `count` at once, none for `count` / rate. So no span of time, whatever
 * its length, has more than the rate allows and one batch.
 *
 * @param perSecond above 0
 * @param now milliseconds, never going back
 */
export function evenPace(perSecond: number, now: () => number = () => performance.now()): Pace {
  let next = -Infinity;
  return {
    ahead: () => Math.max(0, next - now()),
    perSecond,
    leave: async (count, signal) => {
      const start = Math.max(now(), next);
      next = start + (count / perSecond) * 1_000;
      await pause(start - now(), signal);
      return signal?.aborted !== true;
    },
  };
}
