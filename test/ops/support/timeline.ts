/** What happens to a stage over time, and what `status` can see of it at a moment. */

import { type Counter, type Counters, type Point, pointOf } from '../../../ops/status/counters.ts';
import type { VerdictFacts } from '../../../ops/status/facts.ts';

/** Begin of every timeline, milliseconds since 1970. */
export const START = Date.parse('2026-11-26T16:00:00Z');

/** Something that happens. */
export interface Happening extends Partial<Counters> {
  /** Seconds since {@link START}. */
  readonly second: number;
  readonly failedStatus?: number;
  /** Age of the oldest page that waits for PagerDuty, or for a key, seconds. */
  readonly waitsForPagerDuty?: number;
  readonly waitsForKey?: number;
}

/** The same happening again and again, in `[from, to)`. Times in seconds. */
export function every(
  seconds: number,
  [from, to]: readonly [number, number],
  what: Omit<Happening, 'second'>,
): readonly Happening[] {
  const count = Math.max(0, Math.ceil((to - from) / seconds));
  return Array.from({ length: count }, (_, n) => ({ second: from + n * seconds, ...what }));
}

/** Where it is seen from: the delay of the figures and the length of their periods, seconds. */
export interface View {
  readonly delay: number;
  readonly period: number;
}

/** The local bridge: every second at once. */
export const LOCAL: View = { delay: 0, period: 1 };

/** CloudWatch with a delay: minutes. */
export function deployed(delay: number): View {
  return { delay, period: 60 };
}

/** The figures that can be seen at a second. */
function pointsAt(
  happenings: readonly Happening[],
  second: number,
  { delay, period }: View,
): readonly Point[] {
  const seen = happenings.filter((one) => one.second <= second - delay);
  const periods = Map.groupBy(seen, (one) => Math.floor(one.second / period) * period);
  return [...periods]
    .toSorted(([a], [b]) => a - b)
    .map(([begin, all]) =>
      pointOf(
        START + begin * 1_000,
        (counter: Counter) => all.reduce((sum, one) => sum + (one[counter] ?? 0), 0),
        {
          failedStatus: Math.max(0, ...all.map(({ failedStatus = 0 }) => failedStatus)),
          waits: {
            pagerDuty: Math.max(0, ...all.map(({ waitsForPagerDuty = 0 }) => waitsForPagerDuty)),
            key: Math.max(0, ...all.map(({ waitsForKey = 0 }) => waitsForKey)),
          },
        },
      ),
    );
}

/** Facts of a stage that works, at a second. */
export function factsAt(
  second: number,
  view: View,
  happenings: readonly Happening[],
  more: Partial<VerdictFacts> = {},
): VerdictFacts {
  return {
    now: START + second * 1_000,
    delayMinutes: view.delay === 0 ? 0 : 3,
    points: pointsAt(happenings, second, view),
    since: START - 3 * 3_600_000,
    hasTicks: true,
    keys: [{ service: 'platform', state: 'set', routed: true }],
    updateIntervalSeconds: 60,
    lateSeconds: 300,
    callsPerMinute: 120,
    retentionDays: 14,
    waiting: 0,
    ...(view.delay === 0 ? { updatesNotDue: 0 } : { alarms: [] }),
    deadLetters: { count: 0, recent: 0, old: 0 },
    ...more,
  };
}
