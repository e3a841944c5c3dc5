import { Heap } from './heap.ts';
import { untilIdle } from './until-idle.ts';

/** A clock that stops while code runs, and jumps to the next timer when all code waits. */
export interface VirtualClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after this time on the clock. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /**
   * Advances the clock until the work is done. Resolves to its result.
   *
   * @throws Error when the work waits and no timer is set
   */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** A virtual clock that starts at `start`, milliseconds since 1970. */
export function virtualClock(start: number): VirtualClock {
  let now = start;
  const timers = new Heap<Timer>((timer) => timer.at);
  return {
    now: () => now,
    sleep: async (milliseconds) =>
      new Promise((wake) => {
        timers.push({ at: now + Math.max(0, milliseconds), wake });
      }),
    run: async (work) => {
      const progress = { done: false };
      const finish = (): void => {
        progress.done = true;
      };
      work.then(finish, finish);
      for (await untilIdle(); !progress.done; await untilIdle()) {
        const next = timers.pop();
        if (next === undefined) throw new Error('The work waits, and no timer is set.');
        now = next.at;
        next.wake();
        while (timers.peek()?.at === now) timers.pop()?.wake();
      }
      return work;
    },
  };
}
