import type { Failure } from '../disposition.ts';
import { type FailureKind, probeInterval } from './circuit-breaker.ts';

/** A period without calls, for one integration key or for one subject. */
export interface Cooldown {
  /** When it ends, milliseconds since 1970. */
  readonly until: number;
  /** Failures in a row that led to it. */
  readonly count: number;
  /** The last of these failures. */
  readonly last: Failure;
}

/** Input of {@link subjectCooldown} and {@link throttleCooldown}. Times in milliseconds. */
export interface CooldownInput {
  readonly previous: Cooldown | undefined;
  readonly failure: Failure;
  /** Shortest cooldown. */
  readonly base: number;
  /** Longest cooldown, before the random part. */
  readonly cap: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** A length that doubles with each failure, plus a random part of up to a quarter. Milliseconds. */
function doubled(base: number, cap: number, failures: number, random: number): number {
  return Math.min(cap, base * 2 ** Math.min(failures - 1, 30)) * (1 + random / 4);
}

/**
 * Cooldown of a subject whose call failed. If PagerDuty cannot process the events of a subject, new
 * ones would otherwise cause a call in every batch and use up the calls of their key.
 *
 * - After an `unanswered` call it begins at once, and is as long as a circuit breaker stays open,
 *   because each such call blocks one of the concurrent calls for the whole timeout.
 * - After other failures it begins with the second one in a row.
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
  const wait = count === 1 ? 0 : doubled(base, cap, count - 1, random);
  return { until: now + wait, count, last: failure };
}

/**
 * Cooldown of an integration key after a 429. Calls that were under way together count as one
 * failure.
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
    until: now + Math.max(doubled(base, cap, count, random), retryAfter),
    count,
    last: failure,
  };
}
