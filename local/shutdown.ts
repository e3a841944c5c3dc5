/** When the local bridge ends. */

/** Time between two looks at whether the parent is still there, milliseconds. */
const PARENT_CHECK = 500;

/** The end of a program that serves until it is told to stop. */
export interface End {
  readonly reached: Promise<void>;
  readonly isReached: () => boolean;
}

/**
 * Watches for Ctrl-C, SIGTERM and the closing of the terminal. Started by npm, the end is also there
 * when npm is gone: whoever kills npm means the bridge. A second signal ends the process at once.
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
