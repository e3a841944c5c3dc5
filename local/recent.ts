/** The most recent entries of a list, and functions that are called with each new entry. */
export interface Recent<Entry> {
  readonly add: (entry: Entry) => void;
  /** The oldest first. */
  readonly entries: () => readonly Entry[];
  /** Calls the watcher with each new entry. @returns a function that ends it */
  readonly watch: (watcher: (entry: Entry) => void) => () => void;
}

/** Makes an empty list that keeps a number of entries. */
export function createRecent<Entry>(kept: number): Recent<Entry> {
  const entries: Entry[] = [];
  const watchers = new Set<(entry: Entry) => void>();
  return {
    add: (entry) => {
      entries.push(entry);
      // Removed in large steps, because each removal moves all entries.
      if (entries.length > 2 * kept) entries.splice(0, entries.length - kept);
      for (const watcher of watchers) watcher(entry);
    },
    entries: () => entries.slice(-kept),
    watch: (watcher) => {
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
      };
    },
  };
}
