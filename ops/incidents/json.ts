/** Open incidents as the commands print them with `--json`. Fields are added, never renamed. */

import { isoTime } from '../time.ts';
import type { ListedIncident } from './incident.ts';
import { numberIn, openedSpan, type ResolvePlan, serviceGroups } from './resolve.ts';

/** An incident. Every field is always there; what is not known is `null`. */
export function incidentJson(incident: ListedIncident) {
  const { service, dedupKey, about, summary, opened, lastEvent, due, state } = incident;
  return {
    service,
    dedupKey,
    environment: about?.environment ?? null,
    view: about?.view ?? null,
    metric: about?.metric ?? null,
    summary,
    opened: isoTime(opened),
    lastEvent: isoTime(lastEvent),
    due: isoTime(due),
    state,
  };
}

/** Plan of a resolve. */
export function resolvePlanJson({ matched, open, toResolve }: ResolvePlan) {
  const span = openedSpan(matched);
  return {
    count: matched.length,
    open,
    services: Object.fromEntries(serviceGroups(matched).map(({ name, count }) => [name, count])),
    oldest: isoTime(span?.oldest),
    newest: isoTime(span?.newest),
    toResolve: toResolve.length,
    keyMissing: numberIn(matched, 'key_missing'),
    keyChanged: numberIn(matched, 'key_changed'),
  };
}
