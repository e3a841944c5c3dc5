/** The dead letters of each group, which the console shows when a row opens. Pure. */

import type { DeadLetter } from '../../ops/dead-letters/dead-letter.ts';
import { groupKeyOf, newestFirst } from '../../ops/dead-letters/groups.ts';

/** Dead letters of one incident that failed for the same reason. */
export interface DeadLetterGroup {
  /** Equal for the same group at each reading. */
  readonly key: string;
  /** The newest first; never empty. */
  readonly deadLetters: readonly [DeadLetter, ...DeadLetter[]];
}

/** Groups dead letters as `dlq list` does; the group with the newest dead letter comes first. */
export function groupDeadLetters(deadLetters: readonly DeadLetter[]): readonly DeadLetterGroup[] {
  const groups = new Map<string, [DeadLetter, ...DeadLetter[]]>();
  for (const deadLetter of deadLetters.toSorted(newestFirst)) {
    const key = groupKeyOf(deadLetter);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [deadLetter]);
    else group.push(deadLetter);
  }
  return [...groups].map(([key, all]) => ({ key, deadLetters: all }));
}
