import { describe, expect, test } from '@jest/globals';

import {
  CHECK_INTERVAL,
  checkAction,
  type KeyCheck,
  refusalCause,
  startCheck,
} from '../../../../lambda/delivery/keys/key-check.ts';
import type { PagerDutyEvent } from '../../../../lambda/pagerduty/event.ts';
import type { Outcome } from '../../../../lambda/pagerduty/outcome.ts';
import { OUTCOMES } from '../../../support/delivery-bench.ts';
import { NOW } from '../../../support/delivery-fixtures.ts';
import { KEY } from '../../../support/pagerduty-event.ts';
import { pagerDutyProblems } from '../../../support/pagerduty-rules.ts';

function checkAt(began: number): KeyCheck {
  return { began, outcome: Promise.resolve(OUTCOMES.delivered) };
}

describe('a check of a key', () => {
  test.each<[string, KeyCheck | undefined, 'use' | 'start' | 'later']>([
    ['starts when there was none', undefined, 'start'],
    ['is used when it began after the refused call', checkAt(NOW - 1_000), 'use'],
    ['is used when it began together with the refused call', checkAt(NOW - 2_000), 'use'],
    ['waits when the last one began before, and a moment ago', checkAt(NOW - 2_001), 'later'],
    ['waits for a whole minute', checkAt(NOW - CHECK_INTERVAL + 1), 'later'],
    ['starts again a minute after the last one', checkAt(NOW - CHECK_INTERVAL), 'start'],
  ])('%s', (_, check, expected) => {
    expect(checkAction(check, NOW - 2_000, NOW)).toBe(expected);
  });

  test('is a resolve that PagerDuty takes, of an incident that no event has', async () => {
    const sent: PagerDutyEvent[] = [];
    const check = startCheck(
      async (event) => {
        sent.push(event);
        return OUTCOMES.delivered;
      },
      KEY,
      NOW,
    );
    expect(check.began).toBe(NOW);
    expect(await check.outcome).toEqual(OUTCOMES.delivered);
    expect(sent).toEqual([
      { routing_key: KEY, event_action: 'resolve', dedup_key: 'glasnostic-bridge:key-check' },
    ]);
    // The events of Glasnostic have dedup keys that begin with `glasnostic:`.
    const problems = pagerDutyProblems(JSON.stringify(sent[0]));
    expect(problems.filter((problem) => !problem.startsWith('payload'))).toEqual([]);
  });

  test.each<[string, Outcome, string]>([
    ['accepted: the refusal is about the event', OUTCOMES.delivered, 'event'],
    ['refused as well: it is about the key', OUTCOMES.keyRefused, 'key'],
    ['refused in other words: it is about the key', OUTCOMES.refused, 'key'],
    ['answered 429: not known', OUTCOMES.throttled, 'unknown'],
    ['answered 503: not known', OUTCOMES.unavailable, 'unknown'],
    ['not answered: not known', OUTCOMES.unanswered, 'unknown'],
    ['not sent: not known', OUTCOMES.unreachable, 'unknown'],
  ])('that is %s', (_, outcome, kind) => {
    const cause = refusalCause(outcome, checkAt(NOW));
    expect(cause).toMatchObject(
      kind === 'unknown' ? { kind, retryAt: NOW + CHECK_INTERVAL } : { kind },
    );
  });
});
