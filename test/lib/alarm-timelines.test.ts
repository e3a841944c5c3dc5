import { beforeAll, describe, expect, test } from '@jest/globals';

import { example } from '../../config/example.ts';
import { stateChanges, type Sample } from '../../testkit/cloudwatch/alarms.ts';
import { type Recording, recorded } from '../../testkit/cloudwatch/timelines.ts';
import { BEGIN } from '../../testkit/simulation/simulate.ts';
import { ALARMS, alarmFaults, inTrouble, type Trouble } from '../support/alarm-timelines.ts';

const MINUTE = 60_000;

/** `alarm-timelines.long.test.ts` does the same for 24 hours and for 200 events. */
describe('six hours of trouble are one alarm and one end', () => {
  test.each<[Trouble, string]>([
    ['unavailable', 'one event'],
    ['hanging', 'two views'],
    ['throttling', 'one event'],
    ['missingKey', 'one event'],
    ['missingKey', 'an event per hour'],
    ['refusingKey', 'one event'],
  ])('%s, %s', async (trouble, load) => {
    expect(alarmFaults(trouble, await inTrouble({ trouble, load, hours: 6 }))).toEqual([]);
  });
});

test('an instance that stops forgets what waits, and the alarm goes on', async () => {
  const replacedAt = Array.from({ length: 24 }, (_, quarter) => (quarter + 1) * 15 * MINUTE);
  const trouble = { trouble: 'unavailable', load: 'one event', hours: 6 } as const;
  expect(alarmFaults('unavailable', await inTrouble(trouble, { replacedAt }))).toEqual([]);
});

describe('a stage that gives up after 13 days, whose events wait for up to 37 minutes', () => {
  const delivery = { ...example.delivery, giveUpAfterSeconds: 13 * 86_400 };
  const trouble = { trouble: 'unavailable', load: 'one event', hours: 20 } as const;
  let recording: Recording;

  beforeAll(async () => {
    recording = await inTrouble(trouble, { settings: delivery });
  });

  test('has one alarm and one end', () => {
    expect(alarmFaults('unavailable', recording, { ...example, delivery })).toEqual([]);
  });

  test('had many, with an alarm on the calls that failed in five minutes', () => {
    const { samples, over } = recording;
    const before = {
      metrics: new Map([['only', { name: 'PagerDutyUnavailable', statistic: 'Sum' as const }]]),
      period: 5 * MINUTE,
      periods: 2,
      periodsToAlarm: 2,
      threshold: 1,
      missingData: 'notBreaching' as const,
    };
    const changes = stateChanges(before, samples, { from: BEGIN, to: over, older: 0 });
    expect(changes.filter(({ state }) => state === 'OK').length).toBeGreaterThan(5);
  });
});

test('a quiet night has no alarm, and neither has the first deployment', async () => {
  const { samples, until } = await recorded({ events: [], seed: 1 }, 1);
  for (const [name, alarm] of ALARMS) {
    const changes = stateChanges(alarm, samples, {
      from: BEGIN - 30 * MINUTE,
      to: until,
      older: 0,
    });
    expect({ name, states: changes.map(({ state }) => state) }).toEqual({ name, states: ['OK'] });
  }
});

test('each new dead letter notifies, while older ones lie in their queue', async () => {
  const HOUR = 60 * MINUTE;
  const events = [1, 2, 3].map((hour) => ({ at: hour * HOUR, service: 'shop', view: hour }));
  const { samples, until } = await recorded({ events, seed: 1, modeAt: () => 'refusingEvent' }, 4);
  const alarm = ALARMS.get('NewDeadLetters');
  if (alarm === undefined) throw new Error('no alarm');
  const changes = stateChanges(alarm, samples, { from: BEGIN, to: until, older: 0 });
  expect(changes.map(({ state }) => state)).toEqual([
    'OK',
    'ALARM',
    'OK',
    'ALARM',
    'OK',
    'ALARM',
    'OK',
  ]);
});

/** Samples at each minute of a span, that CloudWatch has two minutes later. */
function everyMinute(from: number, to: number, value: (minute: number) => number): Sample[] {
  return Array.from({ length: to - from }, (_, index) => {
    const at = BEGIN + (from + index) * MINUTE;
    return { at, knownAt: at + 2 * MINUTE, value: value(from + index) };
  });
}

describe('a delivery that stops in an outage', () => {
  const samples = new Map([
    ['InvocationAttemptCount', everyMinute(0, 180, () => 1)],
    // It stops after an hour, with a page that has waited for 40 minutes, and works again an hour
    // later.
    ['Ticks', [...everyMinute(0, 60, () => 1), ...everyMinute(120, 180, () => 1)]],
    ['OldestPage', everyMinute(20, 60, (minute) => (minute - 20) * 60 + 1)],
  ]);
  const at = (name: string) => {
    const alarm = ALARMS.get(name);
    if (alarm === undefined) throw new Error(`no alarm ${name}`);
    const changes = stateChanges(alarm, samples, {
      from: BEGIN,
      to: BEGIN + 180 * MINUTE,
      older: 0,
    });
    return changes.map(({ at: time, state }) => [(time - BEGIN) / MINUTE, state] as const);
  };

  test('notifies', () => {
    const [, [alarm, state] = [NaN, '']] = at('DeliverySilent');
    expect(state).toBe('ALARM');
    expect(alarm).toBeLessThanOrEqual(60 + 5 + 3);
  });

  test('does not end the alarm on late pages, because nothing is known of them', () => {
    const states = at('DeliveryDelay').slice(-2);
    expect(states).toEqual([
      [expect.any(Number), 'ALARM'],
      [expect.any(Number), 'OK'],
    ]);
    expect(states[1]?.[0]).toBeGreaterThan(120);
  });
});

test('an internal error that comes back every three minutes is one alarm', () => {
  const errors = everyMinute(10, 200, () => 1).filter((_, index) => index % 3 === 0);
  const alarm = ALARMS.get('InternalErrors');
  if (alarm === undefined) throw new Error('no alarm');
  const options = { from: BEGIN, to: BEGIN + 240 * MINUTE, older: 0 };
  const changes = stateChanges(alarm, new Map([['InternalErrors', errors]]), options);
  expect(changes.map(({ state }) => state)).toEqual(['OK', 'ALARM', 'OK']);
  expect((changes[1]?.at ?? 0) - BEGIN).toBeLessThanOrEqual(13 * MINUTE);
});
