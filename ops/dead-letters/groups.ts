/** Groups dead letters by incident and reason. Pure. */

import type { Severity } from '../../lambda/shared/routes.ts';
import { urgency } from '../../lambda/pagerduty/severity.ts';
import { type DeadLetter, incidentKeyOf } from './dead-letter.ts';

/** Dead letters of one incident that failed for the same reason. */
export interface DeadLetterGroup {
  readonly newest: DeadLetter;
  /** Number of dead letters. */
  readonly count: number;
  /** Events that they stand for, at least; the dead letters' own among them. */
  readonly events: number;
  /** The highest; `undefined` without an event. */
  readonly severity: Severity | undefined;
  /** Whether all have the detail of the newest. */
  readonly isSameDetail: boolean;
}

/** What a group has in common, as one text: the same for the commands and the console. */
export function groupKeyOf(deadLetter: DeadLetter): string {
  const { service, reason, httpStatus, problem } = deadLetter;
  return JSON.stringify([incidentKeyOf(deadLetter) ?? [service, problem], reason, httpStatus]);
}

/** A group of one dead letter. */
export function groupOfOne(deadLetter: DeadLetter): DeadLetterGroup {
  const { event, deduplicated } = deadLetter;
  const events = 1 + (deduplicated?.count ?? 0);
  return { newest: deadLetter, count: 1, events, severity: event?.severity, isSameDetail: true };
}

/** Order of dead letters. */
export function newestFirst(a: DeadLetter, b: DeadLetter): number {
  return b.failedAt - a.failedAt || (a.id < b.id ? -1 : 1);
}

/** The more urgent of two severities, if there is one. */
export function higherSeverity(
  a: Severity | undefined,
  b: Severity | undefined,
): Severity | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return urgency(a) >= urgency(b) ? a : b;
}

function join(a: DeadLetterGroup, b: DeadLetterGroup): DeadLetterGroup {
  return {
    newest: newestFirst(a.newest, b.newest) < 0 ? a.newest : b.newest,
    count: a.count + b.count,
    events: a.events + b.events,
    severity: higherSeverity(a.severity, b.severity),
    isSameDetail: a.isSameDetail && b.isSameDetail && a.newest.detail === b.newest.detail,
  };
}

/** Collects dead letters into groups, one by one. */
export class DeadLetterGroups {
  readonly #groups = new Map<string, DeadLetterGroup>();

  add(deadLetter: DeadLetter): void {
    const key = groupKeyOf(deadLetter);
    const before = this.#groups.get(key);
    const one = groupOfOne(deadLetter);
    this.#groups.set(key, before === undefined ? one : join(before, one));
  }

  /** The group with the newest dead letter first. */
  sorted(): readonly DeadLetterGroup[] {
    return [...this.#groups.values()].toSorted((a, b) => newestFirst(a.newest, b.newest));
  }
}
