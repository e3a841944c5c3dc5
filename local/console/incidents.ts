/** The stand-in's incidents as a responder would see them. */

import type { StandIn } from '../pagerduty/stand-in.ts';
import type { Incident } from '../pagerduty/incidents.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import type { IncidentsView, IncidentView } from './state.ts';

/** Incidents that the page shows: more than anyone reads at a glance. */
const SHOWN = 50;

/** What is known of an incident beside what PagerDuty keeps. */
interface Told {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly events: number;
  /** Triggers that were counted. */
  readonly triggers: number;
}

/** Watches the stand-in's incidents. */
export interface IncidentWatch {
  /** Changes with every change of an incident. */
  readonly version: () => number;
  readonly view: () => IncidentsView;
  /** Resolves an incident as a responder does. @returns whether it was open */
  readonly resolve: (number: number) => boolean;
  readonly stop: () => void;
}

/** Events that a trigger stands for: what it deduplicated, or itself. */
function eventsIn({ details }: Incident): number {
  const deduplicated = details['deduplicated'];
  const count = isJsonObject(deduplicated) ? deduplicated['count'] : undefined;
  return typeof count === 'number' ? count : 1;
}

/** An incident that was opened before anyone watched. */
function toldOnce({ updatedAt, updates }: Incident): Told {
  return { at: Date.parse(updatedAt), events: updates + 1, triggers: updates + 1 };
}

function isOpen({ status }: Incident): boolean {
  return status !== 'resolved';
}

function delayOf({ details }: Incident, toldAt: number): number | undefined {
  const receivedAt = details['received_at'];
  const received = typeof receivedAt === 'string' ? Date.parse(receivedAt) : Number.NaN;
  return Number.isNaN(received) ? undefined : Math.max(0, toldAt - received);
}

function viewOf(incident: Incident, told: Told, updateInterval: number): IncidentView {
  const { number, status, severity, summary, service, openedAt, details, links } = incident;
  const href = links[0]?.['href'];
  return {
    number,
    status,
    severity,
    summary,
    service,
    openedAt: Date.parse(openedAt),
    toldAt: told.at,
    events: told.events,
    delay: delayOf(incident, told.at),
    details,
    // Nothing but a web address may become a link.
    link: typeof href === 'string' && /^https?:/i.test(href) ? href : undefined,
    deduplicatesUntil: status === 'resolved' ? told.at + updateInterval : undefined,
  };
}

/**
 * Starts watching.
 *
 * @param updateInterval milliseconds in which delivery needs no further call for an incident
 */
export function watchIncidents(standIn: StandIn, updateInterval: number): IncidentWatch {
  const told = new Map<number, Told>();
  let version = 0;
  const unwatch = standIn.watch(({ service, dedupKey, at }) => {
    if (dedupKey === undefined) return;
    const incident = standIn
      .incidents()
      .findLast((each) => each.dedupKey === dedupKey && each.service === service);
    if (incident === undefined) return;
    version += 1;
    const { events, triggers } = told.get(incident.number) ?? { events: 0, triggers: 0 };
    // A call that was throttled names an incident, too, but told PagerDuty nothing.
    if (incident.updates + 1 === triggers) return;
    told.set(incident.number, {
      at: Date.parse(at),
      events: events + eventsIn(incident),
      triggers: incident.updates + 1,
    });
  });
  return {
    version: () => version,
    view: () => {
      const all = standIn.incidents();
      const shown = all
        .map((incident) => ({ incident, told: told.get(incident.number) ?? toldOnce(incident) }))
        .toSorted(
          (a, b) =>
            Number(isOpen(b.incident)) - Number(isOpen(a.incident)) ||
            b.incident.number - a.incident.number,
        )
        .slice(0, SHOWN);
      return {
        shown: shown.map((each) => viewOf(each.incident, each.told, updateInterval)),
        open: all.filter(isOpen).length,
        total: all.length,
      };
    },
    resolve: (number) => {
      const done = standIn.resolve(number);
      if (done) version += 1;
      return done;
    },
    stop: unwatch,
  };
}
