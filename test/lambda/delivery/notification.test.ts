import { describe, expect, test } from '@jest/globals';

import type { CallClass } from '../../../lambda/delivery/admission/slots.ts';
import type { LastNotification } from '../../../lambda/delivery/instance-state.ts';
import {
  callClassOf,
  isNotified,
  rememberedFor,
  updateDueIn,
} from '../../../lambda/delivery/notification.ts';
import type { Severity } from '../../../lambda/shared/routes.ts';
import { candidate, type MessageOptions, NOW } from '../../support/delivery-fixtures.ts';

const SPAN = 15_000;
const MINUTE = 60_000;
const BEGAN = NOW - 40_000;

function notified(changes: Partial<LastNotification> = {}): LastNotification {
  return {
    began: BEGAN,
    integrationKey: 'k',
    severity: 'warning',
    messages: new Map([['seen', 3]]),
    ...changes,
  };
}

describe('an accepted call stands for an event', () => {
  test.each<[string, MessageOptions, boolean]>([
    ['accepted a second before it began', { at: BEGAN - 1_000 }, true],
    ['accepted less than a second before: clocks differ', { at: BEGAN - 999 }, false],
    ['accepted later', { at: BEGAN + 1 }, false],
    [
      'received before, a window and a second earlier',
      { at: BEGAN - 16_000, receiveCount: 2 },
      true,
    ],
    ['received before, a little later than that', { at: BEGAN - 15_999, receiveCount: 2 }, false],
    ['replayed, a window and a second earlier', { at: BEGAN - 16_000, isReplay: true }, true],
    ['replayed, a little later than that', { at: BEGAN - 15_999, isReplay: true }, false],
    ['of a higher severity', { at: BEGAN - 60_000, value: 90 }, false],
    ['of a message that it was about', { id: 'seen', at: NOW, receiveCount: 4 }, true],
    ['of that message at a higher severity', { id: 'seen', receiveCount: 4, value: 90 }, false],
    ['of that message, after another instance had it', { id: 'seen', receiveCount: 5 }, false],
    ['of the same message, handed out twice', { id: 'seen', at: NOW, receiveCount: 3 }, true],
  ])('%s: %s', (_, options, expected) => {
    expect(isNotified(candidate({ at: NOW - 1, ...options }), notified(), SPAN)).toBe(expected);
  });

  test('of a lower severity', () => {
    const critical = notified({ severity: 'critical' });
    expect(isNotified(candidate({ at: BEGAN - 2_000 }), critical, SPAN)).toBe(true);
  });

  test('put on the queue before it was accepted: the earlier time counts', () => {
    const event = candidate({ at: NOW, sentAt: BEGAN - 1_000 });
    expect(isNotified(event, notified(), SPAN)).toBe(true);
  });
});

describe('the class of a call', () => {
  test.each<[string, Severity, LastNotification | undefined, CallClass]>([
    ['a new critical', 'critical', undefined, 'high'],
    ['a new error', 'error', undefined, 'high'],
    ['a new warning', 'warning', undefined, 'opener'],
    ['a new info', 'info', undefined, 'opener'],
    ['the same severity again', 'warning', notified(), 'update'],
    ['a lower severity', 'info', notified(), 'update'],
    ['a critical after a critical', 'critical', notified({ severity: 'critical' }), 'update'],
    ['a raised severity', 'critical', notified(), 'high'],
    ['a raised severity below error', 'warning', notified({ severity: 'info' }), 'opener'],
  ])('for %s', (_, severity, notification, callClass) => {
    expect(callClassOf(severity, notification, MINUTE, NOW)).toBe(callClass);
  });

  test('is an update for 30 update intervals', () => {
    expect(rememberedFor(MINUTE)).toBe(30 * MINUTE);
    const classAfter = (time: number) => callClassOf('warning', notified(), MINUTE, BEGAN + time);
    expect(classAfter(30 * MINUTE - 1)).toBe('update');
    expect(classAfter(30 * MINUTE)).toBe('opener');
  });
});

const due = (after: number, waiting = 0, interval = MINUTE): number =>
  updateDueIn(notified(), interval, waiting, BEGAN + after);

describe('an update is due', () => {
  test.each([
    { after: 0, wait: 60_000 },
    { after: 40_000, wait: 20_000 },
    { after: 55_999, wait: 4_001 },
    { after: 56_000, wait: 0 },
    { after: 60_000, wait: 0 },
    { after: 999_999, wait: 0 },
  ])('$wait ms later, $after ms after the last call', ({ after, wait }) => {
    expect(due(after)).toBe(wait);
  });

  test.each([
    { waiting: 0, wait: 20_000 },
    { waiting: 1, wait: 19_000 },
    { waiting: 4, wait: 16_000 },
    { waiting: 50, wait: 16_000 },
  ])('a second earlier for each of $waiting events that wait', ({ waiting, wait }) => {
    expect(due(40_000, waiting)).toBe(wait);
  });

  test('up to an eighth of a short interval early', () => {
    expect([8_749, 8_750].map((after) => due(after, 0, 10_000))).toEqual([1_251, 0]);
    expect(due(0, 9, 10_000)).toBe(8_750);
  });

  test('at once when there is no interval', () => {
    expect(due(0, 3, 0)).toBe(0);
  });
});
