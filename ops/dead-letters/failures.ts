/** Why letters failed, and how many of them for each reason. */

/** A reason, and how many letters failed for it. */
export interface FailureCount {
  readonly reason: string;
  readonly count: number;
}

/** Counts failures by reason. */
export interface FailureTally {
  /** @param letters how many; @default 1 */
  readonly add: (reason: string, letters?: number) => void;
  /** The most frequent reason first. */
  readonly list: () => readonly FailureCount[];
}

/** Begins to count. */
export function failureTally(): FailureTally {
  const counts = new Map<string, number>();
  return {
    add: (reason, letters = 1) => {
      counts.set(reason, (counts.get(reason) ?? 0) + letters);
    },
    list: () =>
      [...counts]
        .map(([reason, count]) => ({ reason, count }))
        .toSorted((a, b) => b.count - a.count),
  };
}
