import { describe, expect, test } from '@jest/globals';

import {
  admit,
  type AdmissionInput,
  failureWait,
  callDeadlineOf,
} from '../../../../lambda/delivery/admission/admit.ts';
import { CLOSED } from '../../../../lambda/delivery/admission/circuit-breaker.ts';
import type { Cooldown } from '../../../../lambda/delivery/admission/cooldown.ts';
import {
  type CallClass,
  countCall,
  newKeyCalls,
  SLOT_WINDOW,
} from '../../../../lambda/delivery/admission/slots.ts';
import type { WaitCause } from '../../../../lambda/delivery/disposition.ts';
import { type KeyState, newKeyState } from '../../../../lambda/delivery/instance-state.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../../lambda/shared/delivery-settings.ts';
import { candidate, NOW } from '../../../support/delivery-fixtures.ts';

const HOUR = 3_600_000;
const LAST = { at: NOW - 2_000, detail: '503 down', status: 503 };

/** Ten calls in a minute for each of two instances. */
const SETTINGS = { ...DEFAULT_DELIVERY_SETTINGS, callsPerMinute: 20 };

interface Ask extends Partial<Omit<AdmissionInput, 'key' | 'subject' | 'random'>> {
  readonly key?: Partial<KeyState>;
  readonly cooldown?: Cooldown;
  readonly random?: number;
}

function ask({ key, cooldown, random = 0, ...input }: Ask = {}) {
  return admit({
    key: { ...newKeyState(), ...key },
    subject: { waiting: [], cooldown },
    callClass: 'opener',
    settings: SETTINGS,
    startedAt: 0,
    waitingForSlot: 0,
    mayProbe: false,
    callDeadline: NOW + 60_000,
    now: NOW,
    random: () => random,
    ...input,
  });
}

/** An admission's cause, and the wait of an event. */
function waitOf(input: Ask, event = candidate({ at: NOW })) {
  const result = ask(input);
  return result === 'admitted' ? result : { cause: result.cause, wait: result.waitOf(event) };
}

function used(callClass: CallClass, count: number): Partial<KeyState> {
  const calls = newKeyCalls();
  for (let i = 0; i < count; i++) countCall(calls, callClass, NOW);
  return { calls };
}

const open = (nextProbeAt: number, isKeyRefused = false): Partial<KeyState> => ({
  circuitBreaker: { ...CLOSED, nextProbeAt, last: LAST, isKeyRefused },
});
const until = (time: number): Cooldown => ({ until: time, count: 1, last: LAST });

test('a call with nothing against it is admitted', () => {
  expect(ask()).toBe('admitted');
});

describe('a call that might not end in time', () => {
  test('is not admitted; its event comes back at once', () => {
    const callTimeout = SETTINGS.callTimeoutSeconds * 1000;
    expect(ask({ callDeadline: NOW + callTimeout })).toBe('admitted');
    expect(waitOf({ callDeadline: NOW + callTimeout - 1 })).toEqual({
      cause: 'out_of_time',
      wait: 0,
    });
  });
});

describe('while the circuit breaker of the key is open', () => {
  test('no call is admitted, probe or not, and says in whose words', () => {
    for (const mayProbe of [true, false]) {
      expect(ask({ key: open(NOW + 30_000), mayProbe })).toMatchObject({
        cause: 'circuit_open',
        detail: 'No call while PagerDuty fails: 503 down',
        status: 503,
        failedAt: LAST.at,
      });
    }
  });

  test('no event comes back before the next probe, nor later than half as long again', () => {
    const waits = [0, 0.5, 1].map((random) => waitOf({ key: open(NOW + 30_000), random }));
    expect(waits).toMatchObject([{ wait: 30_000 }, { wait: 37_500 }, { wait: 45_000 }]);
  });

  test('one probe is admitted when it is due', () => {
    expect(ask({ key: open(NOW), mayProbe: true })).toBe('admitted');
    expect(ask({ key: open(NOW), mayProbe: false })).toMatchObject({ cause: 'circuit_open' });
  });

  test('because the key was refused, its events wait for that', () => {
    expect(ask({ key: open(NOW + 1, true) })).toMatchObject({
      cause: 'key_refused',
      detail: 'PagerDuty refuses the integration key: 503 down',
    });
    const waits = [0, 1].map((random) => waitOf({ key: open(NOW + 1_000, true), random }));
    expect(waits).toMatchObject([{ wait: 30_000 }, { wait: 60_000 }]);
  });
});

describe('while the incident cools down', () => {
  test('no call about it is admitted', () => {
    expect(ask({ cooldown: until(NOW + 5_000) })).toMatchObject({
      cause: 'incident_failing',
      detail: 'No call about this incident so soon after the last one: 503 down',
      failedAt: LAST.at,
    });
    expect(waitOf({ cooldown: until(NOW + 5_000) })).toMatchObject({ wait: 5_000 });
    expect(ask({ cooldown: until(NOW + 5_000), now: NOW + 5_000 })).toBe('admitted');
  });
});

