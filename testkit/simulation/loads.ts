/** Loads that tests and benches simulate, and what they measure. Times in milliseconds. */

import type { DeliverySettings } from '../../lambda/shared/delivery-settings.ts';
import type { Severity } from '../../lambda/shared/routes.ts';
import type { Mode, SeenCall } from './pagerduty.ts';
import { seededRandom } from './random.ts';
import { BEGIN, type LoadEvent, type Scenario, simulate, type Simulation } from './simulate.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Value below which a share of the values lies; `NaN` when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

function byTime(a: LoadEvent, b: LoadEvent): number {
  return a.at - b.at;
}

/** When an accepted call about each view of a service was first answered, since 1970. */
function openings(calls: readonly SeenCall[], service: string): ReadonlyMap<number, number> {
  const opened = new Map<number, number>();
  for (const { dedupKey, outcome, endedAt, action } of calls) {
    const [, owner, view = ''] = dedupKey.split(':');
    if (outcome !== 'delivered' || action !== 'trigger' || owner !== service) continue;
    opened.set(Number(view), Math.min(opened.get(Number(view)) ?? Infinity, endedAt));
  }
  return opened;
}

/** Time from accepting an event to the answer that opens its incident; `Infinity` when never. */
export function pageDelays(
  { events, calls }: Simulation,
  service: string,
  isPage: (event: LoadEvent) => boolean,
): readonly number[] {
  const opened = openings(calls, service);
  return [...events.values()]
    .filter((event) => event.service === service && isPage(event))
    .map(({ view, acceptedAt }) => (opened.get(view) ?? Infinity) - acceptedAt);
}

/** Views from this one on are pages that a load measures; those below are its noise. */
export const PAGES = 100_000;

/**
 * An hour of service B, a page every five seconds, each of an incident of its own, while service A
 * sends an event per second and PagerDuty treats A's key badly.
 *
 * @returns delays of B's pages
 */
export async function isolation(load: {
  /** How A's calls end; `undefined` for B alone. */
  readonly mode: Mode | undefined;
  /** Incidents of A. */
  readonly incidents: number;
  /** @default 60 */
  readonly minutes?: number;
  /** Services like A, each with a key of its own. @default 1 */
  readonly services?: number;
  readonly seed: number;
}): Promise<readonly number[]> {
  const { mode, incidents, seed, services = 1, minutes = 60 } = load;
  const end = minutes * 60 * SECOND;
  const random = seededRandom(seed * 77);
  const events: LoadEvent[] = [];
  for (let at = 0; at < end; at += 5 * SECOND) {
    const jitter = Math.floor(random() * 4 * SECOND);
    events.push({ at: at + jitter, service: 'b', view: PAGES + at / SECOND });
  }
  const others = mode === undefined ? 0 : services;
  for (let at = 0; at < end; at += SECOND) {
    for (let service = 0; service < others; service += 1) {
      const view = Math.floor(random() * incidents);
      events.push({ at: at + Math.floor(random() * SECOND), service: `a${service}`, view });
    }
  }
  const simulation = await simulate({
    seed,
    events: events.toSorted(byTime),
    modeAt: (time, { routing_key: key }) =>
      key.startsWith('a') && time < end ? (mode ?? 'up') : 'up',
  });
  return pageDelays(simulation, 'b', () => true);
}

/** Result of an outage. */
export interface OutageResult {
  readonly simulation: Simulation;
  /** When each incident opened, after the end of the outage, ascending. */
  readonly opened: readonly number[];
  readonly callsDuring: number;
  readonly callsAfter: number;
  readonly throttled: number;
}

/** How PagerDuty fails in an outage: one way, or three in turn, ten minutes each. */
export type OutageMode = 'unavailable' | 'hanging' | 'resetting' | 'mixed';

const MIXED = ['unavailable', 'hanging', 'resetting'] as const;

/** An outage of all keys. Events come in while it lasts. */
export async function outage(load: {
  readonly hours: number;
  readonly incidents: number;
  readonly services: number;
  /** Events per incident. @default 1 */
  readonly events?: number;
  readonly mode: OutageMode;
  readonly seed: number;
  readonly settings?: Partial<DeliverySettings>;
  readonly retryAfter?: number;
}): Promise<OutageResult> {
  const { hours, incidents, services, events = 1, mode, seed, settings = {}, retryAfter } = load;
  const end = hours * HOUR;
  const random = seededRandom(seed);
  const all = Array.from({ length: incidents * events }, (_, index): LoadEvent => {
    const view = index % incidents;
    return { at: Math.floor(random() * end), service: `s${view % services}`, view };
  });
  const simulation = await simulate({
    seed,
    settings,
    events: all.toSorted(byTime),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    modeAt: (time) => {
      if (time >= end) return 'up';
      return mode === 'mixed' ? (MIXED[Math.floor(time / (HOUR / 6)) % 3] ?? 'up') : mode;
    },
  });
  const { calls } = simulation;
  const opened = Array.from({ length: services }, (_, service) => [
    ...openings(calls, `s${service}`).values(),
  ]).flat();
  const during = calls.filter(({ at }) => at < BEGIN + end).length;
  return {
    simulation,
    opened: opened.map((at) => at - BEGIN - end).toSorted((a, b) => a - b),
    callsDuring: during,
    callsAfter: calls.length - during,
    throttled: throttledCalls(simulation),
  };
}

