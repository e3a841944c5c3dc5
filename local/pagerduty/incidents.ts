/**
 * PagerDuty's incidents: while an incident is open, events with its integration key and dedup key are
 * deduplicated into it.
 */

import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../lambda/shared/json.ts';
import { objectOr } from '../stack/template.ts';
import { addChange, type Change } from './timeline.ts';
import type { AcceptedEvent } from './validate.ts';

/** An incident of the stand-in. */
export interface Incident {
  readonly number: number;
  /** Name of the service with the integration key; never the key. */
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
  /** When the last event was received, ISO 8601. */
  readonly updatedAt: string;
  /** Triggers that were deduplicated into it, without the one that opened it. */
  readonly updates: number;
  /** What happened to it, the oldest first. */
  readonly timeline: readonly Change[];
  /** The last trigger as it was sent, without the integration key. */
  readonly event: JsonObject;
}

/** The incidents of the stand-in. */
export interface Incidents {
  /** Applies an event. @returns its dedup key; generated when it had none */
  readonly take: (event: AcceptedEvent, service: string) => string;
  /** Resolves an incident, as a responder does by hand. @returns false when it was not open */
  readonly resolve: (number: number) => boolean;
  /** Every incident, in the order of opening. */
  readonly all: () => readonly Incident[];
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

/** Starts without incidents. */
export function createIncidents(): Incidents {
  const incidents: Incident[] = [];
  /** Integration key and dedup key -> position of the open incident. */
  const open = new Map<string, number>();

  return {
    take: (event, service) => {
      const dedupKey = event.dedupKey ?? randomBytes(16).toString('hex');
      // Integration keys have a fixed length, so no two pairs give the same ID.
      const id = `${event.routingKey}${dedupKey}`;
      const position = open.get(id) ?? incidents.length;
      const before = incidents[position];
      const updatedAt = new Date().toISOString();
      if (event.action === 'trigger') {
        open.set(id, position);
        const opened = { number: position + 1, service, dedupKey, openedAt: updatedAt };
        const described = describe(event.event);
        const { severity, summary } = described;
        const kind = before === undefined ? 'opened' : 'updated';
        const change: Change = { at: updatedAt, kind, severity, summary };
        incidents[position] = {
          ...(before ?? { ...opened, status: 'triggered' }),
          ...described,
          updatedAt,
          timeline: addChange(before?.timeline ?? [], change),
          updates: before === undefined ? 0 : before.updates + 1,
        };
      } else if (before !== undefined) {
        const status = event.action === 'resolve' ? 'resolved' : 'acknowledged';
        const timeline = addChange(before.timeline, { at: updatedAt, kind: status });
        incidents[position] = { ...before, status, updatedAt, timeline };
        if (status === 'resolved') open.delete(id);
      }
      return dedupKey;
    },
    resolve: (number) => {
      const position = number - 1;
      const incident = incidents[position];
      const id = [...open].find(([, openAt]) => openAt === position)?.[0];
      if (incident === undefined || id === undefined) return false;
      const at = new Date().toISOString();
      incidents[position] = {
        ...incident,
        status: 'resolved',
        updatedAt: at,
        timeline: addChange(incident.timeline, { at, kind: 'resolved', byHand: true }),
      };
      open.delete(id);
      return true;
    },
    all: () => [...incidents],
  };
}
