/** Why a page waits, as far as alarms tell causes apart. */
export type LevelCause =
  /** PagerDuty cannot be reached, fails or throttles. */
  | 'pagerDuty'
  /** The integration key is missing or refused. */
  | 'key'
  /** Anything else: the rate limit, an internal error, a dead letter that could not be sent. */
  | 'other';

/** An event that waits in the queue, as the instance knows it that put it back. */
export interface KnownWait {
  /** When the message was sent, milliseconds since 1970. */
  readonly since: number;
  /** Until then no instance can receive it, milliseconds since 1970. */
  readonly until: number;
  readonly cause: LevelCause;
}
