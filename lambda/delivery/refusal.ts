import type { Outcome } from '../pagerduty/outcome.ts';
import { failureWait, outOfTime } from './admission/admit.ts';
import { countCall } from './admission/slots.ts';
import { type BatchRun, type KeyRun, keyRunOf } from './batch-run.ts';
import type { Candidate } from './candidate.ts';
import type { ProcessedMessage } from './disposition.ts';
import { forgetNewestUnsent } from './instance-state.ts';
import { keepWaiting, withStandsFor } from './waiting/keep-waiting.ts';
import {
  CHECK_INTERVAL,
  checkAction,
  refusalCause,
  type RefusalCause,
  startCheck,
} from './keys/key-check.ts';
import type { Attempt, AttemptedCall, AttemptResult } from './attempt.ts';
import { recordKeyRefusal, recordOutcome } from './record-outcome.ts';
import { hasEvents } from './subject.ts';

type Rejected = Extract<Outcome, { kind: 'rejected' }>;

/** Decides what follows a refused call: another attempt, a wait, or dead letters. */
export async function afterRefusal(
  attempt: Attempt,
  call: AttemptedCall,
  outcome: Rejected,
  run: BatchRun,
): Promise<AttemptResult> {
  return outcome.aboutKey
    ? afterKeyRefusal(attempt, call, outcome, run)
    : afterEventRefusal(attempt, call, outcome, run);
}

/**
 * PagerDuty refused the event that was sent. The next attempt sends another event of the subject,
 * so that one bad event does not hide the others: first the newest of this attempt, if a remembered
 * one was sent, and then the second newest. If that is refused as well, all are dead letters.
 */
function afterEventRefusal(
  attempt: Attempt,
  { content }: AttemptedCall,
  outcome: Rejected,
  run: BatchRun,
): AttemptResult {
  const { subject, events, triedOlder } = attempt;
  const newest = events.at(-1) ?? events[0];
  if (content.latest !== newest) {
    forgetNewestUnsent(run.context.state, subject.key);
    return { processed: [], next: { ...attempt, mayUseNewestUnsent: false } };
  }
  const others = events.filter((event) => event !== newest);
  if (triedOlder || !hasEvents(others))
    return { processed: deadLettersOf(events, outcome, attempt) };
  return {
    processed: deadLettersOf([newest], outcome, { ...attempt, isLast: false }),
    next: { ...attempt, events: others, mayUseNewestUnsent: false, triedOlder: true },
  };
}

/**
 * Makes dead letters of refused events.
 *
 * @param attempt.isLast false if another attempt follows, whose call then counts the deduplicated
 *   events
 */
function deadLettersOf(
  events: readonly Candidate[],
  { status, detail }: Rejected,
  attempt: Pick<Attempt, 'state'> & { readonly isLast?: boolean },
): readonly ProcessedMessage[] {
  const { state, isLast = true } = attempt;
  return events.map(({ message }) => {
    const disposition = { kind: 'deadLetter', reason: 'rejected', status, detail } as const;
    return { message, disposition: isLast ? withStandsFor(disposition, state) : disposition };
  });
}

/**
 * PagerDuty refused a call, and its error message mentions the key.
 *
 * 1. Read the secret again, once. If it has a newer key, the next attempt uses that.
 * 2. Otherwise check the key, because the message may mention a key only in a quote of the event.
 *    - PagerDuty accepts the key: the event is refused.
 *    - PagerDuty refuses the key: the circuit breaker opens, and the events wait.
 *    - Not known: the events wait for the next check.
 */
async function afterKeyRefusal(
  attempt: Attempt,
  call: AttemptedCall,
  outcome: Rejected,
  run: BatchRun,
): Promise<AttemptResult> {
  const { subject, state, keyRun, events, hasNewKey } = attempt;
  const { context } = run;
  const { settings, random, now } = context;
  if (!hasNewKey) {
    const read = await context.keys.reread(subject.service, now());
    if (read.kind === 'missing') {
      const wait = failureWait({ settings, now: now(), random }, 'key_missing', 0);
      return {
        processed: keepWaiting(events, { ...wait, detail: read.detail }, subject, state, run),
      };
    }
    if (read.key !== keyRun.integrationKey) {
      // PagerDuty has no incident under the new key yet: this is no update.
      state.notification = undefined;
      const next = { ...attempt, keyRun: keyRunOf(run, read.key), hasNewKey: true };
      return { processed: [], next };
    }
  }
  const cause = await findRefusalCause(keyRun, call, run);
  if (cause === 'out_of_time') {
    return { processed: keepWaiting(events, outOfTime(), subject, state, run) };
  }
  if (cause.kind === 'event') return afterEventRefusal(attempt, call, outcome, run);
  const { status, detail } = outcome;
  const failure = { at: call.startedAt, detail, status };
  // An earlier check may have found that the key is refused. Then a refused probe opens the circuit
  // breaker again without a new check.
  const isKeyRefused = cause.kind === 'key' || keyRun.state.circuitBreaker.isKeyRefused;
  if (isKeyRefused) recordKeyRefusal(call, detail, settings, random);
  // PagerDuty would refuse further events of this subject as well.
  if (cause.kind === 'unknown') {
    state.cooldown = { until: cause.retryAt, count: 1, last: failure };
  }
  const until =
    cause.kind === 'key' ? (keyRun.state.circuitBreaker.nextProbeAt ?? now()) : cause.retryAt;
  const decision = {
    ...failureWait({ settings, now: now(), random }, 'key_refused', until),
    detail,
    status,
    failedAt: call.startedAt,
  };
  return { processed: keepWaiting(events, decision, subject, state, run) };
}

/** Finds the cause of a refusal that mentions the key. Makes a check of the key if one is due. */
async function findRefusalCause(
  keyRun: KeyRun,
  call: AttemptedCall,
  run: BatchRun,
): Promise<RefusalCause | 'out_of_time'> {
  const { context, callDeadline } = run;
  const { settings, random } = context;
  const now = context.now();
  const { state, integrationKey } = keyRun;
  const action = checkAction(state.check, call.startedAt, now);
  if (action === 'use' && state.check !== undefined) {
    return refusalCause(await state.check.outcome, state.check);
  }
  if (action === 'later') {
    return { kind: 'unknown', retryAt: (state.check?.began ?? now) + CHECK_INTERVAL };
  }
  if (now + settings.callTimeoutSeconds * 1000 > callDeadline) return 'out_of_time';
  countCall(state.calls, undefined, now);
  const check = startCheck(context.pagerDuty, integrationKey, now);
  state.check = check;
  const outcome = await check.outcome;
  if (outcome.kind !== 'rejected') {
    const ended = { key: state, incidentKey: 'check', outcome, startedAt: now, now: context.now() };
    recordOutcome(ended, settings, random);
  }
  return refusalCause(outcome, check);
}
