/** Chooses the dead letters that a command is about. */

import type { View } from '../../lambda/glasnostic/event.ts';
import type { Severity } from '../../lambda/shared/routes.ts';
import type { DeadLetter } from './dead-letter.ts';

/**
 * Conditions that a dead letter must all meet. Of several values of one condition, one must match.
 * Every dead letter meets a condition that is left out.
 */
export interface DeadLetterFilter {
  /** PagerDuty services. */
  readonly service?: readonly string[] | undefined;
  /** IDs of views, or their names in any case. */
  readonly view?: readonly string[] | undefined;
  /** IDs of environments, or their names in any case. */
  readonly environment?: readonly string[] | undefined;
  /** Metrics, in any case. */
  readonly metric?: readonly string[] | undefined;
  /** Texts in summary, detail, problem or dedup key, in any case. */
  readonly text?: readonly string[] | undefined;
  readonly severity?: readonly Severity[] | undefined;
  readonly reason?: readonly string[] | undefined;
  /** Message IDs, or their first characters. */
  readonly id?: readonly string[] | undefined;
  /** Became a dead letter at this moment or later, milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Became a dead letter before this moment, milliseconds since 1970. */
  readonly before?: number | undefined;
}

function isNamed(subject: View | undefined, wanted: readonly string[]): boolean {
  if (subject === undefined) return false;
  const name = subject.name?.toLowerCase();
  return wanted.some((sent) => {
    // As in the events: an `é` can be one character or two.
    const text = sent.normalize('NFC');
    return text === subject.id || text.toLowerCase() === name;
  });
}

/** A text as it is compared: in lower case, and an `é` as one character. */
function comparable(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function hasText({ event, detail, problem }: DeadLetter, wanted: readonly string[]): boolean {
  const texts = [event?.summary, event?.dedupKey, detail, problem].map((text = '') =>
    comparable(text),
  );
  return wanted.some((text) => texts.some((one) => one.includes(comparable(text))));
}

function isAbout(metric: string | undefined, wanted: readonly string[]): boolean {
  return metric !== undefined && wanted.some((one) => comparable(one) === comparable(metric));
}

/** Whether a filter takes a dead letter. */
export function matches(filter: DeadLetterFilter, deadLetter: DeadLetter): boolean {
  const { service, view, environment, metric, text, severity } = filter;
  const { reason, id, since, before } = filter;
  const { event } = deadLetter;
  return (
    (service === undefined || service.includes(deadLetter.service ?? '')) &&
    (view === undefined || isNamed(event?.view, view)) &&
    (environment === undefined || isNamed(event?.environment, environment)) &&
    (metric === undefined || isAbout(event?.metric, metric)) &&
    (text === undefined || hasText(deadLetter, text)) &&
    (severity === undefined || (event !== undefined && severity.includes(event.severity))) &&
    (reason === undefined || reason.includes(deadLetter.reason)) &&
    (id === undefined || id.some((start) => deadLetter.id.startsWith(start))) &&
    (since === undefined || deadLetter.failedAt >= since) &&
    (before === undefined || deadLetter.failedAt < before)
  );
}
