import { describe, expect, test } from '@jest/globals';

import { DEFAULT_DELIVERY_SETTINGS, retryCapOf } from '../../../lambda/shared/delivery-settings.ts';
import { lawViolations } from '../../../testkit/simulation/law.ts';
import {
  BEGIN,
  keyOf,
  type LoadEvent,
  type Scenario,
  simulate,
} from '../../../testkit/simulation/simulate.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const CAP = retryCapOf(DEFAULT_DELIVERY_SETTINGS);

/** Thirty pages of service `shop` and of `bank`, over some hours. */
function pages(hours: number): readonly LoadEvent[] {
  return Array.from({ length: 60 }, (_, view) => ({
    at: Math.floor((view / 60) * hours * HOUR),
    service: view % 2 === 0 ? 'shop' : 'bank',
    view,
  }));
}

/** When the last page of a service was accepted by PagerDuty, after a time. */
async function lastPage(scenario: Scenario, after: number) {
  const simulation = await simulate(scenario);
  expect(lawViolations(simulation)).toEqual([]);
  expect(simulation.deadLetters).toEqual([]);
  const accepted = simulation.calls.filter(({ outcome, action }) => {
    return outcome === 'delivered' && action === 'trigger';
  });
  expect(new Set(accepted.map(({ dedupKey }) => dedupKey)).size).toBe(60);
  const last = (service: string): number =>
    Math.max(
      ...accepted.filter((call) => call.dedupKey.includes(`:${service}:`)).map(({ at }) => at),
    );
  return { shop: last('shop') - BEGIN - after, bank: last('bank') - BEGIN - after, simulation };
}

const SECRET = { shop: keyOf('shop'), bank: keyOf('bank') };

describe('eight hours without the key of one service', () => {
  test.each<[what: string, during: Readonly<Record<string, string>>]>([
    ['missing', { bank: SECRET.bank }],
    ['malformed from the start', { ...SECRET, shop: 'too short' }],
  ])('%s: nothing is lost, and it is found within the longest wait', async (_, during) => {
    const secretAt = (time: number): string => JSON.stringify(time < 8 * HOUR ? during : SECRET);
    const { shop, bank } = await lastPage({ events: pages(8), seed: 1, secretAt }, 8 * HOUR);
    expect(shop).toBeLessThan(CAP + 5_000);
    expect(bank).toBeLessThan(0);
  });

  test('refused by PagerDuty: nothing is lost, and it is found out by a probe', async () => {
    const { shop, simulation } = await lastPage(
      {
        events: pages(8),
        seed: 1,
        modeAt: (time, { routing_key: key }) =>
          key.startsWith('shop') && time < 8 * HOUR ? 'refusingKey' : 'up',
      },
      8 * HOUR,
    );
    expect(shop).toBeLessThan(CAP + 90_000);
    // A probe per minute and instance, and a check per minute at most.
    const { length } = simulation.calls.filter(({ key }) => key.startsWith('shop'));
    expect(length).toBeLessThan(2 * 2 * 8 * 60 * 1.2);
  });

  test('refused, and then replaced in the secret', async () => {
    const { shop } = await lastPage(
      {
        events: pages(8),
        seed: 1,
        secretAt: (time) =>
          JSON.stringify(time < 8 * HOUR ? SECRET : { ...SECRET, shop: keyOf('shop', 2) }),
        modeAt: (_, { routing_key: key }) => (key === SECRET.shop ? 'refusingKey' : 'up'),
      },
      8 * HOUR,
    );
    expect(shop).toBeLessThan(CAP + 90_000);
  });
});

describe('a secret that becomes malformed while the function runs', () => {
  test.each([
    ['text that is not JSON', 'oops'],
    ['one key that is too short', JSON.stringify({ ...SECRET, shop: 'short' })],
  ])('%s: the last good keys stay in use', async (_, text) => {
    const secretAt = (time: number): string => (time < HOUR / 2 ? JSON.stringify(SECRET) : text);
    const { simulation } = await lastPage({ events: pages(1), seed: 1, secretAt }, 0);
    const delays = simulation.calls.map(({ at, receivedAt }) => at - receivedAt);
    expect(Math.max(...delays)).toBeLessThan(1_000);
  });
});

describe('an answer that is not PagerDuty’s', () => {
  test('ten minutes of a load balancer’s 404: no dead letter, and all is open soon after', async () => {
    const events = pages(1 / 6);
    const { shop, bank } = await lastPage(
      { events, seed: 1, modeAt: (time) => (time < 10 * MINUTE ? 'notFound' : 'up') },
      10 * MINUTE,
    );
    expect(Math.max(shop, bank)).toBeLessThan(CAP);
  });

  test('a refusal that only quotes a field called service_key is a dead letter, not a refused key', async () => {
    const simulation = await simulate({
      events: pages(1),
      seed: 1,
      modeAt: (_, event) => (event.dedup_key.includes(':10:') ? 'quotingKey' : 'up'),
    });
    expect(simulation.deadLetters.map(({ id }) => id)).toEqual(['m10']);
    expect(lawViolations(simulation)).toEqual([]);
    const others = simulation.calls.filter(({ outcome, at, receivedAt }) => {
      return outcome === 'delivered' && at - receivedAt > 1_000;
    });
    expect(others).toEqual([]);
  });
});
