import type { Outcome } from '../pagerduty/outcome.ts';
import { failureWait, outOfTime } from './admission/admit.ts';
import { countCall } from './admission/slots.ts';
import { type BatchRun, type KeyRun, keyRunOf } from './batch-run.ts';
import type { Candidate } from './candidate.ts';
import type { ProcessedMessage } from './disposition.ts';
import { forgetContent } from './instance-state.ts';
import { keepWaiting, withStandsFor } from './keep-waiting.ts';
import {
  CHECK_INTERVAL,
  checkDue,
  refusalCause,
  type RefusalCause,
  startCheck,
} from './key-check.ts';
import type { Attempt, AttemptedCall, Step } from './attempt.ts';
import { recordKeyRefusal, recordOutcome } from './record-outcome.ts';
import { hasEvents } from './subject.ts';

type Rejected = Extract<Outcome, { kind: 'rejected' }>;

/** What follows after PagerDuty refused a call: another attempt, a wait, or dead letters. */
export async function afterRefusal(
  attempt: Attempt,
  call: AttemptedCall,
  outcome: Rejected,
  run: BatchRun,
): Promise<Step> {
  return outcome.aboutKey
    ? afterKeyRefusal(attempt, call, outcome, run)
    : afterEventRefusal(attempt, call, outcome, run);
}

/**
 * PagerDuty refused the event. If the content of a remembered event was sent, the newest event itself
 * is sent next, and then the next newest, once each. So one bad event does not hide the others.
 */
function afterEventRefusal(
  attempt: Attempt,
  { content }: AttemptedCall,
  outcome: Rejected,
  run: BatchRun,
): Step {
  const { subject, events, triedOlder } = attempt;
  const newest = events.at(-1) ?? events[0];
  if (content.latest !== newest) {
    forgetContent(run.context.state, subject.key);
    return { processed: [], next: { ...attempt, mayUseRemembered: false } };
  }
  const others = events.filter((event) => event !== newest);
  if (triedOlder || !hasEvents(others)) return { processed: refuse(events, outcome, attempt) };
  return {
    processed: refuse([newest], outcome, { ...attempt, isLast: false }),
    next: { ...attempt, events: others, mayUseRemembered: false, triedOlder: true },
  };
}

/** Dead letters in PagerDuty's words. */
function refuse(
  events: readonly Candidate[],
  { status, detail }: Rejected,
  { state, isLast = true }: Pick<Attempt, 'state'> & { readonly isLast?: boolean },
): readonly ProcessedMessage[] {
  return events.map(({ message }) => {
    const disposition = { kind: 'deadLetter', reason: 'rejected', status, detail } as const;
    return { message, disposition: isLast ? withStandsFor(disposition, state) : disposition };
  });
}

/**
 * The refusal mentions the key. There may be a newer key. If not, a check decides if the key is really
 * refused, because PagerDuty may have quoted the event.
 */
async function afterKeyRefusal(
  attempt: Attempt,
  call: AttemptedCall,
  outcome: Rejected,
  run: BatchRun,
): Promise<Step> {
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
  const cause = await causeOf(keyRun, call, run);
  if (cause === 'out_of_time') {
    return { processed: keepWaiting(events, outOfTime(), subject, state, run) };
  }
  if (cause.kind === 'event') return afterEventRefusal(attempt, call, outcome, run);
  const { status, detail } = outcome;
  const failure = { at: call.startedAt, detail, status };
  // A refused probe, before the next check, opens the circuit breaker again: a check found before
  // that the key is refused.
  const isKeyRefused = cause.kind === 'key' || keyRun.state.circuitBreaker.isKeyRefused;
  if (isKeyRefused) recordKeyRefusal(call, detail, settings, random);
  // Further events of this subject would only be refused as well, until the next check.
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

/** Finds out whether a refusal is about the key, by a check if one is due. */
async function causeOf(
  keyRun: KeyRun,
  call: AttemptedCall,
  run: BatchRun,
): Promise<RefusalCause | 'out_of_time'> {
  const { context, callsEnd } = run;
  const { settings, random } = context;
  const now = context.now();
  const { state, integrationKey } = keyRun;
  const due = checkDue(state.check, call.startedAt, now);
  if (due === 'use' && state.check !== undefined) {
    return refusalCause(await state.check.outcome, state.check);
  }
  if (due === 'later') {
    return { kind: 'unknown', retryAt: (state.check?.began ?? now) + CHECK_INTERVAL };
  }
  if (now + settings.callTimeoutSeconds * 1000 > callsEnd) return 'out_of_time';
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
