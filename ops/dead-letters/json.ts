/** Dead letters as the commands print them with `--json`. Fields are added, never renamed. */

import type { Letter } from './dead-letter.ts';
import type { Overview, ReplayPlan } from './plan.ts';

function time(millis: number | undefined): string | null {
  return millis === undefined ? null : new Date(millis).toISOString();
}

/** One dead letter. Every field is always there; what is not known is `null`. */
export function letterJson(letter: Letter) {
  const { event, deduplicated } = letter;
  return {
    id: letter.id,
    reason: letter.reason,
    detail: letter.detail,
    httpStatus: letter.httpStatus ?? null,
    receiveCount: letter.receiveCount ?? null,
    failedAt: time(letter.failedAt),
    receivedAt: time(letter.receivedAt),
    requestId: letter.requestId ?? null,
    originalMessageId: letter.originalMessageId ?? null,
    service: letter.service ?? null,
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
    problem: letter.problem ?? null,
  };
}

/** Figures about some letters. */
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

/** What a replay would do. */
export function planJson(plan: ReplayPlan, partial: string | undefined) {
  return {
    ...overviewJson(plan.matched),
    send: plan.send.length,
    deduplicate: plan.deduplicate.size,
    partial: partial ?? null,
  };
}
