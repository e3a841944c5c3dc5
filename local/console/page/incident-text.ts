/** Texts about an incident. Pure. */

import type { IncidentDetail, TimelineEntry } from '../state.ts';
import { formatSpan, formatTime, plural } from './format.ts';
import type { NamedText } from './rows.ts';

/** Newest entries of the timeline that are shown, beside the first. */
const ENTRIES = 9;

/** When an open incident is resolved. */
function whenResolved({ resolvesAt }: IncidentDetail, now: number): string {
  if (resolvesAt === undefined) return 'Stays open until a person resolves it.';
  return resolvesAt > now
    ? `The bridge resolves it at ${formatTime(resolvesAt)}, in ${formatSpan(resolvesAt - now)}, if no event comes.`
    : 'The bridge resolves it at the next tick.';
}

/** How an incident ends, or what the next event does after its end. */
export function endText(incident: IncidentDetail, now: number): string {
  const { resolvedAt, nextUpdateAt = 0 } = incident;
  if (resolvedAt === undefined) return whenResolved(incident, now);
  const resolved = `Resolved at ${formatTime(resolvedAt)}.`;
  return nextUpdateAt > now
    ? `${resolved} A new event opens a new incident in ${Math.ceil((nextUpdateAt - now) / 1000)} s, or at once if its severity is higher.`
    : `${resolved} The next event opens a new incident.`;
}

function changeText({ kind, byHand, severity, summary }: TimelineEntry): string {
  if (summary === undefined) return `${kind}${byHand === true ? ' by hand' : ''}`;
  return `${kind}, ${severity ?? ''}: ${summary}`;
}

function rowOf(entry: TimelineEntry): NamedText {
  return [formatTime(entry.at), changeText(entry)];
}

/** Rows of the timeline. */
export function timelineRows({ timeline, dropped }: IncidentDetail): NamedText[] {
  const [first, ...others] = timeline;
  if (first === undefined) return [];
  const newest = others.slice(-ENTRIES);
  const hidden = dropped + others.length - newest.length;
  return [
    rowOf(first),
    ...(hidden > 0 ? [['…', plural(hidden, 'more change')] as const] : []),
    ...newest.map(rowOf),
  ];
}

/** The fields of an incident, apart from its details. */
export function fieldRows({ service, dedupKey, fields }: IncidentDetail): NamedText[] {
  return [['service', service], ['dedup key', dedupKey], ...fields];
}
