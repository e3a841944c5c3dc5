/**
 * Long polling. fauxqs has it too, but it does not end a poll that begins while it stops, and each of
 * its polls checks every message in flight 50 times per second.
 */

/** Interval of checks, milliseconds: nothing announces that a visibility timeout has ended. */
const CHECK_INTERVAL = 100;

/** Receives that wait for messages. */
export interface LongPoll {
  /** Makes every waiting receive check again. */
  readonly wake: () => void;
  /**
   * Receives until there is a result or the time is over.
   *
   * @param seconds how long to wait; 0 receives once
   * @returns the last result
   */
  readonly poll: <T>(
    receive: () => Promise<T>,
    isDone: (result: T) => boolean,
    seconds: number,
  ) => Promise<T>;
  /** Ends all polls, current and later ones. */
  readonly stop: () => void;
}

/** Makes a long poll. */
export function createLongPoll(): LongPoll {
  const wakeUps = new Set<() => void>();
  let stopped = false;
  const wake = (): void => {
    for (const wakeUp of wakeUps) wakeUp();
  };
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const wakeUp = (): void => {
        clearTimeout(timer);
        wakeUps.delete(wakeUp);
        resolve();
      };
      const timer = setTimeout(wakeUp, milliseconds);
      wakeUps.add(wakeUp);
    });
  return {
    wake,
    poll: async (receive, isDone, seconds) => {
      const end = Date.now() + seconds * 1000;
      for (;;) {
        const result = await receive();
        const remaining = end - Date.now();
        if (isDone(result) || remaining <= 0 || stopped) return result;
        await sleep(Math.min(CHECK_INTERVAL, remaining));
      }
    },
    stop: () => {
      stopped = true;
      wake();
    },
  };
}
