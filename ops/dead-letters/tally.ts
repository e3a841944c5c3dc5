/** Counts what dead letters have in common. */

/** A name, and how many dead letters have it. */
export interface Group {
  readonly name: string;
  readonly count: number;
}

/** Counts names; the most frequent first. */
export function groupsOf(names: Iterable<string>): readonly Group[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/** A reason, and how many dead letters failed for it. */
export interface FailureCount {
  readonly reason: string;
  readonly count: number;
}

/** Counts the reasons of failures; the most frequent first. */
export function failureCounts(reasons: Iterable<string>): readonly FailureCount[] {
  return groupsOf(reasons).map(({ name, count }) => ({ reason: name, count }));
}
