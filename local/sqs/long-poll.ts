/**
 * Waiting for messages. fauxqs has long polling too, but a poll that begins while it shuts down
 * stays for its 20 seconds, and each of its polls looks through every message in flight 50 times a
 * second.
 */

/** Longest time between two looks: nothing announces that a visibility timeout has run out. */
const LOOK_INTERVAL = 100;

/** Those who wait for messages. */
export interface LongPoll {
  /** Lets everyone who waits look again. */
  readonly wake: () => void;
  /**
   * Looks until it finds something, or the time is over.
   *
   * @param seconds how long to wait; 0 looks once
   * @returns what the last look found
   */
  readonly poll: <T>(
    look: () => Promise<T>,
    isFound: (result: T) => boolean,
    seconds: number,
  ) => Promise<T>;
  /** Ends all waiting, now and later. */
  readonly stop: () => void;
}

/** Makes a place to wait at. */
export function createLongPoll(): LongPoll {
  const sleepers = new Set<() => void>();
  let stopped = false;
  const wake = (): void => {
    for (const sleeper of sleepers) sleeper();
  };
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const rise = (): void => {
        clearTimeout(timer);
        sleepers.delete(rise);
        resolve();
      };
      const timer = setTimeout(rise, milliseconds);
      sleepers.add(rise);
    });
  return {
    wake,
    poll: async (look, isFound, seconds) => {
      const until = Date.now() + seconds * 1000;
      for (;;) {
        const result = await look();
        const remaining = until - Date.now();
        if (isFound(result) || remaining <= 0 || stopped) return result;
        await sleep(Math.min(LOOK_INTERVAL, remaining));
      }
    },
    stop: () => {
      stopped = true;
      wake();
    },
  };
}
