import { Heap } from './heap.ts';

/** A clock that stands still while code runs, and jumps when everybody waits. */
export interface VirtualClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves when the clock has moved on by so many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /**
   * Lets time pass until the work is done; resolves to its result.
   *
   * @throws Error when the work waits for something that no passing of time will bring
   */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly ring: () => void;
}

/** Lets everything that can run now run: promises are settled before the event loop goes on. */
async function quiet(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A virtual clock that starts at `start`, milliseconds since 1970. */
export function virtualClock(start: number): VirtualClock {
  let now = start;
  const timers = new Heap<Timer>((timer) => timer.at);
  return {
    now: () => now,
    sleep: async (milliseconds) =>
      new Promise((ring) => {
        timers.push({ at: now + Math.max(0, milliseconds), ring });
      }),
    run: async (work) => {
      const progress = { done: false };
      const finish = (): void => {
        progress.done = true;
      };
      work.then(finish, finish);
      for (await quiet(); !progress.done; await quiet()) {
        const next = timers.pop();
        if (next === undefined) throw new Error('Everybody waits, and nobody for the clock.');
        now = next.at;
        next.ring();
        while (timers.peek()?.at === now) timers.pop()?.ring();
      }
      return work;
    },
  };
}
