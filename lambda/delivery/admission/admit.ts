import type { Candidate } from '../candidate.ts';
import type { Failure, WaitCause } from '../disposition.ts';
import type { KeyState, SubjectState } from '../instance-state.ts';
import { type DeliverySettings, retryCapOf, shareOf } from '../../shared/delivery-settings.ts';
import { retryWait, slotSpread } from '../waiting/wait-times.ts';
import type { WaitDecision } from '../waiting/decide-waiting.ts';
import { circuitBreakerState } from './circuit-breaker.ts';
import { type CallClass, nextSlotAt, slotSpacing } from './slots.ts';

/** Longest time reserved for sending dead letters and deferring messages, milliseconds. */
const SETTLE_TIME = 3_000;

/** Shortest wait of an event whose integration key is missing or refused, milliseconds. */
const KEY_WAIT_BASE = 60_000;

/**
 * When the last call must have ended, so that the batch can be settled: three seconds before the
 * function is stopped, or a quarter of its time if that is less.
 *
 * @param start when the batch began, milliseconds since 1970
 * @param deadline when the function is stopped, milliseconds since 1970
 * @returns milliseconds since 1970
 */
export function callDeadlineOf(start: number, deadline: number): number {
  return deadline - Math.min(SETTLE_TIME, (deadline - start) / 4);
}

/** Input of {@link admit}. Times in milliseconds since 1970. */
export interface AdmissionInput {
  readonly key: KeyState;
  readonly subject: SubjectState;
  readonly callClass: CallClass;
  readonly settings: DeliverySettings;
  /** When the instance started. */
  readonly startedAt: number;
  /** Calls of this batch with this key that wait for a slot of the rate limit. */
  readonly waitingForSlot: number;
  /** True if this call may be the probe of a half-open circuit breaker. */
  readonly mayProbe: boolean;
  /** When the last call must have ended. */
  readonly callDeadline: number;
  readonly now: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Why a call may not start now, and how long its events wait. */
export interface NotAdmitted extends WaitDecision {
  /** When its slot begins, milliseconds since 1970; absent when it does not wait for a slot. */
  readonly slotAt?: number | undefined;
}

/**
 * Decides if a call may start now. It checks, in this order: the time that the function has left,
 * the circuit breaker, the cooldowns, and the rate limit.
 */
export function admit(input: AdmissionInput): 'admitted' | NotAdmitted {
  if (isOutOfTime(input)) return outOfTime();
  return circuitWait(input) ?? cooldownWait(input) ?? slotWait(input) ?? 'admitted';
}

/** True if the function has no time left for a call. */
export function isOutOfTime({
  settings,
  callDeadline,
  now,
}: Pick<AdmissionInput, 'settings' | 'callDeadline' | 'now'>): boolean {
  return now + settings.callTimeoutSeconds * 1000 > callDeadline;
}

/** The wait when the function has no time left for a call: the events come back at once. */
export function outOfTime(): WaitDecision {
  const detail = 'The function ran out of time before this call.';
  return { cause: 'out_of_time', detail, waitOf: () => 0 };
}

function circuitWait(input: AdmissionInput): NotAdmitted | undefined {
  const { circuitBreaker } = input.key;
  const state = circuitBreakerState(circuitBreaker, input.now);
  if (state === 'closed' || (state === 'half-open' && input.mayProbe)) return undefined;
  const { isKeyRefused, nextProbeAt = input.now, last } = circuitBreaker;
  return isKeyRefused
    ? waitForCall(input, 'key_refused', nextProbeAt, 'PagerDuty refuses the integration key', last)
    : waitForCall(input, 'circuit_open', nextProbeAt, 'No call while PagerDuty fails', last);
}

function cooldownWait(input: AdmissionInput): NotAdmitted | undefined {
  const { now } = input;
  const { cooldown } = input.subject;
  if (cooldown !== undefined && now < cooldown.until) {
    const what = 'No call about this incident so soon after the last one';
    return waitForCall(input, 'incident_failing', cooldown.until, what, cooldown.last);
  }
  const { throttled } = input.key;
  if (throttled === undefined || now >= throttled.until) return undefined;
  return throttledWait(input, throttled.until, throttled.last);
}

/**
 * The wait after a 429 for the key. The events come back one after the other at the rate limit.
 * Otherwise they would all come back at the same time, and PagerDuty would throttle them again.
 *
 * @param until when the cooldown of the key ends, milliseconds since 1970
 */
export function throttledWait(
  {
    settings,
    waitingForSlot,
    now,
    random,
  }: Pick<AdmissionInput, 'settings' | 'waitingForSlot' | 'now' | 'random'>,
  until: number,
  last: Failure,
): NotAdmitted {
  const wait = until - now + waitingForSlot * slotSpacing(settings.callsPerMinute);
  return {
    ...explain('No call with this key so soon after a 429', last),
    cause: 'key_throttled',
    slotAt: until,
    waitOf: ({ message }) => wait + slotSpread(message.receiveCount, random()),
  };
}

function slotWait(input: AdmissionInput): NotAdmitted | undefined {
  const { settings, callClass, now, waitingForSlot, random, startedAt } = input;
  const { calls } = input.key;
  const slotAt = nextSlotAt({ calls, callClass, share: shareOf(settings), startedAt, now });
  if (slotAt <= now) return undefined;
  const { callsPerMinute, updateIntervalSeconds } = settings;
  const wait = slotAt - now + waitingForSlot * slotSpacing(callsPerMinute);
  return {
    cause: 'paced',
    detail: `Over ${callsPerMinute} calls per minute for this key.`,
    slotAt,
    isPacedUpdate: callClass === 'update',
    // An update may wait for the next update. A call that opens or raises an incident may not.
    waitOf: ({ message }) =>
      callClass === 'update'
        ? Math.max(wait, updateIntervalSeconds * 1000 * (1 + random()))
        : wait + slotSpread(message.receiveCount, random()),
  };
}

/** The wait because of an earlier call that failed. The detail has the error text of that call. */
function waitForCall(
  input: AdmissionInput,
  cause: WaitCause,
  until: number,
  what: string,
  last: Failure | undefined,
): NotAdmitted {
  return {
    ...failureWait(input, cause, until),
    ...explain(what, last),
    failedAt: last?.at,
  };
}

function explain(what: string, last: Failure | undefined): Pick<WaitDecision, 'detail' | 'status'> {
  return last === undefined
    ? { detail: `${what}.` }
    : { detail: `${what}: ${last.detail}`, status: last.status };
}

/**
 * The wait after a failure.
 *
 * @param until when a call may be made again, milliseconds since 1970; 0 if it may be made now
 */
export function failureWait(
  { settings, now, random }: Pick<AdmissionInput, 'settings' | 'now' | 'random'>,
  cause: WaitCause,
  until: number,
): Pick<WaitDecision, 'cause' | 'waitOf'> {
  const isAboutKey = cause === 'key_missing' || cause === 'key_refused';
  const base = isAboutKey ? KEY_WAIT_BASE : settings.retryBaseSeconds * 1000;
  return {
    cause,
    waitOf: ({ message }: Candidate) =>
      retryWait({
        base: Math.min(base, retryCapOf(settings)),
        cap: retryCapOf(settings),
        age: now - message.sentAt,
        cooldown: Math.max(0, until - now),
        random: random(),
      }),
  };
}
