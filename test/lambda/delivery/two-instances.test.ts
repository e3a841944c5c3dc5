import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { runUntilEmpty } from '../../../testkit/simulation/bridge.ts';
import { virtualClock } from '../../../testkit/simulation/clock.ts';
import { type Mode, pagerDutyModel } from '../../../testkit/simulation/pagerduty.ts';
import { queueModel } from '../../../testkit/simulation/queue.ts';
import { seededRandom } from '../../../testkit/simulation/random.ts';
import { incidentKeyOf } from '../../../lambda/delivery/incident-update.ts';
import { takeIn } from '../../../lambda/delivery/intake.ts';
import {
  DEFAULT_DELIVERY_SETTINGS,
  type DeliverySettings,
} from '../../../lambda/delivery/settings.ts';
import { caseCounts, oneIn } from '../../support/arbitrary.ts';
import { fakeKeys, KEYS, NOW, queued, ROUTES } from '../../support/delivery-fixtures.ts';
import { RUNS } from '../../support/runs.ts';

/** One run of several instances against one queue, on a virtual clock. */
interface World {
  readonly settings: DeliverySettings;
  readonly messages: readonly {
    readonly after: number;
    readonly body?: string | undefined;
    view: number;
  }[];
  readonly environments: readonly string[];
  readonly seed: number;
  /** What PagerDuty answers, in turn. */
  readonly statuses: readonly number[];
  readonly modes: readonly Mode[];
  /** Chance that an entry of a batch call fails, or that the function crashes. */
  readonly trouble: number;
  /** How long a call takes, at most, milliseconds. */
  readonly latency: number;
}

/** Runs a world to its end. */
async function run(world: World) {
  const { settings, seed, statuses, modes, trouble } = world;
  const random = seededRandom(seed);
  const chance = seededRandom(seed + 1);
  const clock = virtualClock(NOW);
  const keys = fakeKeys();
  const queue = queueModel({
    now: clock.now,
    visibilityTimeout: 360_000,
    fails: () => chance() < trouble,
  });
  let at = NOW;
  const ids = world.messages.map(({ after, body, view }, index) => {
    at += after;
    const environment = world.environments[view % world.environments.length] ?? 'a';
    const options = { id: `m${index}`, environment, view: String(view), at };
    const message = queued(body === undefined ? options : { ...options, body });
    queue.send(message.messageId, message.body, at);
    return message.messageId;
  });
  const pagerDuty = pagerDutyModel({
    clock,
    // Each trouble lasts for ten minutes, and then PagerDuty is up.
    modeAt: (time) => modes[Math.floor((time - NOW) / 600_000)] ?? 'up',
    callsPerMinute: settings.callsPerMinute,
    callTimeout: settings.callTimeoutSeconds * 1000,
    latency: () => world.latency * random(),
    answer: () => ({ status: statuses[Math.floor(random() * statuses.length)] ?? 202 }),
  });
  const ends: { readonly id: string; readonly kind: string; readonly incident: string }[] = [];
  await runUntilEmpty({
    clock,
    queue,
    pagerDuty: pagerDuty.send,
    settings,
    routes: ROUTES,
    keys,
    random,
    batchSize: 50,
    timeout: 30_000,
    crashes: () => chance() < trouble / 4,
    onBatch: ({ processed }) => {
      const written = new Set(queue.deadLetters.map(({ message }) => message.messageId));
      for (const { message, disposition } of processed) {
        const isDead = disposition.kind === 'dead' && written.has(message.messageId);
        if (!isDead && disposition.kind !== 'delivered' && disposition.kind !== 'deduplicated')
          continue;
        const intake = takeIn(message, ROUTES);
        const incident = intake.kind === 'candidate' ? incidentKeyOf(intake.candidate) : '';
        ends.push({ id: message.messageId, kind: disposition.kind, incident });
      }
    },
  });
  return { ids, ends, queue, calls: pagerDuty.calls };
}

