/**
 * The resolve of a test (`./bridge send --test`), which follows its accepted trigger. The subjects of
 * tests contain nothing else, because their dedup keys have a prefix of their own.
 */

import { isOutOfTime, outOfTime } from './admission/admit.ts';
import { countCall } from './admission/slots.ts';
import type { Attempt } from './attempt.ts';
import type { BatchRun } from './batch-run.ts';
import { recordOutcome } from './record-outcome.ts';
import type { WaitDecision } from './waiting/decide-waiting.ts';

function isTest({ events: [first] }: Pick<Attempt, 'events'>): boolean {
  return first.event.isTest === true;
}

/** The wait of a test if the function has no time left for two calls. */
export function testWait(attempt: Attempt, run: BatchRun): WaitDecision | undefined {
  const { settings, now } = run.context;
  const callDeadline = run.callDeadline - settings.callTimeoutSeconds * 1000;
  const isLate = isTest(attempt) && isOutOfTime({ settings, callDeadline, now: now() });
  return isLate ? outOfTime() : undefined;
}

/**
 * Counts the resolve of a test before its trigger, so that no page takes its slot meanwhile. The class
 * of the trigger leaves a twentieth of the rate free, so that the two keep the limit.
 */
export function reserveTestResolve(attempt: Attempt, { context }: BatchRun): void {
  if (isTest(attempt)) countCall(attempt.keyRun.state.calls, 'resolve', context.now());
}

/**
 * Resolves the incident of a test whose trigger was accepted. A failed resolve is only reported: to
 * repeat it with the event would repeat the trigger, which could page a second time. The incident
 * then stays open until a person resolves it.
 */
export async function resolveTest(attempt: Attempt, run: BatchRun): Promise<void> {
  if (!isTest(attempt)) return;
  const { events, keyRun, subject } = attempt;
  const { pagerDuty, settings, now, random } = run.context;
  const startedAt = now();
  const outcome = await pagerDuty({
    routing_key: keyRun.integrationKey,
    event_action: 'resolve',
    dedup_key: events[0].dedupKey,
  });
  const { incidentKey } = subject;
  recordOutcome(
    { key: keyRun.state, incidentKey, outcome, startedAt, now: now() },
    settings,
    random,
  );
  run.tests.push({ events, outcome });
}
