/** SQS keeps a message invisible for at most 12 hours; half of it leaves room for the time before. */
const MAX_VISIBILITY = 6 * 3_600_000;

/** A wait is a twelfth of the age: what waits long is asked for less often. */
const AGE_PER_WAIT = 12;

/** What a wait after a failure depends on. Times in milliseconds. */
export interface RetryWaitInput {
  /** Shortest wait, before it is spread. */
  readonly base: number;
  /** Longest wait, before it is spread. */
  readonly cap: number;
  /** Since the event was put on the queue. */
  readonly age: number;
  /** Time until a circuit breaker or a cooldown allows a call. @default none */
  readonly cooldown?: number | undefined;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * Wait after a failure: a twelfth of the event's age within bounds, and not before a call may be
 * made again. Spread by chance, so that what waits does not come back together.
 *
 * @returns milliseconds
 */
export function retryWait({ base, cap, age, cooldown = 0, random }: RetryWaitInput): number {
  const own = Math.min(cap, Math.max(base, age / AGE_PER_WAIT)) * (0.5 + random / 2);
  return Math.max(own, cooldown * (1 + random / 2));
}

/** Receives from which an event that waits for its slot is spread further. */
const SPREAD_FROM = 200;

/** Longest spread beyond the slot, milliseconds. */
const MAX_SPREAD = 60_000;

/**
 * Additional wait of an event that was turned away often, so that a backlog of hours does not use up
 * the receives that SQS allows: up to two seconds more with each receive.
 *
 * @param receives how often the event has been received
 * @param random in [0, 1)
 * @returns milliseconds
 */
export function slotSpread(receives: number, random: number): number {
  return random * Math.min(MAX_SPREAD, Math.max(0, receives - SPREAD_FROM) * 2_000);
}

/**
 * Receives after which delivery writes a dead letter itself, whatever the event waits for: SQS moves
 * a message away at 1,000, and then the dead letter would not say why.
 */
export const MAX_RECEIVES = 950;

/** Receives from which every wait grows, and by how much with each, milliseconds. */
const SLOWER_FROM = 800;
const SLOWER_PER_RECEIVE = 30_000;

/** The wait of an event that has been received very often: never shorter than the one given. */
export function slowedByReceives(wait: number, receives: number): number {
  return Math.max(wait, (receives - SLOWER_FROM) * SLOWER_PER_RECEIVE);
}

/**
 * Turns a wait into a visibility timeout: whole seconds, rounded up, so that no message comes back
 * before its time; at least one, so that it does not come straight back to this batch.
 */
export function visibilitySeconds(wait: number): number {
  return Math.max(1, Math.ceil(Math.min(wait, MAX_VISIBILITY) / 1000));
}