const small: DeliverySettings = {
  ...DEFAULT_DELIVERY_SETTINGS,
  callsPerMinute: 7,
  concurrentCalls: 3,
  retryBaseSeconds: 1,
  retryCapSeconds: 60,
  giveUpAfterSeconds: 900,
  circuitCapSeconds: 20,
  missingKeyRetrySeconds: 5,
};

const messages = fc.array(
  fc.record({
    after: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 }), fc.nat(90_000)),
    view: fc.nat(40),
  }),
  { minLength: 1, maxLength: 120 },
);

describe('two instances with one queue', () => {
  test('never make more calls with a key in 60 s than its limit, whatever comes when', async () => {
    await fc.assert(
      fc.asyncProperty(messages, fc.integer(), async (all, seed) => {
        const { calls } = await run({
          settings: small,
          messages: all,
          environments: ['a', 'b'],
          seed,
          statuses: [202, 202, 202, 500, 400],
          modes: [],
          trouble: 0,
          latency: 1_000,
        });
        for (const key of Object.values(KEYS)) {
          const times = calls.filter((call) => call.key === key).map(({ at }) => at);
          const starts = times.toSorted((a, b) => a - b);
          for (const [index, start] of starts.entries()) {
            const inWindow = starts.slice(index).filter((time) => time < start + 60_000);
            expect(inWindow.length).toBeLessThanOrEqual(small.callsPerMinute);
          }
        }
        // PagerDuty counts when a call arrives, which is up to a second after it started.
        expect(calls.filter(({ status }) => status === 429)).toEqual([]);
      }),
      { ...RUNS, numRuns: 100 },
    );
  });

  test('end every event exactly once, whatever fails, and lose none', async () => {
    const texts = fc.constantFrom('', 'x', '{}', '{"version":1}');
    const body = oneIn(10, texts);
    const seen = caseCounts<string>();
    const mixed = fc.array(fc.record({ after: fc.nat(20_000), view: fc.nat(12), body }), {
      minLength: 1,
      maxLength: 60,
      size: 'max',
    });
    const mode = fc.constantFrom<Mode>('up', 'unavailable', 'hanging', 'resetting');
    const world = fc.record({
      settings: fc.constant(small),
      messages: mixed,
      environments: fc.constantFrom(['a', 'b'], ['a', 'b', 'keyless', 'nowhere']),
      seed: fc.integer(),
      statuses: fc.array(
        fc.constantFrom(202, 202, 202, 202, 202, 400, 403, 429, 500, 503, 302, 408),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
      modes: fc.array(mode, { maxLength: 3 }),
      trouble: fc.constantFrom(0, 0.1, 0.5),
      latency: fc.constantFrom(10, 1_000, 9_000),
    });
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const { ids, ends, queue, calls } = await run(given);
        expect(queue.size()).toBe(0);
        expect(ends.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
        const dead = ends.filter(({ kind }) => kind === 'dead').map(({ id }) => id);
        expect(queue.deadLetters.map(({ message }) => message.messageId).toSorted()).toEqual(
          dead.toSorted(),
        );
        seen.count('event', ids.length);
        for (const { kind } of ends) seen.count(kind);
        for (const { outcome } of calls) seen.count(`call ${outcome}`);
        seen.count(
          'malformed',
          given.messages.filter(({ body: text }) => text !== undefined).length,
        );
        // What was deduplicated was deduplicated into something that PagerDuty has accepted.
        const accepted = new Set(
          calls.filter(({ outcome }) => outcome === 'delivered').map(({ dedupKey }) => dedupKey),
        );
        for (const { incident } of ends.filter(({ kind }) => kind !== 'dead')) {
          expect(accepted).toContain(incident.split(' ')[1]);
        }
      }),
      { ...RUNS, numRuns: 150 },
    );
    expect(seen.percent('malformed', 'event')).toBeLessThan(20);
    for (const kind of ['delivered', 'deduplicated', 'dead', 'malformed'])
      expect([kind, seen.percent(kind, 'event') > 5]).toEqual([kind, true]);
    for (const kind of ['call delivered', 'call retry', 'call rejected'])
      expect([kind, seen.of(kind) > 100]).toEqual([kind, true]);
  });
});
