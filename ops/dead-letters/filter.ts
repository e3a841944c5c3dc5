/** Which dead letters a command is about. */

import type { Named } from '../../lambda/glasnostic/event.ts';
import type { Letter } from './dead-letter.ts';

/**
 * Conditions that a letter must meet, all of them. Of several values of one condition, one must
 * fit. A condition that is left out is met by every letter.
 */
export interface LetterFilter {
  /** PagerDuty services. */
  readonly service?: readonly string[] | undefined;
  /** IDs of views, or their names in any case. */
  readonly view?: readonly string[] | undefined;
  /** IDs of environments, or their names in any case. */
  readonly environment?: readonly string[] | undefined;
  readonly reason?: readonly string[] | undefined;
  /** Message IDs, or their first characters. */
  readonly id?: readonly string[] | undefined;
  /** Became a dead letter at this moment or later, milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Became a dead letter before this moment, milliseconds since 1970. */
  readonly before?: number | undefined;
}

function isNamed(subject: Named | undefined, wanted: readonly string[]): boolean {
  if (subject === undefined) return false;
  const name = subject.name?.toLowerCase();
  return wanted.some((text) => text === subject.id || text.toLowerCase() === name);
}

/** Whether a filter takes a letter. */
export function matches(filter: LetterFilter, letter: Letter): boolean {
  const { service, view, environment, reason, id, since, before } = filter;
  return (
    (service === undefined || service.includes(letter.service ?? '')) &&
    (view === undefined || isNamed(letter.event?.view, view)) &&
    (environment === undefined || isNamed(letter.event?.environment, environment)) &&
    (reason === undefined || reason.includes(letter.reason)) &&
    (id === undefined || id.some((start) => letter.id.startsWith(start))) &&
    (since === undefined || letter.failedAt >= since) &&
    (before === undefined || letter.failedAt < before)
  );
}
