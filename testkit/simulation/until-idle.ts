/** Turns after which timers, signals and input have their turn too. */
const TURNS_PER_EVENT_LOOP = 1_000;

let turns = 0;

/**
 * Lets all code run that waits for nothing but promises: Node empties their queue before the next tick
 * (https://nodejs.org/api/process.html#when-to-use-queuemicrotask-vs-processnexttick). A turn of the
 * event loop would do the same and take 3 µs, half of the time of a simulation.
 */
export async function untilIdle(): Promise<void> {
  turns += 1;
  return new Promise((resolve) => {
    if (turns % TURNS_PER_EVENT_LOOP === 0) setImmediate(resolve);
    else process.nextTick(resolve);
  });
}
