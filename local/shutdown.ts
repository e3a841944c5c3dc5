/** Notices when a program should end. */

/** Interval of checks that the parent process still exists, milliseconds. */
const PARENT_CHECK = 500;

/** The end of a program that runs until it is stopped. */
export interface End {
  readonly reached: Promise<void>;
  readonly isReached: () => boolean;
}

/**
 * Watches for Ctrl-C, SIGTERM and the closing of the terminal. A program that npm started also ends
 * when npm does, because killing npm should stop the program. A second signal ends the process at once.
 */
export function watchForEnd(): End {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let isReached = false;
  const reach = (): void => {
    isReached = true;
    resolve(undefined);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, reach);
  if (process.env['npm_lifecycle_event'] !== undefined) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) reach();
    }, PARENT_CHECK).unref();
  }
  return { reached: promise, isReached: () => isReached };
}
