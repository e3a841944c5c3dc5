import type { DeduplicatedEvents } from '../shared/message.ts';
import type { RetryCause } from '../pagerduty/outcome.ts';
import type { FailureReason } from '../shared/message.ts';
import type { QueuedMessage } from './candidate.ts';

/** Why an event stays in the queue. */
export type WaitCause =
  | RetryCause
  /** The circuit breaker of its integration key is open. */
  | 'circuit_open'
  /** Its integration key was answered 429 a moment ago. */
  | 'key_throttled'
  /** The last calls about its subject failed. */
  | 'incident_failing'
  /** Its slot within the rate limit comes later. */
  | 'paced'
  /** PagerDuty was notified less than an update interval ago. */
  | 'update_due'
  /** Its integration key is missing, malformed, or could not be read. */
  | 'key_missing'
  /** PagerDuty refuses its integration key. */
  | 'key_refused'
  /** The function ran out of time. */
  | 'out_of_time'
  /** An error in this bridge. */
  | 'internal_error';

/** A call that may succeed later. */
export interface Failure {
  /** When the call began, milliseconds since 1970. */
  readonly at: number;
  readonly detail: string;
  readonly status?: number | undefined;
}

/**
 * How one message ends in a batch: exactly one of these, whatever happens. An event that is neither
 * delivered nor deduplicated nor a dead letter waits in the queue.
 */
export type Disposition =
  /** It is the newest event of a call that PagerDuty accepted. */
  | { readonly kind: 'delivered' }
  /** An accepted call stands for it, or a waiting event of its subject does. */
  | { readonly kind: 'deduplicated' }
  | {
      readonly kind: 'waiting';
      readonly cause: WaitCause;
      /** Milliseconds until it should come back. */
      readonly wait: number;
      readonly detail: string;
      readonly status?: number | undefined;
    }
  | {
      readonly kind: 'deadLetter';
      readonly reason: FailureReason;
      readonly detail: string;
      readonly status?: number | undefined;
      /**
       * Events that were deduplicated into it while it waited, as far as this instance knows. The
       * dead letter stands for at least these.
       */
      readonly standsFor?: DeduplicatedEvents | undefined;
    };

/** A message and its disposition. */
export interface ProcessedMessage {
  readonly message: QueuedMessage;
  readonly disposition: Disposition;
}
