import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/shared/delivery-settings.ts';
import { SEVERITIES } from '../../../lambda/shared/routes.ts';
import {
  endViolations,
  lawViolations,
  mostCallsPerMinute,
  severityViolations,
} from '../../../testkit/simulation/law.ts';
import type { Mode } from '../../../testkit/simulation/pagerduty.ts';
import {
  keyOf,
  type LoadEvent,
  simulate,
  type Simulation,
} from '../../../testkit/simulation/simulate.ts';
import { type CaseCounts, caseCounts } from '../../support/arbitrary.ts';
import { RUNS } from '../../support/runs.ts';

const MINUTE = 60_000;

/** Worlds that the property tries. */
const WORLDS = Number(process.env['WORLDS'] ?? 50);

const settings = {
  ...DEFAULT_DELIVERY_SETTINGS,
  callsPerMinute: 20,
  retryCapSeconds: 60,
  giveUpAfterSeconds: 1800,
  circuitCapSeconds: 20,
};

const MODES: readonly Mode[] = [
  'up',
  'unavailable',
  'hanging',
  'resetting',
  'unreachable',
  'throttling',
  'refusingKey',
  'notFound',
];

const event = fc.record({
  after: fc.oneof(
    { weight: 4, arbitrary: fc.nat(2_000) },
    { weight: 3, arbitrary: fc.nat(20_000) },
    { weight: 1, arbitrary: fc.nat(90_000) },
  ),
  service: fc.constantFrom('a', 'a', 'b'),
  view: fc.oneof(fc.constant(0), fc.nat(4)),
  severity: fc.constantFrom(...SEVERITIES, 'warning', 'warning', 'warning'),
  isLimit: fc.boolean(),
});

const world = fc.record({
  seed: fc.nat(),
  events: fc.array(event, { minLength: 1, maxLength: 120, size: 'max' }),
  /** How PagerDuty behaves in each span of three minutes, per key. */
  modes: fc.array(fc.constantFrom('up', 'up', ...MODES), { maxLength: 8 }),
  /** Share of calls that fail although PagerDuty is up. */
  flaky: fc.constantFrom(0, 0, 0.3),
  refused: fc.constantFrom(undefined, undefined, 0, 1),
  keyChangesAt: fc.constantFrom(undefined, undefined, 4 * MINUTE),
  trouble: fc.constantFrom(0, 0.1, 0.4),
  crashes: fc.constantFrom(0, 0.02, 0.1),
  skew: fc.constantFrom(0, 500),
  batchWindow: fc.constantFrom(0, 0, 1_000, 300_000),
  lateness: fc.constantFrom(0, 0, 30_000),
  /** When both instances are replaced at once. */
  replacedAt: fc.constantFrom([], [], [90_000], [3 * MINUTE]),
  replayAt: fc.constantFrom([], [], [10 * MINUTE], [3 * MINUTE, 12 * MINUTE, 40 * MINUTE]),
});

type AnyWorld = typeof world extends fc.Arbitrary<infer T> ? T : never;
type World = Omit<AnyWorld, 'events' | 'keyChangesAt' | 'refused' | 'batchWindow'> & {
  readonly events: readonly (Omit<LoadEvent, 'at'> & { readonly after: number })[];
  readonly keyChangesAt: number | undefined;
  readonly refused: number | undefined;
  readonly batchWindow: number;
};

function loadOf(events: World['events']): readonly LoadEvent[] {
  let at = 0;
  return events.map(({ after, ...rest }) => {
    at += after;
    return { at, ...rest };
  });
}

function secret(version: number): string {
  return JSON.stringify({ a: keyOf('a', version), b: keyOf('b') });
}

