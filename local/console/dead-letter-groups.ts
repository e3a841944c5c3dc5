/** Groups dead letters by incident and reason. Pure. */

import { SEVERITIES, type Severity } from '../../lambda/shared/routes.ts';
import { type DeadLetter, incidentKeyOf } from '../../ops/dead-letters/dead-letter.ts';

/** Dead letters of one incident that failed for the same reason. */
export interface DeadLetterGroup {
  /** Equal for the same group at each reading. */
  readonly key: string;
  /** The newest first; never empty. */
  readonly deadLetters: readonly [DeadLetter, ...DeadLetter[]];
}

/** Identity of a dead letter's group. A dead letter without an event is grouped by its problem. */
function groupKeyOf(deadLetter: DeadLetter): string {
  const { reason, httpStatus, detail, problem } = deadLetter;
  const subject = incidentKeyOf(deadLetter) ?? problem;
  return JSON.stringify([subject, reason, httpStatus, detail]);
}

function newestFirst(a: DeadLetter, b: DeadLetter): number {
  return b.failedAt - a.failedAt || (a.id < b.id ? -1 : 1);
}

/** Groups dead letters; the group with the newest dead letter comes first. */
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

/** The highest of some severities; `undefined` for none. */
export function highestSeverity(
  severities: readonly (Severity | undefined)[],
): Severity | undefined {
  return SEVERITIES.findLast((severity) => severities.includes(severity));
}