/** Calls that PagerDuty answered 429. */
export function throttledCalls({ calls }: Simulation): number {
  return calls.filter(({ status }) => status === 429).length;
}

/** New pages of a key while its other views are noisy. */
export async function behindNoise(load: {
  /** Views that repeat themselves every ten seconds for half an hour, at severity `warning`. */
  readonly noisy: number;
  readonly severity: Severity;
  readonly seed: number;
}): Promise<{ readonly simulation: Simulation; readonly delays: readonly number[] }> {
  const { noisy, severity, seed } = load;
  const random = seededRandom(seed);
  const events: LoadEvent[] = [];
  for (let at = 0; at < HOUR / 2; at += 10 * SECOND) {
    for (let view = 0; view < noisy; view += 1) {
      events.push({ at: at + Math.floor(random() * 10 * SECOND), service: 'a', view });
    }
  }
  for (let page = 0; page < 100; page += 1) {
    const at = 300 * SECOND + page * 14 * SECOND + Math.floor(random() * 5 * SECOND);
    events.push({ at, service: 'a', view: PAGES + page, severity });
  }
  const simulation = await simulate({ events: events.toSorted(byTime), seed });
  return { simulation, delays: pageDelays(simulation, 'a', ({ view }) => view >= PAGES) };
}

/** New critical pages of a key behind a backlog of other new incidents. */
export async function behindBacklog(load: {
  readonly backlog: number;
  readonly severity: Severity;
  readonly seed: number;
}): Promise<{ readonly simulation: Simulation; readonly delays: readonly number[] }> {
  const { backlog, severity, seed } = load;
  const random = seededRandom(seed);
  const events: LoadEvent[] = [];
  for (let view = 0; view < backlog; view += 1) {
    events.push({ at: Math.floor(random() * 5 * SECOND), service: 'a', view, severity });
  }
  for (let page = 0; page < 50; page += 1) {
    const at = 20 * SECOND + page * 9 * SECOND;
    events.push({ at, service: 'a', view: PAGES + page, severity: 'critical' });
  }
  const simulation = await simulate({ events: events.toSorted(byTime), seed });
  return { simulation, delays: pageDelays(simulation, 'a', ({ view }) => view >= PAGES) };
}

/** Result of a burst of events of some views. */
export interface BurstResult {
  readonly simulation: Simulation;
  /** When each view opened, ascending, after the first event. */
  readonly openedAt: readonly number[];
  /** When the last view opened. */
  readonly lastOpened: number;
  /** Events that the accepted calls say they stand for. */
  readonly counted: number;
  /** Age of the newest value that PagerDuty was notified of, against the newest event, at worst. */
  readonly valueAge: number;
  readonly throttled: number;
}

/** A burst of events, round robin over its views. */
export async function burst(load: {
  readonly events: number;
  readonly views: number;
  readonly perSecond: number;
  readonly seed: number;
  /** Severities that the values pass through, in order. @default warning */
  readonly severities?: readonly Severity[];
  readonly scenario?: Partial<Scenario>;
}): Promise<BurstResult> {
  const { events: count, views, perSecond, seed, severities = ['warning'] } = load;
  const events = Array.from({ length: count }, (_, index): LoadEvent => {
    const severity = severities[Math.floor((index / count) * severities.length)] ?? 'warning';
    return {
      at: Math.floor((index * SECOND) / perSecond),
      service: 'a',
      view: index % views,
      severity,
    };
  });
  const simulation = await simulate({ ...load.scenario, events, seed });
  const accepted = simulation.calls.filter(({ outcome }) => outcome === 'delivered');
  const openedAt = [...openings(simulation.calls, 'a').values()]
    .map((at) => at - BEGIN)
    .toSorted((a, b) => a - b);
  const ages = Array.from({ length: views }, (_, view) => {
    const heard = accepted.filter(({ dedupKey }) => dedupKey === `glasnostic:a:${view}:requests`);
    const newest = Math.max(...heard.map(({ receivedAt }) => receivedAt));
    const last = events.findLast((event) => event.view === view)?.at ?? NaN;
    return BEGIN + last - newest;
  });
  return {
    simulation,
    openedAt,
    lastOpened: openedAt.at(-1) ?? NaN,
    counted: accepted.reduce((sum, call) => sum + call.count, 0),
    valueAge: Math.max(...ages),
    throttled: throttledCalls(simulation),
  };
}

/**
 * Incidents that a responder resolves some time after they opened, when an outage ends: how many
 * open again although nothing new happened.
 *
 * @returns number of incidents with an accepted call later than that
 */
export async function reopened(load: {
  readonly incidents: number;
  /** Events per incident during the outage. */
  readonly events: number;
  readonly hours: number;
  /** From opening to resolving. */
  readonly resolvedAfter: number;
  readonly seed: number;
}): Promise<number> {
  const { incidents, events, hours, resolvedAfter, seed } = load;
  const { simulation } = await outage({
    hours,
    incidents,
    services: 5,
    events,
    mode: 'unavailable',
    seed,
  });
  const byIncident = Map.groupBy(
    simulation.calls.filter(({ outcome }) => outcome === 'delivered'),
    ({ dedupKey }) => dedupKey,
  );
  return [...byIncident.values()].filter((calls) => {
    const opened = Math.min(...calls.map(({ endedAt }) => endedAt));
    return calls.some(({ at }) => at > opened + resolvedAfter);
  }).length;
}
