import type { Failure } from '../disposition.ts';
import { type FailureKind, probeInterval } from './circuit-breaker.ts';

/** A time without calls, for an integration key or for one subject. */
export interface Cooldown {
  /** No calls before, milliseconds since 1970. */
  readonly until: number;
  /** Failures in a row that led to it. */
  readonly count: number;
  readonly last: Failure;
}

/** What the length of a cooldown depends on. Times in milliseconds. */
export interface CooldownInput {
  readonly previous: Cooldown | undefined;
  readonly failure: Failure;
  readonly base: number;
  /** Longest step. */
  readonly cap: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** A step that doubles with each failure, never shorter than the step itself. */
function step(base: number, cap: number, failures: number, random: number): number {
  return Math.min(cap, base * 2 ** Math.min(failures - 1, 30)) * (1 + random / 4);
}

/**
 * Cooldown of a subject whose call failed. Without it, new events of the subject would call in
 * every batch and use up the calls of their key when PagerDuty cannot process the event.
 *
 * An answer begins it with the second failure in a row. A call without an answer begins it at once,
 * for as long as a circuit breaker would stay open: each such call occupies a place for the whole
 * timeout.
 *
 * @param took duration of the failed call, milliseconds
 */
export function subjectCooldown(kind: FailureKind, took: number, input: CooldownInput): Cooldown {
  const { previous, failure, base, cap, now, random } = input;
  const count = (previous?.count ?? 0) + 1;
  if (kind === 'unanswered') {
    const wait = probeInterval({ base, cap }, took, count - 1) * (1 + random / 4);
    return { until: now + wait, count, last: failure };
  }
  const wait = count === 1 ? 0 : step(base, cap, count - 1, random);
  return { until: now + wait, count, last: failure };
}

/**
 * Cooldown of an integration key that was answered 429. One burst is one failure, however many of
 * its calls were under way.
 *
 * @param retryAfter how long PagerDuty asked us to wait, milliseconds
 */
export function throttleCooldown(input: CooldownInput, retryAfter = 0): Cooldown {
  const { previous, failure, base, cap, now, random } = input;
  if (previous !== undefined && failure.at < previous.until) {
    return { ...previous, until: Math.max(previous.until, now + retryAfter), last: failure };
  }
  const count = (previous?.count ?? 0) + 1;
  return {
    until: now + Math.max(step(base, cap, count, random), retryAfter),
    count,
    last: failure,
  };
}
