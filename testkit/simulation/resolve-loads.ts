/** Loads of a stage that resolves incidents, and what they measure. Times in milliseconds. */

import { PAGES, pageDelays } from './loads.ts';
import { seededRandom } from './random.ts';
import { openAtEnd, resolveDelays, resolveViolations } from './resolve-law.ts';
import { BEGIN, type LoadEvent, simulate, type Simulation } from './simulate.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** An event that was accepted so long before a resolve has been received before it. */
const RECEIVED_WITHIN = 5 * SECOND;

/** Outages of a bad day, hours after its begin. */
const OUTAGES = [
  { from: 3, to: 4.5, mode: 'unavailable' },
  { from: 10, to: 11, mode: 'hanging' },
  { from: 18, to: 18.5, mode: 'resetting' },
] as const;

/** Result of {@link resolvingDay}. */
export interface ResolvingDay {
  readonly events: number;
  /** Alerts that PagerDuty opened. */
  readonly incidents: number;
  /** Resolves that were called for, whatever the answer. */
  readonly resolves: number;
  /** From when an incident was due to its claims, ascending. */
  readonly delays: readonly number[];
  /** Breaches of the rules of resolving, such as a swallowed event. */
  readonly violations: readonly string[];
  /** Resolves that were sent while an event of their incident waited in the queue. */
  readonly whileWaiting: number;
  /** Incidents that are open at the end. */
  readonly open: readonly string[];
}

/**
 * A day of four views. Each sends an event every 20 to 60 s for 5 to 40 minutes, and then none for 2 to
 * 90 minutes.
 *
 * @param load.isBad true for a day with outages of PagerDuty, 1 % of lost answers and crashes
 */
export async function resolvingDay(load: {
  readonly quietMinutes: number;
  readonly isBad: boolean;
  readonly seed: number;
}): Promise<ResolvingDay> {
  const { quietMinutes, isBad, seed } = load;
  const random = seededRandom(seed * 31);
  const between = (least: number, most: number): number => least + random() * (most - least);
  const events: LoadEvent[] = [];
  for (let view = 0; view < 4; view += 1) {
    let at = between(0, 90 * MINUTE);
    while (at < 24 * HOUR) {
      const end = at + between(5 * MINUTE, 40 * MINUTE);
      for (; at < end; at += between(20 * SECOND, 60 * SECOND)) {
        events.push({ at: Math.floor(at), service: 'a', view });
      }
      at += between(2 * MINUTE, 90 * MINUTE);
    }
  }
  const simulation = await simulate({
    seed,
    events: events.toSorted((a, b) => a.at - b.at),
    resolves: { afterMinutes: quietMinutes, ticksUntil: 26 * HOUR + quietMinutes * MINUTE },
    modeAt: (time) => {
      if (!isBad) return 'up';
      const outage = OUTAGES.find(({ from, to }) => time >= from * HOUR && time < to * HOUR);
      return outage?.mode ?? (random() < 0.01 ? 'losingAnswers' : 'up');
    },
    diesAfter: (chance) => (isBad && chance() < 0.005 ? SECOND * chance() : undefined),
  });
  const alerts = Map.groupBy(
    simulation.calls.filter(({ isTaken }) => isTaken).toSorted((a, b) => a.at - b.at),
    ({ dedupKey }) => dedupKey,
  );
  const opened = [...alerts.values()].flatMap((calls) =>
    calls.filter(
      ({ action }, index) => action === 'trigger' && calls[index - 1]?.action !== 'trigger',
    ),
  );
  return {
    events: events.length,
    incidents: opened.length,
    resolves: simulation.calls.filter(isResolve).length,
    delays: resolveDelays(simulation),
    violations: resolveViolations(simulation, {
      quietTime: quietMinutes * MINUTE,
      isTableSound: true,
      skew: 0,
    }),
    whileWaiting: resolvesWhileWaiting(simulation),
    open: openAtEnd(simulation),
  };
}

/** True for the resolve of an incident; a check of the key is none. */
function isResolve({ action, dedupKey }: Simulation['calls'][number]): boolean {
  return action === 'resolve' && dedupKey.split(':').length === 4;
}

function resolvesWhileWaiting({ events, ends, calls }: Simulation): number {
  const endOf = new Map(ends.map(({ id, at }) => [id, at]));
  return calls.filter(
    (call) =>
      isResolve(call) &&
      [...events.values()].some(
        ({ id, service, view, acceptedAt }) =>
          call.dedupKey.startsWith(`glasnostic:${service}:${view}:`) &&
          acceptedAt < call.at - RECEIVED_WITHIN &&
          (endOf.get(id) ?? Infinity) > call.at,
      ),
  ).length;
}

/**
 * Pages while incidents are resolved: all of them become due at once, and a page of another view
 * comes every five seconds for ten minutes.
 *
 * @returns delays of the pages, and the resolves in these ten minutes
 */
export async function amongResolves(load: {
  readonly incidents: number;
  readonly seed: number;
}): Promise<{ readonly delays: readonly number[]; readonly resolves: number }> {
  const { incidents, seed } = load;
  const quietMinutes = 30;
  const last = 20 * MINUTE;
  // After the quiet time, an update interval and a tick.
  const due = last + (quietMinutes + 2) * MINUTE;
  const views = Array.from({ length: incidents }, (_, view) => view);
  const events: LoadEvent[] = [
    ...views.map((view) => ({ at: view, service: 'a', view })),
    ...views.map((view) => ({ at: last + view, service: 'a', view })),
  ];
  for (let page = 0; page < 120; page += 1) {
    const at = due + page * 5 * SECOND;
    events.push({ at, service: 'a', view: PAGES + page, severity: 'critical' });
  }
  const simulation = await simulate({
    seed,
    events,
    resolves: { afterMinutes: quietMinutes, ticksUntil: due + 3 * HOUR },
  });
  const open = openAtEnd(simulation);
  if (open.length > 0) throw new Error(`${open.length} incidents are not resolved.`);
  return {
    delays: pageDelays(simulation, 'a', ({ view }) => view >= PAGES),
    resolves: simulation.calls.filter(
      (call) => isResolve(call) && call.at >= BEGIN + due && call.at < BEGIN + due + 10 * MINUTE,
    ).length,
  };
}
