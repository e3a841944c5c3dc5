import { CLOSED, type Circuit } from './circuit.ts';
import type { Told } from './fold.ts';
import { type CallTimes, withinWindow } from './pacing.ts';

/** Incidents that one instance remembers; the least recently told are forgotten first. */
const MAX_REMEMBERED = 20_000;

/** What an instance knows of one integration key's standing with PagerDuty. */
export interface Throttle {
  /** No calls before, milliseconds since 1970. */
  readonly until: number;
  /** 429s in a row. */
  readonly count: number;
}

/**
 * What one function instance remembers between its batches. Losing it costs calls, never an event:
 * each part only ever saves or delays a call.
 */
export interface InstanceMemory {
  circuit: Circuit;
  /** By incident. */
  readonly told: Map<string, Told>;
  /** By service. */
  readonly calls: Map<string, CallTimes>;
  /** By service. */
  readonly throttled: Map<string, Throttle>;
}

/** The memory of an instance that has just started. */
export function emptyMemory(): InstanceMemory {
  return { circuit: CLOSED, told: new Map(), calls: new Map(), throttled: new Map() };
}

/** Remembers what PagerDuty was told of an incident. */
export function remember(memory: InstanceMemory, incident: string, told: Told): void {
  // Deleting first moves the incident to the end: a Map keeps the order of insertion.
  memory.told.delete(incident);
  memory.told.set(incident, told);
  for (const oldest of memory.told.keys()) {
    if (memory.told.size <= MAX_REMEMBERED) break;
    memory.told.delete(oldest);
  }
}

/** Counts a call that starts now. */
export function countCall(memory: InstanceMemory, service: string, now: number): void {
  memory.calls.set(service, [...withinWindow(memory.calls.get(service) ?? [], now), now]);
}
