/** What a replay would do, decided before anything is touched. */

import { addDeduplicated, type DeduplicatedEvents } from '../../lambda/shared/message.ts';
import { incidentOf, type Letter } from './dead-letter.ts';

/** What a plan keeps of a letter: little, because there may be a hundred thousand. */
export interface PlanItem {
  readonly id: string;
  readonly service: string | undefined;
  readonly reason: string;
  /** Undefined for a letter without an event. */
  readonly incident: string | undefined;
  /** Milliseconds since 1970. */
  readonly failedAt: number;
  /** When the event happened, milliseconds since 1970. */
  readonly occurredAt: number;
  /** When ingest accepted it, milliseconds since 1970. */
  readonly receivedAt: number;
  /** Value divided by threshold, if the event has both. */
  readonly ratio?: number | undefined;
  /** Older events that an earlier replay deduplicated into it. */
  readonly deduplicated?: DeduplicatedEvents | undefined;
}

/** How many letters share something. */
export interface Group {
  readonly name: string;
  readonly count: number;
}

/** A number of letters in a few figures. */
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
  /** Letters that are not the newest of their incident. */
  readonly duplicates: number;
}

/** What a replay does. */
export interface ReplayPlan {
  /** All letters that the filter takes. */
  readonly matched: Overview;
  /** Letters to put back, the oldest first. */
  readonly send: readonly PlanItem[];
  /** Letters to remove because a newer one of their incident is put back: ID -> ID of that one. */
  readonly deduplicate: ReadonlyMap<string, string>;
  /**
   * The older events that a letter stands for when others are deduplicated into it, those of earlier
   * replays included: ID of the letter to put back -> what it will say of them.
   */
  readonly standsFor: ReadonlyMap<string, DeduplicatedEvents>;
}

/** The part of a letter that a plan needs. */
export function planItem(letter: Letter): PlanItem {
  return {
    id: letter.id,
    service: letter.service,
    reason: letter.reason,
    incident: incidentOf(letter),
    failedAt: letter.failedAt,
    occurredAt: letter.event?.occurredAt ?? letter.receivedAt ?? letter.failedAt,
    receivedAt: letter.receivedAt ?? letter.failedAt,
    ratio: letter.event?.ratio,
    deduplicated: letter.deduplicated,
  };
}

function groupsOf(items: readonly PlanItem[], nameOf: (item: PlanItem) => string): Group[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/** Which of two letters of one incident is newer, as delivery would have it. */
function isNewer(a: PlanItem, b: PlanItem): boolean {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt > b.occurredAt;
  if (a.receivedAt !== b.receivedAt) return a.receivedAt > b.receivedAt;
  return a.id > b.id;
}

/** The newest letter of each incident. Letters without an event are about none. */
function newestPerIncident(items: Iterable<PlanItem>): ReadonlyMap<string, PlanItem> {
  const newest = new Map<string, PlanItem>();
  for (const item of items) {
    if (item.incident === undefined) continue;
    const known = newest.get(item.incident);
    if (known === undefined || isNewer(item, known)) newest.set(item.incident, item);
  }
  return newest;
}

/** Puts letters into figures. */
export function overviewOf(items: readonly PlanItem[]): Overview {
  const newest = newestPerIncident(items);
  const withIncident = items.filter(({ incident }) => incident !== undefined).length;
  let first: number | undefined;
  let last: number | undefined;
  for (const { failedAt } of items) {
    if (first === undefined || failedAt < first) first = failedAt;
    if (last === undefined || failedAt > last) last = failedAt;
  }
  return {
    count: items.length,
    services: groupsOf(items, ({ service }) => service ?? 'unknown'),
    reasons: groupsOf(items, ({ reason }) => reason),
    oldest: first,
    newest: last,
    incidents: newest.size,
    duplicates: withIncident - newest.size,
  };
}

/** What one chooses beside the filter. */
export interface PlanChoice {
  /** Put back only the newest letter of each incident; remove the others once it is back. */
  readonly newestPerIncident: boolean;
  /** Put back so many at most, the oldest. @default all */
  readonly limit?: number | undefined;
}

/** Adds a letter, and what it stands for, to what a newer one stands for. */
function withLetter(
  known: DeduplicatedEvents | undefined,
  { occurredAt, ratio, deduplicated }: PlanItem,
): DeduplicatedEvents {
  const own = { count: 1, first: occurredAt, last: occurredAt, ratio };
  return [known, deduplicated].filter((each) => each !== undefined).reduce(addDeduplicated, own);
}

/** Decides what becomes of each letter that the filter takes. */
export function makePlan(items: readonly PlanItem[], choice: PlanChoice): ReplayPlan {
  const matched = overviewOf(items);
  const newest = choice.newestPerIncident ? newestPerIncident(items) : undefined;
  const speaks = ({ id, incident }: PlanItem): boolean =>
    newest === undefined || incident === undefined || newest.get(incident)?.id === id;
  const send = items
    .filter(speaks)
    .toSorted((a, b) => a.failedAt - b.failedAt || (a.id < b.id ? -1 : 1))
    .slice(0, choice.limit);
  const deduplicate = new Map<string, string>();
  const standsFor = new Map<string, DeduplicatedEvents>();
  if (newest !== undefined) {
    const chosen = new Set(send.map(({ id }) => id));
    for (const item of items) {
      const speaker = item.incident === undefined ? undefined : newest.get(item.incident);
      if (speaker === undefined || speaker.id === item.id || !chosen.has(speaker.id)) continue;
      deduplicate.set(item.id, speaker.id);
      standsFor.set(
        speaker.id,
        withLetter(standsFor.get(speaker.id) ?? speaker.deduplicated, item),
      );
    }
  }
  return { matched, send, deduplicate, standsFor };
}
