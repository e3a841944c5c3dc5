/**
 * Limit of the concurrent calls of a batch, shared among its integration keys. A key may start a
 * further call only while one is left for each other key that has a call to make and none under
 * way. So a key whose calls hang does not delay the others.
 */
export interface CallConcurrency {
  /** Resolves when a call with the key may start. Call the result when the call has ended. */
  readonly acquire: (integrationKey: string) => Promise<() => void>;
  /** Reports that a key has no further calls to make. */
  readonly finish: (integrationKey: string) => void;
}

/**
 * Makes a limit for one batch.
 *
 * @param limit calls under way at once, at least 1
 * @param integrationKeys the keys that have calls to make
 */
export function limitConcurrency(
  limit: number,
  integrationKeys: Iterable<string>,
): CallConcurrency {
  const unfinished = new Set(integrationKeys);
  const underWay = new Map<string, number>();
  const queue: { readonly key: string; readonly start: () => void }[] = [];
  let free = limit;

  const callsOf = (key: string): number => underWay.get(key) ?? 0;
  const mayStart = (key: string): boolean => {
    if (callsOf(key) === 0) return free >= 1;
    const others = [...unfinished].filter((other) => other !== key && callsOf(other) === 0).length;
    return free > others;
  };
  const begin = (key: string): void => {
    free -= 1;
    underWay.set(key, callsOf(key) + 1);
  };
  const startNext = (): void => {
    for (let at = nextAt(); at !== -1; at = nextAt()) {
      const [next] = queue.splice(at, 1);
      if (next === undefined) return;
      begin(next.key);
      next.start();
    }
  };
  // A key without a call under way goes first.
  const nextAt = (): number => {
    const first = queue.findIndex(({ key }) => callsOf(key) === 0 && mayStart(key));
    return first === -1 ? queue.findIndex(({ key }) => mayStart(key)) : first;
  };
  const end = (key: string): void => {
    free += 1;
    underWay.set(key, callsOf(key) - 1);
    startNext();
  };

  return {
    acquire: async (key) => {
      await new Promise<void>((start) => {
        queue.push({ key, start });
        startNext();
      });
      return () => end(key);
    },
    finish: (key) => {
      unfinished.delete(key);
      startNext();
    },
  };
}
