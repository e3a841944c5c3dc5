/** Dead letters as the commands print them with `--json`. Fields are added, never renamed. */

import type { View } from '../../lambda/glasnostic/event.ts';
import type { DeduplicatedEvents } from '../../lambda/shared/message.ts';
import { isoTime } from '../time.ts';
import type { DeadLetter, DeadLetterEvent } from './dead-letter.ts';
import { type Overview, type ReplayPlan, toDeduplicate } from './plan.ts';

function eventJson({ kind, summary, severity, ...event }: DeadLetterEvent) {
  const { occurredAt, environment, view, metric } = event;
  return {
    kind,
    summary,
    severity,
    occurredAt: isoTime(occurredAt),
    environment: namedJson(environment),
    view: view === undefined ? null : namedJson(view),
    metric: metric ?? null,
  };
}

function namedJson({ id, name }: View) {
  return { id: id ?? null, name: name ?? null };
}

function deduplicatedJson({ count, first, last }: DeduplicatedEvents) {
  return { count, first: isoTime(first), last: isoTime(last) };
}

/** A dead letter. Every field is always there; what is not known is `null`. */
export function deadLetterJson({ event, deduplicated, ...deadLetter }: DeadLetter) {
  const { id, reason, detail, httpStatus, receiveCount, failedAt, receivedAt } = deadLetter;
  const { requestId, originalMessageId, service, problem } = deadLetter;
  return {
    id,
    reason,
    detail,
    httpStatus: httpStatus ?? null,
    receiveCount: receiveCount ?? null,
    failedAt: isoTime(failedAt),
    receivedAt: isoTime(receivedAt),
    requestId: requestId ?? null,
    originalMessageId: originalMessageId ?? null,
    service: service ?? null,
    dedupKey: event?.dedupKey ?? null,
    event: event === undefined ? null : eventJson(event),
    deduplicated: deduplicated === undefined ? null : deduplicatedJson(deduplicated),
    problem: problem ?? null,
  };
}

/** Figures of some dead letters. */
export function overviewJson(overview: Overview) {
  const { services, reasons, oldest, newest } = overview;
  return {
    ...overview,
    services: Object.fromEntries(services.map(({ name, count }) => [name, count])),
    reasons: Object.fromEntries(reasons.map(({ name, count }) => [name, count])),
    oldest: isoTime(oldest),
    newest: isoTime(newest),
  };
}

/** Plan of a replay. */
export function planJson(plan: ReplayPlan, partial: string | undefined) {
  return {
    ...overviewJson(plan.matched),
    toSend: plan.groups.length,
    toDeduplicate: toDeduplicate(plan),
    partial: partial ?? null,
  };
}
