import { describe, expect, test } from '@jest/globals';

import { CLOSED } from '../../../lambda/delivery/circuit-breaker.ts';
import { admit, type AdmissionInput, lastCallEnd } from '../../../lambda/delivery/admission.ts';
import { newInstanceState, type InstanceState } from '../../../lambda/delivery/instance.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../lambda/delivery/settings.ts';
import { KEYS, NOW } from '../../support/delivery-fixtures.ts';

const KEY = KEYS['shop'] ?? '';
const INCIDENT = 'shop glasnostic:a:4:requests';
const LAST = { at: NOW - 2_000, detail: '503 down', status: 503 };

/** Ten calls at once in a minute, one instance. */
const SETTINGS = { ...DEFAULT_DELIVERY_SETTINGS, callsPerMinute: 20 };

function ask(changes: Partial<AdmissionInput> & { remembers?: Partial<InstanceState> } = {}) {
  const { remembers, ...input } = changes;
  return admit({
    state: { ...newInstanceState(), ...remembers },
    settings: SETTINGS,
    key: KEY,
    incidentKey: INCIDENT,
    attempt: 1,
    turnedAway: 0,
    mayProbe: false,
    callsEnd: NOW + 60_000,
    now: NOW,
    random: 0,
    ...input,
  });
}

const cooldown = (until: number, of = KEY) => new Map([[of, { until, count: 1, last: LAST }]]);
const calls = (of: string) => new Map([[of, Array.from({ length: 10 }, () => NOW)]]);
const open = (openUntil: number) => ({ ...CLOSED, openUntil, last: LAST });

describe('admission', () => {
  test('is open when nothing is sent against a call', () => {
    expect(ask()).toBe('admitted');
  });

  test('is closed when the call might not end in time, and the event comes straight back', () => {
    const callTimeout = SETTINGS.callTimeoutSeconds * 1000;
    expect(ask({ callsEnd: NOW + callTimeout })).toBe('admitted');
    expect(ask({ callsEnd: NOW + callTimeout - 1 })).toMatchObject({
      cause: 'out_of_time',
      wait: 0,
    });
  });

  describe('while the circuit is open', () => {
    const circuitBreaker = open(NOW + 30_000);

    test('is closed, probe or not, and no event comes back before the next probe', () => {
      for (const mayProbe of [true, false]) {
        expect(ask({ remembers: { circuitBreaker }, mayProbe })).toEqual({
          kind: 'waiting',
          cause: 'circuit_open',
          wait: 30_000,
          detail: 'No call while PagerDuty is down: 503 down',
          status: 503,
          failedAt: LAST.at,
        });
      }
    });

    test('spreads the events over their own back-off', () => {
      const waits = [0.25, 0.5, 0.75].map((random) => {
        const admission = ask({ remembers: { circuitBreaker }, attempt: 20, random });
        return admission === 'admitted' ? undefined : admission.wait;
      });
      expect(waits).toEqual([225_000, 450_000, 675_000]);
    });

    test('opens for the probe when it is time, and for the probe only', () => {
      const remembers = { circuitBreaker: open(NOW) };
      expect(ask({ remembers, mayProbe: true })).toBe('admitted');
      expect(ask({ remembers, mayProbe: false })).toMatchObject({ cause: 'circuit_open' });
    });
  });

  describe('after a 429', () => {
    test('is closed for that key, and spreads what it turns away at the rate of the key', () => {
      const remembers = { throttled: cooldown(NOW + 5_000) };
      const waits = [0, 1, 2].map((turnedAway) => ask({ remembers, turnedAway }));
      expect(waits).toMatchObject([
        { cause: 'key_throttled', wait: 5_000, failedAt: LAST.at },
        { cause: 'key_throttled', wait: 8_050 },
        { cause: 'key_throttled', wait: 11_100 },
      ]);
    });

    test('is open for other keys, and for that key when its time is over', () => {
      expect(ask({ remembers: { throttled: cooldown(NOW + 5_000, 'other') } })).toBe('admitted');
      expect(ask({ remembers: { throttled: cooldown(NOW) } })).toBe('admitted');
    });
  });

  describe('after calls about one incident failed', () => {
    test('is closed for that incident until its time is over', () => {
      const remembers = { failing: cooldown(NOW + 5_000, INCIDENT) };
      expect(ask({ remembers })).toMatchObject({
        cause: 'incident_failing',
        wait: 5_000,
        detail: 'No call so soon after the last one: 503 down',
        failedAt: LAST.at,
      });
      expect(ask({ remembers, now: NOW + 5_000 })).toBe('admitted');
    });

    test('is open for other incidents', () => {
      expect(ask({ remembers: { failing: cooldown(NOW + 5_000, 'other') } })).toBe('admitted');
    });
  });

  describe('when the share of the key is used up', () => {
    test('is closed until slots come up, one after the other', () => {
      const remembers = { calls: calls(KEY) };
      const waits = [0, 1, 2].map((turnedAway) => ask({ remembers, turnedAway }));
      expect(waits).toMatchObject([
        { cause: 'paced', wait: 61_000 },
        { cause: 'paced', wait: 64_050 },
        { cause: 'paced', wait: 67_100 },
      ]);
      // One that was turned away often stays away for longer, or SQS would count too many receives.
      const often = [100, 110, 130, 900].map((attempt) => ask({ remembers, attempt, random: 0.5 }));
      expect(often).toMatchObject([
        { wait: 61_000 },
        { wait: 71_000 },
        { wait: 91_000 },
        { wait: 91_000 },
      ]);
      // Nothing failed, so its age does not count against it.
      expect(waits[0]).not.toHaveProperty('failedAt');
    });

    test('is open for other keys', () => {
      expect(ask({ remembers: { calls: calls('other') } })).toBe('admitted');
    });
  });

  test('never shows the key', () => {
    const all = [
      ask({ remembers: { throttled: cooldown(NOW + 1) } }),
      ask({ remembers: { calls: new Map([[KEY, Array.from({ length: 99 }, () => NOW)]]) } }),
    ];
    expect(JSON.stringify(all)).not.toContain(KEY);
  });
});

describe('the last call ends', () => {
  test.each([
    { time: 60_000, left: 3_000 },
    { time: 12_000, left: 3_000 },
    { time: 10_000, left: 2_500 },
    { time: 4_000, left: 1_000 },
  ])('$left ms before a function of $time ms is stopped', ({ time, left }) => {
    expect(lastCallEnd(NOW, NOW + time)).toBe(NOW + time - left);
  });
});
