/** The law of conservation: every accepted event is in exactly one place. */

/** What was counted since the bridge started. */
export interface Accounts {
  /** Events that the sender got a 202 for. */
  readonly sent: number;
  /** Events that ingest counted. */
  readonly accepted: number;
  readonly delivered: number;
  readonly deduplicated: number;
  /** Events that became dead letters; one that is replayed in vain counts again. */
  readonly deadLettered: number;
  /** Dead letters put back on the queue. */
  readonly replayed: number;
  /** Events in the queue now. */
  readonly waiting: number;
  /** Dead letters in their queue now. */
  readonly deadLetters: number;
  readonly calls: number;
  /** Calls that were answered 429. */
  readonly throttled: number;
}

/** Books before anything happened. */
export const EMPTY: Accounts = {
  sent: 0,
  accepted: 0,
  delivered: 0,
  deduplicated: 0,
  deadLettered: 0,
  replayed: 0,
  waiting: 0,
  deadLetters: 0,
  calls: 0,
  throttled: 0,
};

/** Events that were accepted and are nowhere; below 0 when some are in two places. */
export function unaccounted(books: Accounts): number {
  const { sent, delivered, deduplicated, deadLettered, replayed, waiting } = books;
  return sent + replayed - delivered - deduplicated - deadLettered - waiting;
}

/** How the law is broken, a sentence each; none when it holds. */
export function accountingErrors(books: Accounts): readonly string[] {
  const { sent, accepted, deadLettered, replayed, deadLetters } = books;
  const lost = unaccounted(books);
  return [
    ...(sent === accepted ? [] : [`${sent} events were answered 202, and ${accepted} counted.`]),
    ...(lost > 0 ? [`${lost} events are lost.`] : []),
    ...(lost < 0 ? [`${-lost} events were counted twice.`] : []),
    ...(deadLettered - replayed === deadLetters
      ? []
      : [`There should be ${deadLettered - replayed} dead letters, and there are ${deadLetters}.`]),
  ];
}

/** What changed from one moment to another; what is there now stays as it is. */
export function difference(from: Accounts, to: Accounts): Accounts {
  return {
    sent: to.sent - from.sent,
    accepted: to.accepted - from.accepted,
    delivered: to.delivered - from.delivered,
    deduplicated: to.deduplicated - from.deduplicated,
    deadLettered: to.deadLettered - from.deadLettered,
    replayed: to.replayed - from.replayed,
    waiting: to.waiting,
    deadLetters: to.deadLetters,
    calls: to.calls - from.calls,
    throttled: to.throttled - from.throttled,
  };
}
