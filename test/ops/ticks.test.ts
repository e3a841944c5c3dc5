import { describe, expect, test } from '@jest/globals';

import { type Series, waitingTicks, withoutTicks } from '../../ops/status/ticks.ts';

const MINUTE = 60_000;
const NOON = Date.parse('2026-11-26T12:00:00Z');

/** Five ticks in each period of five minutes, from some minutes before noon until others. */
function steady(from: number, to = 0, count = 5): Series {
  const begins = Array.from({ length: (from - to) / 5 }, (_, n) => NOON - (from - 5 * n) * MINUTE);
  return new Map(begins.map((begin) => [begin, count]));
}

const none: Series = new Map();

describe('ticks that wait on a deployed stage', () => {
  test.each<[string, Parameters<typeof waitingTicks>[0], number]>([
    ['a new stage', { attempts: none, errors: none, reported: none }, 0],
    ['delivery works', { attempts: steady(60), errors: none, reported: steady(60) }, 0],
    [
      'the newest metrics of delivery are late',
      { attempts: steady(60), errors: none, reported: steady(60, 5) },
      0,
    ],
    [
      'delivery does not run for half an hour',
      { attempts: steady(60), errors: none, reported: steady(60, 30) },
      30,
    ],
    [
      'delivery stopped in the middle of a period',
      { attempts: steady(60), errors: none, reported: new Map([[NOON - 60 * MINUTE, 2]]) },
      58,
    ],
    ['delivery never ran', { attempts: steady(120), errors: none, reported: none }, 120],
    ['the schedule cannot send', { attempts: steady(60), errors: steady(60), reported: none }, 0],
    [
      'the schedule was disabled before delivery stopped',
      { attempts: steady(60, 30), errors: none, reported: steady(60, 30) },
      0,
    ],
  ])('%s', (_, series, expected) => {
    expect(waitingTicks(series, NOON - 1)).toBe(expected);
  });
});

test.each([
  [{ visible: 5, inFlight: 2, delayed: 1 }, 0, { visible: 5, inFlight: 2, delayed: 1 }],
  [{ visible: 5, inFlight: 2, delayed: 1 }, 4, { visible: 1, inFlight: 2, delayed: 1 }],
  [{ visible: 5, inFlight: 2, delayed: 1 }, 6, { visible: 0, inFlight: 1, delayed: 1 }],
  [{ visible: 5, inFlight: 2, delayed: 1 }, 99, { visible: 0, inFlight: 0, delayed: 1 }],
])('a depth of %j without %d ticks is %j', (depth, ticks, expected) => {
  expect(withoutTicks(depth, ticks)).toEqual(expected);
});