describe('while the key cools down after a 429', () => {
  test('no call is admitted, and the events come back at the rate of the key', () => {
    const key = { throttled: until(NOW + 5_000) };
    const waits = [0, 1, 2].map((waitingForSlot) => waitOf({ key, waitingForSlot }));
    expect(waits).toEqual([
      { cause: 'key_throttled', wait: 5_000 },
      { cause: 'key_throttled', wait: 8_050 },
      { cause: 'key_throttled', wait: 11_100 },
    ]);
    expect(ask({ key, now: NOW + 5_000 })).toBe('admitted');
  });

  test('an event that was received often is spread further, or SQS would move it away', () => {
    const waits = [200, 210, 230].map((receiveCount) =>
      waitOf(
        { key: { throttled: until(NOW + 5_000) }, random: 0.5 },
        candidate({ at: NOW, receiveCount }),
      ),
    );
    expect(waits).toMatchObject([{ wait: 5_000 }, { wait: 15_000 }, { wait: 35_000 }]);
  });

  test('nothing failed that says something about the event', () => {
    expect(ask({ key: { throttled: until(NOW + 5_000) } })).not.toHaveProperty('failedAt');
  });
});

describe('without a slot', () => {
  test('an event waits until slots come up, one after the other', () => {
    const waits = [0, 1, 2].map((waitingForSlot) =>
      waitOf({ key: used('high', 10), waitingForSlot }),
    );
    expect(waits).toEqual([
      { cause: 'paced', wait: SLOT_WINDOW },
      { cause: 'paced', wait: SLOT_WINDOW + 3_050 },
      { cause: 'paced', wait: SLOT_WINDOW + 6_100 },
    ]);
  });

  test('an event that was received often is spread further, or SQS would move it away', () => {
    const waits = [200, 210, 230, 799].map((receiveCount) =>
      waitOf({ key: used('high', 10), random: 0.5 }, candidate({ at: NOW, receiveCount })),
    );
    expect(waits).toMatchObject([
      { wait: 61_000 },
      { wait: 71_000 },
      { wait: 91_000 },
      { wait: 91_000 },
    ]);
  });

  test('an update waits for one to two update intervals', () => {
    const waits = [0, 0.5, 1].map((random) =>
      waitOf({ key: used('update', 4), callClass: 'update', random }),
    );
    expect(waits).toMatchObject([{ wait: 61_000 }, { wait: 90_000 }, { wait: 120_000 }]);
  });

  test('the class takes a place in front of lower ones until its slot', () => {
    expect(ask({ key: used('high', 10) })).toMatchObject({ slotAt: NOW + SLOT_WINDOW });
    expect(ask({ key: open(NOW + 1) })).not.toHaveProperty('slotAt');
  });
});

describe('the order of the reasons', () => {
  const all = {
    callDeadline: NOW,
    key: { ...open(NOW + 1), throttled: until(NOW + 1), ...used('high', 10) },
    cooldown: until(NOW + 1),
  };
  test('is time, circuit breaker, incident, key, slot', () => {
    const time = { callDeadline: NOW + 60_000 };
    const closed = { circuitBreaker: CLOSED };
    const causes = [
      all,
      { ...all, ...time },
      { ...all, ...time, key: { ...all.key, ...closed } },
      { ...time, key: { ...all.key, ...closed } },
      { ...time, key: used('high', 10) },
    ].map((input) => waitOf(input));
    expect(causes).toMatchObject([
      { cause: 'out_of_time' },
      { cause: 'circuit_open' },
      { cause: 'incident_failing' },
      { cause: 'key_throttled' },
      { cause: 'paced' },
    ]);
  });
});

const failed = (cause: WaitCause, age: number, more: { random?: number; until?: number } = {}) =>
  failureWait(
    { settings: DEFAULT_DELIVERY_SETTINGS, now: NOW, random: () => more.random ?? 1 },
    cause,
    more.until ?? 0,
  ).waitOf(candidate({ at: NOW - age }));

describe('the wait after a failure', () => {
  const base5: readonly WaitCause[] = [
    'circuit_open',
    'incident_failing',
    'unavailable',
    'unanswered',
    'unreachable',
    'internal_error',
  ];
  test.each([
    ...base5.map((cause) => ({ cause, base: 5_000 })),
    { cause: 'key_missing', base: 60_000 },
    { cause: 'key_refused', base: 60_000 },
  ] as const)('because of $cause is $base ms, then a twelfth of the age', ({ cause, base }) => {
    const waits = [0, 12 * base, 24 * base, 30 * 60_000, HOUR, 24 * HOUR].map((age) =>
      failed(cause, age),
    );
    const twice = Math.min(2 * base, 180_000);
    expect(waits).toEqual([base, base, twice, 150_000, 180_000, 180_000]);
    expect(failed(cause, 0, { random: 0 })).toBe(base / 2);
  });

  test('does not depend on how often the event was received', () => {
    const decision = failureWait(
      { settings: DEFAULT_DELIVERY_SETTINGS, now: NOW, random: () => 1 },
      'unavailable',
      0,
    );
    for (const receiveCount of [1, 2, 9, 500]) {
      expect(decision.waitOf(candidate({ at: NOW - 120_000, receiveCount }))).toBe(10_000);
    }
  });

  test('ends when a call may be made again, or up to half as long after', () => {
    expect(failed('unavailable', 0, { random: 0, until: NOW + 60_000 })).toBe(60_000);
    expect(failed('unavailable', 0, { random: 1, until: NOW + 60_000 })).toBe(90_000);
    expect(failed('unavailable', 0, { random: 1, until: NOW - 60_000 })).toBe(5_000);
  });
});

describe('the last call ends', () => {
  test.each([
    { time: 60_000, left: 3_000 },
    { time: 12_000, left: 3_000 },
    { time: 10_000, left: 2_500 },
    { time: 4_000, left: 1_000 },
  ])('$left ms before a function of $time ms is stopped', ({ time, left }) => {
    expect(callDeadlineOf(NOW, NOW + time)).toBe(NOW + time - left);
  });
});
