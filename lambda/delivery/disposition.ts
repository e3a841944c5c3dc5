import type { DeduplicatedEvents } from '../shared/message.ts';
import type { RetryCause } from '../pagerduty/outcome.ts';
import type { FailureReason } from '../shared/message.ts';
import type { QueuedMessage } from './candidate.ts';

/** Why an event stays in the queue. */
export type WaitCause =
  | RetryCause
  /** The circuit breaker of its integration key is open. */
  | 'circuit_open'
  /** PagerDuty answered 429 to an earlier call with its integration key. */
  | 'key_throttled'
  /** The last calls about its subject failed. */
  | 'incident_failing'
  /** The rate limit allows its call only later. */
  | 'paced'
  /** PagerDuty was notified less than an update interval ago. */
  | 'update_due'
  /** Its integration key is missing, malformed, or could not be read. */
  | 'key_missing'
  /** PagerDuty refuses its integration key. */
  | 'key_refused'
  /** Its incident is being resolved, or has just been. */
  | 'incident_resolving'
  /** The function ran out of time. */
  | 'out_of_time'
  /** An error in this bridge. */
  | 'internal_error';

/** A call that failed. */
export interface Failure {
  /** When the call began, milliseconds since 1970. */
  readonly at: number;
  readonly detail: string;
  readonly status?: number | undefined;
}

/**
 * Result for one message of a batch. Every message gets exactly one.
 */
export type Disposition =
  /** PagerDuty accepted a call, and this is the newest of its events. */
  | { readonly kind: 'delivered' }
  /** An accepted call, or a waiting event of its subject, stands for it. */
  | { readonly kind: 'deduplicated' }
  /** It stays in the queue. */
  | {
      readonly kind: 'waiting';
      readonly cause: WaitCause;
      /** Milliseconds until it should come back. */
      readonly wait: number;
      readonly detail: string;
      readonly status?: number | undefined;
      /** True if it is an update of an open incident that waits for a slot of the rate limit. */
      readonly isPacedUpdate?: boolean | undefined;
    }
  /** It is moved to the dead-letter queue. */
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
