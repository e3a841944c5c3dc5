/**
 * Longest visibility timeout, milliseconds. SQS allows 12 hours in all, from when a message was
 * received; half of it leaves room.
 */
const MAX_VISIBILITY = 6 * 3_600_000;

/** Input of {@link backoff}. Times in milliseconds. */
export interface BackoffInput {
  /** First step. */
  readonly base: number;
  /** Longest step. */
  readonly cap: number;
  /** Number of failures, from 1. */
  readonly attempt: number;
  /** In [0, 1). */
  readonly random: number;
  /** Shortest wait, as the server asked for. */
  readonly retryAfter?: number | undefined;
}

/**
 * Exponential backoff with full jitter, and never shorter than `retryAfter`.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @returns milliseconds
 */
export function backoff(input: BackoffInput): number {
  // 2^30 steps exceed any cap. A larger power could become Infinity, and 0 times Infinity is NaN.
  const step = Math.min(input.cap, input.base * 2 ** Math.min(input.attempt - 1, 30));
  return Math.max(input.random * step, input.retryAfter ?? 0);
}

/**
 * Turns a wait into a visibility timeout: whole seconds, rounded up, so that no message becomes
 * visible too early. At least one second, so that it does not become visible at once.
 */
export function visibilitySeconds(wait: number): number {
  return Math.max(1, Math.ceil(Math.min(wait, MAX_VISIBILITY) / 1000));
}
