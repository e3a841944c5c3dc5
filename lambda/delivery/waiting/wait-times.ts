/**
 * Longest wait, milliseconds. SQS keeps a message invisible for at most 12 hours, including the
 * time since it was received. Half of that leaves room.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
const MAX_VISIBILITY = 6 * 3_600_000;

/** A wait is a twelfth of the event's age, so an old event is retried less often. */
const AGE_PER_WAIT = 12;

/** Input of {@link retryWait}. Times in milliseconds. */
export interface RetryWaitInput {
  /** Shortest wait, before the random part. */
  readonly base: number;
  /** Longest wait, before the random part. */
  readonly cap: number;
  /** Time since the event was put on the queue. */
  readonly age: number;
  /** Time until a circuit breaker or a cooldown allows a call. @default none */
  readonly cooldown?: number | undefined;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * Wait after a failure: a twelfth of the event's age, within bounds, and at least until a call may
 * be made again. A random part prevents that all events come back at the same time.
 *
 * @returns milliseconds
 */
export function retryWait({ base, cap, age, cooldown = 0, random }: RetryWaitInput): number {
  const own = Math.min(cap, Math.max(base, age / AGE_PER_WAIT)) * (0.5 + random / 2);
  return Math.max(own, cooldown * (1 + random / 2));
}

/** Receives from which an event that waits for its slot waits longer. */
const SPREAD_FROM = 200;

/** Longest additional wait, milliseconds. */
const MAX_SPREAD = 60_000;

/**
 * Additional wait of an event that often waited for its slot: a random part of two seconds per
 * receive above 200. So a backlog of hours does not use up the 1,000 receives that SQS allows.
 *
 * @param receives how often the event has been received
 * @param random in [0, 1)
 * @returns milliseconds
 */
export function slotSpread(receives: number, random: number): number {
  return random * Math.min(MAX_SPREAD, Math.max(0, receives - SPREAD_FROM) * 2_000);
}

/**
 * Receives after which delivery gives up an event, whatever its cause. At 1,000 receives, SQS
 * itself moves the message to the dead-letter queue, and such a dead letter has no reason.
 */
export const MAX_RECEIVES = 950;

/** Receives from which every wait grows, and the growth per receive, milliseconds. */
const SLOWER_FROM = 800;
const SLOWER_PER_RECEIVE = 30_000;

/**
 * Lengthens the wait of an event that was received more than 800 times, so that it reaches
 * {@link MAX_RECEIVES} later.
 *
 * @param wait milliseconds
 * @param receives how often the event has been received
 * @returns milliseconds, at least `wait`
 */
export function slowedByReceives(wait: number, receives: number): number {
  return Math.max(wait, (receives - SLOWER_FROM) * SLOWER_PER_RECEIVE);
}

/**
 * Converts a wait to a visibility timeout. It rounds up, so that no message comes back too early.
 * The result is at least one second, because with zero the message would come back at once.
 *
 * @param wait milliseconds
 * @returns seconds, a whole number
 */
export function visibilitySeconds(wait: number): number {
  return Math.max(1, Math.ceil(Math.min(wait, MAX_VISIBILITY) / 1000));
}
