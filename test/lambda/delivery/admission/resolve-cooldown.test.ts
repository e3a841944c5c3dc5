import { describe, expect, test } from '@jest/globals';

import {
  NO_RESOLVE_COOLDOWN,
  resolveCooldownAfterClosing,
  resolveCooldownAfterFailure,
} from '../../../../lambda/delivery/admission/resolve-cooldown.ts';

const DURATION = 1_000;

/** `a5` is a failed call of incident a at the time 5; `a5!` did not reach PagerDuty. */
type Step = string;

function cooldownAfter(steps: readonly Step[]): number {
  return steps.reduce((cooldown, step) => {
    const now = Number.parseInt(step.slice(1), 10);
    return step.startsWith('closed')
      ? resolveCooldownAfterClosing(cooldown, Number(step.slice('closed'.length)), DURATION)
      : resolveCooldownAfterFailure(
          cooldown,
          { incidentKey: step.charAt(0), wasSent: !step.endsWith('!'), now },
          DURATION,
        );
  }, NO_RESOLVE_COOLDOWN).until;
}

describe('the cooldown of resolves', () => {
  test.each([
    { steps: [], until: -Infinity },
    { steps: ['a0'], until: -Infinity },
    { steps: ['a0', 'a1', 'a2'], until: -Infinity },
    { steps: ['a0', 'b5'], until: 5 + DURATION },
    { steps: ['a0', 'a4', 'b5'], until: 5 + DURATION },
    { steps: ['a0', 'b999'], until: 999 + DURATION },
    { steps: ['a0', 'b1000'], until: -Infinity },
    { steps: ['a0', 'b5', 'b9'], until: 5 + DURATION },
    { steps: ['a0', 'b5', 'a9'], until: 9 + DURATION },
    { steps: ['a0!'], until: -Infinity },
    { steps: ['a0', 'a5!'], until: 5 + DURATION },
    { steps: ['a0!', 'a5!'], until: 5 + DURATION },
    { steps: ['a0!', 'a1000!'], until: -Infinity },
    { steps: ['closed7'], until: 7 + DURATION },
    { steps: ['a0', 'b9', 'closed7'], until: 9 + DURATION },
    { steps: ['a0', 'closed7', 'a8'], until: 7 + DURATION },
    { steps: ['a0', 'closed7', 'b9'], until: 9 + DURATION },
  ])('ends at $until after $steps', ({ steps, until }) => {
    expect(cooldownAfter(steps)).toBe(until);
  });
});
