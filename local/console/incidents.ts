/** Counts the events behind each incident of the stand-in. */

import { isJsonObject } from '../../lambda/shared/json.ts';
import type { Incident } from '../pagerduty/incidents.ts';
import type { StandIn } from '../pagerduty/stand-in.ts';

/** What PagerDuty was notified of. */
interface Notified {
  /** Time of the last notification, milliseconds since 1970. */
  readonly at: number;
  readonly events: number;
  /**
   * From accepting an event to the call that opened the incident, milliseconds. Updates wait until they
   * are due, so their delay says nothing.
   */
  readonly delay?: number | undefined;
  /** Triggers that PagerDuty accepted. */
  readonly triggers: number;
}

/** An incident, and what PagerDuty was notified of. */
export interface IncidentFacts {
  readonly incident: Incident;
  readonly notified: Pick<Notified, 'at' | 'events' | 'delay'>;
}

/** Number of events in the last trigger: those that delivery deduplicated into it, or 1. */
function eventsIn({ details }: Incident): number {
  const deduplicated = details['deduplicated'];
  const count = isJsonObject(deduplicated) ? deduplicated['count'] : undefined;
  return typeof count === 'number' ? count : 1;
}

/** Delay of a call at `at`, milliseconds; `undefined` when the event does not say when it came. */
function delayOf({ details }: Incident, at: number): number | undefined {
  const receivedAt = Date.parse(String(details['received_at']));
  return Number.isNaN(receivedAt) ? undefined : Math.max(0, at - receivedAt);
}

/** Starts counting. @returns the incidents so far, in the order of opening, and what ends it */
export function watchIncidents(standIn: StandIn): {
  readonly list: () => readonly IncidentFacts[];
  readonly stop: () => void;
} {
  const notifications = new Map<number, Notified>();
  const stop = standIn.watch(({ service, dedupKey, at }) => {
    if (dedupKey === undefined) return;
    const incident = standIn
      .incidents()
      .findLast((each) => each.dedupKey === dedupKey && each.service === service);
    if (incident === undefined) return;
    const calledAt = Date.parse(at);
    const { events, triggers, delay } = notifications.get(incident.number) ?? {
      events: 0,
      triggers: 0,
      delay: delayOf(incident, calledAt),
    };
    // A call that was throttled names an incident, but PagerDuty did not accept it.
    if (incident.updates + 1 === triggers) return;
    notifications.set(incident.number, {
      at: calledAt,
      delay,
      events: events + eventsIn(incident),
      triggers: incident.updates + 1,
    });
  });
  return {
    list: () =>
      standIn.incidents().map((incident) => ({
        incident,
        notified: notifications.get(incident.number) ?? {
          at: Date.parse(incident.updatedAt),
          events: incident.updates + 1,
        },
      })),
    stop,
  };
}
