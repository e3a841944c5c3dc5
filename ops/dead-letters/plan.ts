/** Plan of a replay, made before anything changes. Pure. */

import { addDeduplicated, type DeduplicatedEvents } from '../../lambda/shared/message.ts';
import { type DeadLetter, incidentKeyOf } from './dead-letter.ts';
import { type Group, groupsOf } from './tally.ts';

/** The part of a dead letter that a plan keeps: little, because there may be 100,000. */
export interface PlanItem {
  readonly id: string;
  readonly service: string | undefined;
  readonly reason: string;
  /** See {@link incidentKeyOf}. */
  readonly incidentKey: string | undefined;
  /** Milliseconds since 1970. */
  readonly failedAt: number;
  /** When the event happened, milliseconds since 1970. */
  readonly occurredAt: number;
  /** When ingest accepted it, milliseconds since 1970. */
  readonly receivedAt: number;
  /** Value divided by threshold, if the event has both. */
  readonly ratio?: number | undefined;
  /** Events that were deduplicated into it. */
  readonly deduplicated?: DeduplicatedEvents | undefined;
}

/** Figures of some dead letters. */
export interface Overview {
  readonly count: number;
  /** The largest group first. */
  readonly services: readonly Group[];
  readonly reasons: readonly Group[];
  /** When the first and the last became dead letters; `undefined` when there are none. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
  /** Different incidents that they are about. */
  readonly incidents: number;
  /** Dead letters that are not the newest of their incident. */
  readonly duplicates: number;
}

/** A dead letter to send back, with those that are deduplicated into it. */
export interface ReplayGroup {
  readonly newest: PlanItem;
  /** Older dead letters of the incident, to be deleted once `newest` is sent. */
  readonly duplicates: readonly PlanItem[];
  /** Events that the message of `newest` stands for, itself not among them. */
  readonly deduplicated: DeduplicatedEvents | undefined;
}

/** Plan of a replay. */
export interface ReplayPlan {
  /** All dead letters that the filter takes. */
  readonly matched: Overview;
  /** What to send, the oldest dead letter first. */
  readonly groups: readonly ReplayGroup[];
}

/** Settings of a plan, beside the filter. */
export interface PlanChoice {
  /** Send only the newest dead letter of each incident, and deduplicate the others into it. */
  readonly newestPerIncident: boolean;
  /** Most dead letters to send, the oldest first. @default all */
  readonly limit?: number | undefined;
}

/** The part of a dead letter that a plan needs. */
export function planItem(deadLetter: DeadLetter): PlanItem {
  const { id, service, reason, failedAt, receivedAt, event, deduplicated } = deadLetter;
  return {
    id,
    service,
    reason,
    incidentKey: incidentKeyOf(deadLetter),
    failedAt,
    occurredAt: event?.occurredAt ?? receivedAt ?? failedAt,
    receivedAt: receivedAt ?? failedAt,
    ratio: event?.ratio,
    deduplicated,
  };
}

/** Figures of some dead letters. */
export function overviewOf(items: readonly PlanItem[]): Overview {
  const keys = items.flatMap(({ incidentKey }) => incidentKey ?? []);
  const incidents = new Set(keys).size;
  let oldest: number | undefined;
  let newest: number | undefined;
  for (const { failedAt } of items) {
    if (oldest === undefined || failedAt < oldest) oldest = failedAt;
    if (newest === undefined || failedAt > newest) newest = failedAt;
  }
  return {
    count: items.length,
    services: groupsOf(items.map(({ service }) => service ?? 'unknown')),
    reasons: groupsOf(items.map(({ reason }) => reason)),
    oldest,
    newest,
    incidents,
    duplicates: keys.length - incidents,
  };
}

function byId(a: PlanItem, b: PlanItem): number {
  return a.id < b.id ? -1 : 1;
}

/** The newest event first, in the order that delivery uses. */
function newestFirst(a: PlanItem, b: PlanItem): number {
  return b.occurredAt - a.occurredAt || b.receivedAt - a.receivedAt || byId(b, a);
}

/** All events that a dead letter stands for, its own among them. */
function eventsOf({ occurredAt, ratio, deduplicated }: PlanItem): DeduplicatedEvents {
  const own = { count: 1, first: occurredAt, last: occurredAt, ratio };
  return deduplicated === undefined ? own : addDeduplicated(own, deduplicated);
}

function groupOf(newest: PlanItem, duplicates: readonly PlanItem[]): ReplayGroup {
  const older = duplicates.map(eventsOf);
  if (older.length === 0) return { newest, duplicates, deduplicated: newest.deduplicated };
  const deduplicated = [...older, newest.deduplicated ?? []].flat().reduce(addDeduplicated);
  return { newest, duplicates, deduplicated };
}

/** Decides what a replay does with each dead letter that the filter takes. */
export function makePlan(items: readonly PlanItem[], choice: PlanChoice): ReplayPlan {
  // A dead letter without an event is about no incident. No message ID is an incident key.
  const groups = Map.groupBy(items, ({ id, incidentKey }) =>
    choice.newestPerIncident ? (incidentKey ?? id) : id,
  );
  const chosen = [...groups.values()]
    .map((group) => group.toSorted(newestFirst))
    .toSorted(([a], [b]) => (a && b ? a.failedAt - b.failedAt || byId(a, b) : 0))
    .slice(0, choice.limit);
  return {
    matched: overviewOf(items),
    groups: chosen.flatMap(([newest, ...duplicates]) =>
      newest === undefined ? [] : groupOf(newest, duplicates),
    ),
  };
}

/** Number of dead letters that a plan deduplicates. */
export function toDeduplicate({ groups }: Pick<ReplayPlan, 'groups'>): number {
  return groups.reduce((sum, { duplicates }) => sum + duplicates.length, 0);
}
