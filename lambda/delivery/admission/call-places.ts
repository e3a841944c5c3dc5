/**
 * Shares the concurrent calls of a batch among its integration keys. A key takes a further place only
 * while one is left for each other key that has a call to make and none under way: a key whose calls
 * hang then holds up no other. When there are more keys than places, they take turns.
 */
export interface CallPlaces {
  /** Resolves when a call with the key may start, to a function that ends it. */
  readonly take: (integrationKey: string) => Promise<() => void>;
  /** Says that a key has no further call to make. */
  readonly leave: (integrationKey: string) => void;
}

/**
 * A place costs the same however many calls wait: a batch may have 10,000 messages.
 *
 * @param limit calls under way at once, at least 1
 * @param integrationKeys the keys that have calls to make
 */
export function callPlaces(limit: number, integrationKeys: Iterable<string>): CallPlaces {
  const present = new Set(integrationKeys);
  /** Keys with a call to make and none under way. */
  const idle = new Set(present);
  const underWay = new Map<string, number>();
  /** Calls that wait, by key; the key whose turn was longest ago comes first. */
  const queues = new Map<string, (() => void)[]>([...present].map((key) => [key, []]));
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
      // Deleting first moves the key to the end: a Map keeps the order of insertion.
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
    if (callsOf(key) === 0 && present.has(key)) idle.add(key);
    startNext();
  };

  return {
    take: async (key) => {
      await new Promise<void>((start) => {
        const queue = queues.get(key);
        if (queue === undefined) queues.set(key, [start]);
        else queue.push(start);
        startNext();
      });
      return () => end(key);
    },
    leave: (key) => {
      present.delete(key);
      idle.delete(key);
      startNext();
    },
  };
}
