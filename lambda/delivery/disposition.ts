import { formatDuration } from '../shared/duration.ts';
import type { RetryCause } from '../pagerduty/outcome.ts';
import { cutBytes } from '../shared/text.ts';
import { type FailureReason, MAX_FAILURE_DETAIL_BYTES } from '../shared/message.ts';
import type { QueuedMessage } from './intake.ts';

/** Why an event stays in the queue. */
export type WaitCause =
  | RetryCause
  /** The circuit is open: PagerDuty cannot be reached. */
  | 'circuit_open'
  /** Its integration key was answered 429 a moment ago. */
  | 'key_throttled'
  /** The last calls about its incident failed. */
  | 'incident_failing'
  /** Its slot within the rate limit comes later. */
  | 'paced'
  /** Its integration key is missing, malformed, or could not be read. */
  | 'key_missing'
  /** The function ran out of time. */
  | 'out_of_time'
  /** A mistake of this bridge. */
  | 'internal_error';

/** A call that may succeed later: what is remembered of it. */
export interface Failure {
  /** When the call began, milliseconds since 1970. */
  readonly at: number;
  readonly detail: string;
  readonly status?: number | undefined;
}

/**
 * What becomes of one message at the end of a batch: exactly one of these, whatever happened.
 * Together they are the law of conservation.
 */
export type Disposition =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'deduplicated' }
  | {
      readonly kind: 'waiting';
      readonly cause: WaitCause;
      /** Milliseconds until it should come back. */
      readonly wait: number;
      readonly detail: string;
      readonly status?: number | undefined;
      /**
       * When the call began whose failure it waits for, milliseconds since 1970.
       * @default now: the reason holds at this moment
       */
      readonly failedAt?: number | undefined;
    }
  | {
      readonly kind: 'dead';
      readonly reason: FailureReason;
      readonly detail: string;
      readonly status?: number | undefined;
    };

/** A message and what becomes of it. */
export interface ProcessedMessage {
  readonly message: QueuedMessage;
  readonly disposition: Disposition;
}

/**
 * Waits that say nothing about whether the event can be delivered: they never lead to giving up.
 */
const NEVER_GIVE_UP: readonly WaitCause[] = ['paced', 'out_of_time'];

/**
 * Gives up a waiting message that has been on the queue for too long. Its age counts, not its
 * attempts, so that an outage costs no event before its time; and it counts from when it was put on
 * the queue, so that a replayed event gets its full time again. What counts is its age when the
 * failure was seen: an event that waits because a call failed earlier has not been tried since, so
 * an outage that is shorter than `giveUpAfter` costs no event, however old it is when its turn
 * comes.
 *
 * @param giveUpAfter milliseconds
 */
export function orGiveUp(
  message: QueuedMessage,
  disposition: Disposition,
  now: number,
  giveUpAfter: number,
): Disposition {
  if (disposition.kind !== 'waiting' || NEVER_GIVE_UP.includes(disposition.cause))
    return disposition;
  if ((disposition.failedAt ?? now) - message.sentAt < giveUpAfter) return disposition;
  return {
    kind: 'dead',
    reason: 'retries_exhausted',
    status: disposition.status,
    detail: cutBytes(
      `Not delivered in ${formatDuration(now - message.sentAt)}. ${disposition.detail}`,
      MAX_FAILURE_DETAIL_BYTES,
    ),
  };
}
