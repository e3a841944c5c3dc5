import { describe, expect, test } from '@jest/globals';

import type { FailureKind } from '../../../../lambda/delivery/admission/circuit-breaker.ts';
import {
  type Cooldown,
  subjectCooldown,
  throttleCooldown,
} from '../../../../lambda/delivery/admission/cooldown.ts';

interface Call {
  /** When it began, milliseconds. */
  readonly at: number;
  readonly took?: number;
  readonly random?: number;
}

function inputOf(previous: Cooldown | undefined, { at, took = 0, random = 0 }: Call) {
  const failure = { at, detail: '503', status: 503 };
  return { previous, failure, base: 5_000, cap: 60_000, now: at + took, random };
}

/** The cooldowns after calls that begin 1,000 s apart and all fail in one way, milliseconds. */
function cooldowns(kind: FailureKind, count: number, call: Omit<Call, 'at'> = {}): number[] {
  let cooldown: Cooldown | undefined;
  return Array.from({ length: count }, (_, index) => {
    const at = index * 1_000_000;
    cooldown = subjectCooldown(kind, call.took ?? 0, inputOf(cooldown, { ...call, at }));
    return cooldown.until - at - (call.took ?? 0);
  });
}

describe('the cooldown of a subject', () => {
  test.each<[string, FailureKind, number, readonly number[]]>([
    [
      'answers "unavailable" begins with the second',
      'unavailable',
      100,
      [0, 5, 10, 20, 40, 60, 60],
    ],
    ['calls that were not sent begins with the second', 'unreachable', 0, [0, 5, 10, 20, 40, 60]],
    ['timeouts of 5 s begins at once', 'unanswered', 5_000, [12.5, 25, 50, 100, 100]],
    ['quick resets begins at once', 'unanswered', 100, [5, 10, 20, 40, 60, 60]],
  ])('after %s', (_, kind, took, seconds) => {
    expect(cooldowns(kind, seconds.length, { took })).toEqual(seconds.map((each) => each * 1000));
  });

  test.each<FailureKind>(['unavailable', 'unanswered'])('is up to a quarter longer: %s', (kind) => {
    const [, least] = cooldowns(kind, 2, { took: 100, random: 0 });
    const [, most] = cooldowns(kind, 2, { took: 100, random: 1 });
    expect(most).toBe(1.25 * (least ?? NaN));
  });

  test('counts the failures, and remembers the last', () => {
    const first = subjectCooldown('unavailable', 0, inputOf(undefined, { at: 0 }));
    const second = subjectCooldown('unanswered', 0, inputOf(first, { at: 7 }));
    expect([first.count, second.count, second.last.at]).toEqual([1, 2, 7]);
  });
});

describe('the cooldown of a key after a 429', () => {
  test('is at least the base, and up to a quarter longer', () => {
    const until = [0, 0.5, 1].map((random) =>
      throttleCooldown(inputOf(undefined, { at: 0, random })),
    );
    expect(until.map((one) => one.until)).toEqual([5_000, 5_625, 6_250]);
  });

  test('doubles with each 429 after it, up to the cap', () => {
    let cooldown: Cooldown | undefined;
    const lengths = Array.from({ length: 6 }, (_, index) => {
      const at = index * 1_000_000;
      cooldown = throttleCooldown(inputOf(cooldown, { at }));
      return cooldown.until - at;
    });
    expect(lengths).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test('is as long as PagerDuty asks for, and never shorter than without', () => {
    const asked = [0, 1_000, 90_000].map((retryAfter) =>
      throttleCooldown(inputOf(undefined, { at: 0 }), retryAfter),
    );
    expect(asked.map(({ until }) => until)).toEqual([5_000, 5_000, 90_000]);
  });

  test('is one failure, however many calls were under way; they can only lengthen it', () => {
    const first = throttleCooldown(inputOf(undefined, { at: 0, took: 100 }));
    const same = throttleCooldown(inputOf(first, { at: 1, took: 200 }), 1_000);
    const longer = throttleCooldown(inputOf(same, { at: 2, took: 300 }), 60_000);
    expect([first, same, longer].map(({ until, count }) => [until, count])).toEqual([
      [5_100, 1],
      [5_100, 1],
      [60_302, 1],
    ]);
  });
});
