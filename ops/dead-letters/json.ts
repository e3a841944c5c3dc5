/** Dead letters as the commands print them with `--json`. Fields are added, never renamed. */

import type { DeadLetter } from './dead-letter.ts';
import { type Overview, type ReplayPlan, toDeduplicate } from './plan.ts';

function time(millis: number | undefined): string | null {
  return millis === undefined ? null : new Date(millis).toISOString();
}

/** A dead deadLetter. Every field is always there; what is not known is `null`. */
export function deadLetterJson(deadLetter: DeadLetter) {
  const { event, deduplicated } = deadLetter;
  return {
    id: deadLetter.id,
    reason: deadLetter.reason,
    detail: deadLetter.detail,
    httpStatus: deadLetter.httpStatus ?? null,
    receiveCount: deadLetter.receiveCount ?? null,
    failedAt: time(deadLetter.failedAt),
    receivedAt: time(deadLetter.receivedAt),
    requestId: deadLetter.requestId ?? null,
    originalMessageId: deadLetter.originalMessageId ?? null,
    service: deadLetter.service ?? null,
    dedupKey: event?.dedupKey ?? null,
    event:
      event === undefined
        ? null
        : {
            kind: event.kind,
            summary: event.summary,
            occurredAt: time(event.occurredAt),
            environment: { id: event.environment.id, name: event.environment.name ?? null },
            view:
              event.view === undefined
                ? null
                : { id: event.view.id, name: event.view.name ?? null },
            metric: event.metric ?? null,
          },
    deduplicated:
      deduplicated === undefined
        ? null
        : {
            count: deduplicated.count,
            first: time(deduplicated.first),
            last: time(deduplicated.last),
          },
    problem: deadLetter.problem ?? null,
  };
}

/** Figures of some dead letters. */
export function overviewJson(overview: Overview) {
  const { count, services, reasons, oldest, newest, incidents, duplicates } = overview;
  return {
    count,
    services: Object.fromEntries(services.map((group) => [group.name, group.count])),
    reasons: Object.fromEntries(reasons.map((group) => [group.name, group.count])),
    oldest: time(oldest),
    newest: time(newest),
    incidents,
    duplicates,
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
