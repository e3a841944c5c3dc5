import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../../lambda/shared/delivery-settings.ts';
import { lawViolations } from '../../../../testkit/simulation/law.ts';
import type { Mode } from '../../../../testkit/simulation/pagerduty.ts';
import {
  openAtEnd,
  resolveDelays,
  resolveViolations,
} from '../../../../testkit/simulation/resolve-law.ts';
import { keyOf, simulate, type Simulation } from '../../../../testkit/simulation/simulate.ts';
import { type CaseCounts, caseCounts } from '../../../support/arbitrary.ts';
import { RUNS } from '../../../support/runs.ts';

const MINUTE = 60_000;

/** Worlds that each property tries. */
const WORLDS = Number(process.env['WORLDS'] ?? 40);

/** The shortest quiet time that a stage with these settings may have. */
const QUIET_MINUTES = 5;

const settings = {
  ...DEFAULT_DELIVERY_SETTINGS,
  callsPerMinute: 20,
  retryCapSeconds: 60,
  giveUpAfterSeconds: 1800,
  circuitCapSeconds: 20,
};

const event = fc.record({
  // Pauses about as long as the quiet time, and about as long as the time between two ticks.
  after: fc.oneof(
    { weight: 3, arbitrary: fc.nat(3_000) },
    { weight: 3, arbitrary: fc.nat(70_000) },
    { weight: 4, arbitrary: fc.integer({ min: 4 * MINUTE, max: 9 * MINUTE }) },
  ),
  service: fc.constantFrom('a', 'a', 'b'),
  view: fc.oneof(fc.constant(0), fc.nat(2)),
  severity: fc.constantFrom('warning', 'warning', 'critical'),
  isLimit: fc.boolean(),
});

const DOWN: readonly Mode[] = [
  'unavailable',
  'hanging',
  'resetting',
  'losingAnswers',
  'throttling',
];

const world = fc.record({
  seed: fc.nat(),
  events: fc.array(event, { minLength: 1, maxLength: 25, size: 'max' }),
  /** How PagerDuty behaves in each span of four minutes. */
  modes: fc.array(fc.constantFrom<Mode>('up', 'up', 'up', ...DOWN), { maxLength: 12 }),
  /** Share of calls whose answer is lost although PagerDuty is up. */
  losesAnswers: fc.constantFrom(0, 0.05),
  deaths: fc.constantFrom(0, 0.05),
  skew: fc.constantFrom(0, 500),
  lateness: fc.constantFrom(0, 0, 30_000),
  keyChangesAt: fc.constantFrom(undefined, undefined, undefined, 15 * MINUTE),
});

type AnyWorld = typeof world extends fc.Arbitrary<infer T> ? T : never;
type World = Omit<AnyWorld, 'deaths'> & { readonly deaths: number };

async function run(
  given: World,
  table: { readonly trouble?: number; readonly isTableUp?: (time: number) => boolean } = {},
): Promise<Simulation> {
  const { modes, losesAnswers, seed, keyChangesAt = Infinity } = given;
  let at = 0;
  const events = given.events.map(({ after, ...rest }) => {
    at += after;
    return { at, ...rest };
  });
  let calls = seed;
  return simulate({
    seed,
    settings,
    events,
    resolves: {
      afterMinutes: QUIET_MINUTES,
      ticksUntil: at + modes.length * 4 * MINUTE + 40 * MINUTE,
      ...table,
    },
    skew: (instance) => (instance % 2 === 0 ? given.skew : -given.skew),
    lateness: (random) => given.lateness * random(),
    diesAfter: (random) => (random() < given.deaths ? 1_000 * random() : undefined),
    secretAt: (time) =>
      JSON.stringify({ a: keyOf('a', time >= keyChangesAt ? 2 : 1), b: keyOf('b') }),
    modeAt: (time) => {
      calls += 1;
      const mode = modes[Math.floor(time / (4 * MINUTE))] ?? 'up';
      if (mode !== 'up') return mode;
      return (calls * 7919) % 100 < losesAnswers * 100 ? 'losingAnswers' : 'up';
    },
  });
}

function formerKeys({ keyChangesAt }: World): readonly string[] {
  return keyChangesAt === undefined ? [] : [keyOf('a', 1)];
}

function count(simulation: Simulation, seen: CaseCounts<string>): void {
  seen.count('event', simulation.events.size);
  for (const { action, outcome } of simulation.calls) seen.count(`${action} ${outcome}`);
  seen.count('failed operation', simulation.failedOperations);
}

describe('resolving, in any world', () => {
  test('swallows no event, is never too early, and leaves nothing open', async () => {
    const seen = caseCounts<string>();
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const simulation = await run(given);
        const { skew } = given;
        const assumptions = { quietTime: QUIET_MINUTES * MINUTE, isTableSound: true, skew };
        expect(resolveViolations(simulation, assumptions)).toEqual([]);
        expect(openAtEnd(simulation, formerKeys(given))).toEqual([]);
        expect(lawViolations(simulation)).toEqual([]);
        count(simulation, seen);
      }),
      { ...RUNS, numRuns: WORLDS, endOnFailure: true },
    );
    expect(seen.of('resolve delivered')).toBeGreaterThan(3 * WORLDS);
    expect(seen.of('resolve retry')).toBeGreaterThan(WORLDS / 10);
    expect(seen.of('trigger delivered')).toBeGreaterThan(5 * WORLDS);
  });

  test('swallows no event when the table fails, as long as no instance dies', async () => {
    const seen = caseCounts<string>();
    await fc.assert(
      fc.asyncProperty(
        world,
        fc.constantFrom(0.015, 0.1),
        fc.constantFrom(0, 2 * MINUTE, 12 * MINUTE),
        async (given, trouble, outage) => {
          const alive = { ...given, deaths: 0 };
          const isTableUp = (time: number): boolean => time % (30 * MINUTE) >= outage;
          const simulation = await run(alive, { trouble, isTableUp });
          const { skew } = given;
          const assumptions = { quietTime: QUIET_MINUTES * MINUTE, isTableSound: false, skew };
          expect(resolveViolations(simulation, assumptions)).toEqual([]);
          expect(lawViolations(simulation)).toEqual([]);
          count(simulation, seen);
        },
      ),
      { ...RUNS, numRuns: WORLDS, endOnFailure: true },
    );
    expect(seen.of('failed operation')).toBeGreaterThan(5 * WORLDS);
    expect(seen.of('resolve delivered')).toBeGreaterThan(WORLDS);
  });

  test('resolves within 90 s of when an incident is due, in the median', async () => {
    const delays: number[] = [];
    for (let seed = 0; seed < 10; seed += 1) {
      const events = Array.from({ length: 10 }, (_, view) => ({
        at: seed * 1_000 + view * 7 * MINUTE,
        service: 'a',
        view: view % 3,
      }));
      const resolves = { afterMinutes: QUIET_MINUTES, ticksUntil: 120 * MINUTE };
      delays.push(...resolveDelays(await simulate({ seed, settings, events, resolves })));
    }
    const sorted = delays.toSorted((a, b) => a - b);
    expect(sorted.length).toBeGreaterThan(80);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(90_000);
    expect(sorted.at(-1)).toBeLessThan(61_000);
  });
});
