import { formatDuration } from '../shared/duration.ts';
import type { RetryCause } from '../pagerduty/outcome.ts';
import { cutBytes } from '../shared/text.ts';
import { type FailureReason, MAX_FAILURE_DETAIL_BYTES } from '../shared/message.ts';
import type { QueuedMessage } from './intake.ts';

/** Reasons why an event waits in the queue. */
export type WaitCause =
  | RetryCause
  /** The circuit is open: PagerDuty cannot be reached. */
  | 'circuit_open'
  /** A call with its integration key was answered 429. */
  | 'key_throttled'
  /** The last calls about its incident failed. */
  | 'incident_failing'
  /** Its slot within the rate limit comes later. */
  | 'paced'
  /** Its integration key is missing, malformed, or could not be read. */
  | 'key_missing'
  /** The function ran out of time. */
  | 'out_of_time'
  /** An internal error of the bridge. */
  | 'internal_error';

/** A failed call that may succeed later. */
export interface Failure {
  /** When the call began, milliseconds since 1970. */
  readonly at: number;
  readonly detail: string;
  readonly status?: number | undefined;
}

/**
 * Result of processing one message. Each message of a batch gets exactly one, which accounts for
 * every accepted event.
 */
export type Disposition =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'deduplicated' }
  | {
      readonly kind: 'waiting';
      readonly cause: WaitCause;
      /** Time until the message becomes visible again, milliseconds. */
      readonly wait: number;
      readonly detail: string;
      readonly status?: number | undefined;
      /**
       * When the failed call began, milliseconds since 1970.
       * @default now
       */
      readonly failedAt?: number | undefined;
    }
  | {
      readonly kind: 'dead';
      readonly reason: FailureReason;
      readonly detail: string;
      readonly status?: number | undefined;
    };

/** A message and its disposition. */
export interface ProcessedMessage {
  readonly message: QueuedMessage;
  readonly disposition: Disposition;
}

/** Causes that do not show that an event cannot be delivered. They never lead to giving up. */
const NEVER_GIVE_UP: readonly WaitCause[] = ['paced', 'out_of_time'];

/**
 * Turns the disposition of a waiting message into a dead letter when its age reaches `giveUpAfter`.
 *
 * - The age decides, not the number of attempts, so an outage costs no event before its time.
 * - The age begins when the message was sent to the queue, so a replayed event gets its full time.
 * - The age ends when the failed call began. An event that waits because of an earlier call has not
 *   been tried since, so an outage that is shorter than `giveUpAfter` costs no event.
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
