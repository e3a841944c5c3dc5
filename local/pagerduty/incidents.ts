/** Incidents as PagerDuty keeps them: events of one key and dedup key deduplicate while one is open. */

import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../lambda/shared/json.ts';
import { objectOr } from '../stack/template.ts';
import type { AcceptedEvent } from './validate.ts';

/** An incident of the stand-in. */
export interface Incident {
  readonly number: number;
  /** Name of the service whose integration key it came in with; never the key. */
  readonly service: string;
  readonly dedupKey: string;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly severity: string;
  readonly summary: string;
  readonly source: string;
  readonly details: JsonObject;
  readonly links: readonly JsonObject[];
  /** ISO 8601. */
  readonly openedAt: string;
  /** When the last event came in, ISO 8601. */
  readonly updatedAt: string;
  /** Triggers that deduplicated into it, after the one that opened it. */
  readonly updates: number;
  /** The last trigger as it was sent, without the integration key. */
  readonly event: JsonObject;
}

/** The incidents of the stand-in. */
export interface Incidents {
  /** Takes an event. @returns its dedup key, made up when it had none */
  readonly take: (event: AcceptedEvent, service: string) => string;
  /** Resolves an incident, as a responder does by hand. @returns whether it was open */
  readonly resolve: (number: number) => boolean;
  /** Every incident, in the order of opening. */
  readonly all: () => readonly Incident[];
  readonly clear: () => void;
}

function describe(
  event: JsonObject,
): Pick<Incident, 'severity' | 'summary' | 'source' | 'details' | 'links' | 'event'> {
  const { routing_key: _, ...shown } = event;
  const payload = objectOr(event['payload']);
  const links = event['links'];
  return {
    severity: String(payload['severity']),
    summary: String(payload['summary']),
    source: String(payload['source']),
    details: objectOr(payload['custom_details']),
    links: Array.isArray(links) ? links.map(objectOr) : [],
    event: shown,
  };
}

/** Starts without incidents. `now` gives the time of each change. */
export function createIncidents(now: () => Date = () => new Date()): Incidents {
  const incidents: Incident[] = [];
  /** Key and dedup key -> position of the open incident. */
  const open = new Map<string, number>();

  return {
    take: (event, service) => {
      const dedupKey = event.dedupKey ?? randomBytes(16).toString('hex');
      // The key has a fixed length, so the two cannot run into each other.
      const id = `${event.routingKey}${dedupKey}`;
      const position = open.get(id);
      const before = position === undefined ? undefined : incidents[position];
      const updatedAt = now().toISOString();
      if (event.action === 'trigger') {
        const shown = describe(event.event);
        if (before === undefined || position === undefined) {
          open.set(id, incidents.length);
          const base = { number: incidents.length + 1, service, dedupKey, openedAt: updatedAt };
          incidents.push({ ...base, status: 'triggered', updates: 0, updatedAt, ...shown });
        } else {
          incidents[position] = { ...before, ...shown, updatedAt, updates: before.updates + 1 };
        }
      } else if (before !== undefined && position !== undefined) {
        const status = event.action === 'resolve' ? 'resolved' : 'acknowledged';
        incidents[position] = { ...before, status, updatedAt };
        if (status === 'resolved') open.delete(id);
      }
      return dedupKey;
    },
    resolve: (number) => {
      const position = number - 1;
      const incident = incidents[position];
      const id = [...open].find(([, openAt]) => openAt === position)?.[0];
      if (incident === undefined || id === undefined) return false;
      incidents[position] = { ...incident, status: 'resolved', updatedAt: now().toISOString() };
      open.delete(id);
      return true;
    },
    all: () => [...incidents],
    clear: () => {
      incidents.length = 0;
      open.clear();
    },
  };
}
