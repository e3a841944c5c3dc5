/**
 * SQS keeps a message invisible for at most 12 hours; half of it leaves room for the time before.
 */
const MAX_VISIBILITY = 6 * 3_600_000;

/** What a wait depends on. Times in milliseconds. */
export interface BackoffInput {
  /** First step. */
  readonly base: number;
  /** Longest step. */
  readonly cap: number;
  /** How often it has failed, from 1. */
  readonly attempt: number;
  /** In [0, 1). */
  readonly random: number;
  /** What the server asked for. It only ever delays. */
  readonly retryAfter?: number | undefined;
}

/**
 * Full-jitter exponential back-off, never shorter than the server asked.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @returns milliseconds
 */
export function backoff(input: BackoffInput): number {
  // 2^30 steps are over any cap; a larger power would be Infinity times zero.
  const step = Math.min(input.cap, input.base * 2 ** Math.min(input.attempt - 1, 30));
  return Math.max(input.random * step, input.retryAfter ?? 0);
}

/**
 * Turns a wait into a visibility time-out: whole seconds, rounded up, so that no message comes back
 * before its time; at least one, so that it does not come straight back to this batch.
 */
export function visibilitySeconds(wait: number): number {
  return Math.max(1, Math.ceil(Math.min(wait, MAX_VISIBILITY) / 1000));
}
