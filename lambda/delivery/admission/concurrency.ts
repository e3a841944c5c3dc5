/**
 * Limit of the concurrent calls of a batch, shared among its integration keys. A key may start a
 * further call only while one is left for each other key that has a call to make and none under
 * way. So a key whose calls hang does not delay the others. If there are more keys than calls, the
 * keys take turns.
 */
export interface CallConcurrency {
  /** Resolves when a call with the key may start. Call the result when the call has ended. */
  readonly acquire: (integrationKey: string) => Promise<() => void>;
  /** Reports that a key has no further calls to make. */
  readonly finish: (integrationKey: string) => void;
}

/**
 * Makes a limit for one batch. The cost of a call does not depend on the number of calls that wait,
 * because a batch may have 10,000 messages.
 *
 * @param limit calls under way at once, at least 1
 * @param integrationKeys the keys that have calls to make
 */
export function limitConcurrency(
  limit: number,
  integrationKeys: Iterable<string>,
): CallConcurrency {
  const unfinished = new Set(integrationKeys);
  /** Keys with a call to make and none under way. */
  const idle = new Set(unfinished);
  const underWay = new Map<string, number>();
  /** Calls that wait, by key; the key whose turn was longest ago comes first. */
  const queues = new Map<string, (() => void)[]>([...unfinished].map((key) => [key, []]));
  let free = limit;

  const callsOf = (key: string): number => underWay.get(key) ?? 0;
  // A key without a call under way goes first.
  const nextKey = (): string | undefined => {
    if (free === 0) return undefined;
    let first: string | undefined;
    for (const [key, queue] of queues) {
      if (queue.length === 0) continue;
      if (callsOf(key) === 0) return key;
      first ??= key;
    }
    return free > idle.size ? first : undefined;
  };
  const startNext = (): void => {
    for (let key = nextKey(); key !== undefined; key = nextKey()) {
      const queue = queues.get(key) ?? [];
      const start = queue.shift();
      // A Map keeps the order of insertion. To delete the key first moves it to the end.
      queues.delete(key);
      queues.set(key, queue);
      free -= 1;
      underWay.set(key, callsOf(key) + 1);
      idle.delete(key);
      start?.();
    }
  };
  const end = (key: string): void => {
    free += 1;
    underWay.set(key, callsOf(key) - 1);
    if (callsOf(key) === 0 && unfinished.has(key)) idle.add(key);
    startNext();
  };

  return {
    acquire: async (key) => {
      await new Promise<void>((start) => {
        const queue = queues.get(key);
        if (queue === undefined) queues.set(key, [start]);
        else queue.push(start);
        startNext();
      });
      return () => end(key);
    },
    finish: (key) => {
      unfinished.delete(key);
      idle.delete(key);
      startNext();
    },
  };
}