async function run(given: World): Promise<Simulation> {
  const { modes, flaky, refused, keyChangesAt, seed } = given;
  let calls = seed;
  return simulate({
    seed,
    settings,
    events: loadOf(given.events),
    trouble: given.trouble,
    batchWindow: given.batchWindow,
    lateness: (random) => given.lateness * random(),
    skew: (instance) => (instance % 2 === 0 ? given.skew : -given.skew),
    replacedAt: given.replacedAt,
    replayAt: given.replayAt,
    crash: (random) => {
      const number = random();
      if (number >= given.crashes) return undefined;
      return number < given.crashes / 2 ? 'beforeSettling' : 'beforeAnswering';
    },
    secretAt: (time) => secret(keyChangesAt !== undefined && time >= keyChangesAt ? 2 : 1),
    modeAt: (time, sent) => {
      calls += 1;
      const isSecond = sent.routing_key.startsWith('b');
      const mode = modes[Math.floor(time / (3 * MINUTE)) + (isSecond ? 1 : 0)] ?? 'up';
      if (mode !== 'up') return mode;
      if (sent.dedup_key.includes(`:${refused}:`))
        return calls % 2 ? 'refusingEvent' : 'quotingKey';
      return flaky > 0 && (calls * 7919) % 10 < flaky * 10 ? 'unavailable' : 'up';
    },
  });
}

describe('the law of delivery, in any world', () => {
  test('every accepted event is followed by an accepted call about it, or is in a dead letter', async () => {
    const seen = caseCounts<string>();
    await fc.assert(
      fc.asyncProperty(world, async (given) => holds(await run(given), given, seen)),
      { ...RUNS, numRuns: WORLDS, endOnFailure: true },
    );
    for (const kind of ['delivered', 'deduplicated', 'deadLetter'])
      expect([kind, seen.percent(kind, 'event') > 3]).toEqual([kind, true]);
    for (const kind of ['call delivered', 'call retry', 'call rejected'])
      expect([kind, seen.of(kind) > 200]).toEqual([kind, true]);
  });

  // What one instance does not know of another shows when few events follow that would hide it.
  test('a few events of one subject are heard of, whichever instance gets them', async () => {
    const seen = caseCounts<string>();
    const few = fc.array(
      fc.record({
        after: fc.nat(25_000),
        severity: fc.constantFrom('warning', 'warning', 'critical'),
      }),
      {
        minLength: 2,
        maxLength: 6,
        size: 'max',
      },
    );
    await fc.assert(
      fc.asyncProperty(world, few, async (given, some) => {
        const small = {
          ...given,
          events: some.map((each) => ({ service: 'a', view: 0, isLimit: false, ...each })),
          modes: given.modes.slice(0, 1),
          keyChangesAt: undefined,
          refused: undefined,
          batchWindow: 0,
        };
        holds(await run(small), small, seen);
      }),
      { ...RUNS, numRuns: 10 * WORLDS, endOnFailure: true },
    );
    expect(seen.percent('deduplicated', 'event')).toBeGreaterThan(20);
    expect(seen.percent('delivered', 'event')).toBeGreaterThan(20);
  });
});

/** Everything in a world that breaks a rule. */
function violationsOf(
  simulation: Simulation,
  { crashes, trouble, replacedAt }: World,
): readonly string[] {
  const law = lawViolations(simulation);
  // A new instance knows no severities, and shares the rate limit with what the old one used.
  if (crashes > 0) return law;
  const most = mostCallsPerMinute(simulation.calls);
  return [
    ...law,
    ...(replacedAt.length > 0 ? [] : severityViolations(simulation)),
    ...(most > settings.callsPerMinute ? [`${most} calls in a minute`] : []),
    ...(trouble > 0 ? [] : endViolations(simulation)),
  ];
}

/** Checks a world, and counts how often each case occurred. */
function holds(simulation: Simulation, given: World, seen: CaseCounts<string>): void {
  expect(violationsOf(simulation, given)).toEqual([]);
  seen.count('event', simulation.events.size);
  for (const { kind } of simulation.ends) seen.count(kind);
  for (const { outcome } of simulation.calls) seen.count(`call ${outcome}`);
}
