/** Derives from the stand-in's incidents what the page shows. Pure. */

import { SEVERITIES } from '../../lambda/shared/routes.ts';
import { objectOr } from '../stack/template.ts';
import type { Facts } from './facts.ts';
import type { IncidentFacts } from './incidents.ts';
import type { IncidentDetail, IncidentRow, IncidentsView } from './state.ts';

function rowOf({ incident, notified }: IncidentFacts): IncidentRow {
  const { number, status, severity, summary, service, openedAt, updatedAt } = incident;
  return {
    number,
    status,
    severity,
    summary,
    service,
    openedAt: Date.parse(openedAt),
    changedAt: Date.parse(updatedAt),
    events: notified.events,
  };
}

function isOpen({ status }: IncidentRow): boolean {
  return status !== 'resolved';
}

/** 0 is the most urgent. */
function rank({ severity }: IncidentRow): number {
  return SEVERITIES.length - SEVERITIES.findIndex((known) => known === severity);
}

/** Open ones by severity and age, the newest first; then the resolved ones, the newest first. */
function compare(a: IncidentRow, b: IncidentRow): number {
  if (isOpen(a) !== isOpen(b)) return isOpen(a) ? -1 : 1;
  return (isOpen(a) ? rank(a) - rank(b) : 0) || b.number - a.number;
}

/** Every incident, in the order of the page. */
export function incidentsOf(incidents: readonly IncidentFacts[]): IncidentsView {
  const rows = incidents.map(rowOf).toSorted(compare);
  return { rows, open: rows.filter(isOpen).length };
}

/** Only a web address may become a link. */
function linksOf(links: IncidentFacts['incident']['links']): IncidentDetail['links'] {
  return links.flatMap(({ href, text }) =>
    typeof href === 'string' && /^https?:/i.test(href)
      ? [{ href, text: typeof text === 'string' ? text : href }]
      : [],
  );
}

/** Fields of the event's payload that are texts, in PagerDuty's order. */
const PAYLOAD_FIELDS = ['source', 'component', 'group', 'class', 'timestamp'];

/** An incident with everything that a responder sees. */
export function detailOf(
  facts: IncidentFacts,
  { resolveTimes, updateInterval }: Pick<Facts, 'resolveTimes' | 'updateInterval'>,
): IncidentDetail {
  const { incident, notified } = facts;
  const { dedupKey, details, links, updatedAt, timeline, event } = incident;
  const payload = objectOr(event['payload']);
  const isResolved = incident.status === 'resolved';
  const fields = PAYLOAD_FIELDS.flatMap((name) => {
    const value = payload[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return {
    ...rowOf(facts),
    dedupKey,
    fields,
    details,
    links: linksOf(links),
    delay: notified.delay,
    timeline: timeline.map(({ at, ...change }) => ({ at: Date.parse(at), ...change })),
    dropped: Math.max(0, incident.updates + 1 - timeline.filter(isTrigger).length),
    resolvesAt: isResolved ? undefined : resolveTimes.get(dedupKey),
    resolvedAt: isResolved ? Date.parse(updatedAt) : undefined,
    nextUpdateAt: isResolved ? notified.at + updateInterval : undefined,
  };
}

function isTrigger({ kind }: { readonly kind: string }): boolean {
  return kind === 'opened' || kind === 'updated';
}
