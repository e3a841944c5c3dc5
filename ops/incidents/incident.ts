/** An open incident as the operator sees it. Pure. */

import { type DedupKeyParts, readDedupKey } from '../../lambda/pagerduty/dedup-key.ts';
import { type OpenIncident, splitIncidentKey } from '../../lambda/shared/open-incident.ts';

/**
 * What becomes of an open incident.
 *
 * - `waiting`: it is resolved at its time, if no event comes before.
 * - `due`: the next tick resolves it.
 * - `overdue`: it should have been resolved: PagerDuty fails, or delivery does not run.
 * - `resolving`: a resolve is under way.
 * - `key_missing`: it is resolved when its service has an integration key.
 * - `key_changed`: it was opened with a former integration key of its service. PagerDuty ignores a
 *   resolve with another key, so only a person can resolve it.
 */
export type IncidentState =
  | 'waiting'
  | 'due'
  | 'overdue'
  | 'resolving'
  | 'key_missing'
  | 'key_changed';

/** An open incident that the bridge resolves. Times in milliseconds since 1970. */
export interface ListedIncident {
  /** PagerDuty service, a blank, and dedup key: identifies it. */
  readonly incidentKey: string;
  readonly service: string;
  readonly dedupKey: string;
  /** What it is about; absent if its dedup key is a hash. */
  readonly about?: DedupKeyParts | undefined;
  /** Summary line of its last event. */
  readonly summary: string;
  /** When its first event was processed. */
  readonly opened?: number | undefined;
  /** When its last event was processed. */
  readonly lastEvent: number;
  /** When it is resolved, if no event comes before. */
  readonly due: number;
  readonly state: IncidentState;
}

/** An incident that was due so long ago is overdue, milliseconds: a tick comes every minute. */
const OVERDUE_AFTER = 180_000;

/** What the state of an incident depends on. */
export interface ListingFacts {
  /** Service -> ID of its integration key. A service without a usable key is not in it. */
  readonly keyIds: ReadonlyMap<string, string>;
  /** How long a resolve that is under way keeps others away, milliseconds. */
  readonly claimDuration: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

function stateOf(
  incident: OpenIncident,
  keyId: string | undefined,
  { claimDuration, now }: ListingFacts,
): IncidentState {
  const { claimed, due } = incident;
  if (keyId === undefined) return 'key_missing';
  if (incident.keyId !== undefined && incident.keyId !== keyId) return 'key_changed';
  if (claimed !== undefined && claimed >= now - claimDuration) return 'resolving';
  if (due > now) return 'waiting';
  return due > now - OVERDUE_AFTER ? 'due' : 'overdue';
}

/**
 * Describes the open incidents of a table: first those that only a person can resolve, then those
 * that are resolved first. Incidents that PagerDuty has just resolved are left out.
 */
export function listIncidents(
  incidents: readonly OpenIncident[],
  facts: ListingFacts,
): readonly ListedIncident[] {
  return incidents
    .filter(({ isResolved }) => !isResolved)
    .map((incident) => {
      const { incidentKey, summary, opened, lastEvent, due } = incident;
      const { service, dedupKey } = splitIncidentKey(incidentKey);
      const about = readDedupKey(dedupKey);
      const state = stateOf(incident, facts.keyIds.get(service), facts);
      return { incidentKey, service, dedupKey, about, summary, opened, lastEvent, due, state };
    })
    .toSorted(
      (a, b) =>
        Number(b.state === 'key_changed') - Number(a.state === 'key_changed') ||
        a.due - b.due ||
        (a.incidentKey < b.incidentKey ? -1 : 1),
    );
}

/**
 * Conditions that an incident must all meet. Of several values of one condition, one must match.
 * Every incident meets a condition that is left out.
 */
export interface IncidentFilter {
  /** PagerDuty services. */
  readonly service?: readonly string[] | undefined;
  /** IDs of environments. */
  readonly environment?: readonly string[] | undefined;
  /** IDs of views, or domains. */
  readonly view?: readonly string[] | undefined;
  /** Parts of the summary or of the dedup key, in any case. */
  readonly text?: readonly string[] | undefined;
  /** Opened before this moment, milliseconds since 1970. */
  readonly openedBefore?: number | undefined;
}

/** True if a filter takes an incident. */
export function matches(filter: IncidentFilter, incident: ListedIncident): boolean {
  const { service, environment, view, text, openedBefore } = filter;
  const { about } = incident;
  const searched = `${incident.summary}\n${incident.dedupKey}`.toLowerCase();
  return (
    (service === undefined || service.includes(incident.service)) &&
    (environment === undefined ||
      (about !== undefined && environment.includes(about.environment))) &&
    (view === undefined || (about !== undefined && view.includes(about.view))) &&
    (text === undefined || text.some((part) => searched.includes(part.toLowerCase()))) &&
    (openedBefore === undefined || (incident.opened ?? incident.lastEvent) < openedBefore)
  );
}
