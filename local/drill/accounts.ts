/** The drill's accounts: every accepted event is delivered, deduplicated, waiting or a dead letter. */

import { unaccounted, type Accounts } from '../traffic/accounting.ts';

/** What was counted since the bridge started. */
export interface DrillAccounts extends Accounts {
  /** Events that the sender got a 202 for; `accepted` is what ingest counted. */
  readonly sent: number;
  /** Messages in the dead-letter queue at the moment. */
  readonly deadLetters: number;
  /** Calls to PagerDuty. */
  readonly calls: number;
  /** Calls that were answered 429. */
  readonly throttled: number;
}

/** A number with its noun. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Events that got a 202 and are in no place; below 0 when some are counted in two. */
export function lostIn(accounts: DrillAccounts): number {
  return unaccounted({ ...accounts, accepted: accounts.sent });
}

/** Errors in the accounts, a sentence each. */
export function accountingErrors(accounts: DrillAccounts): readonly string[] {
  const { sent, accepted, deadLettered, replayed, deadLetters } = accounts;
  const lost = lostIn(accounts);
  const expected = deadLettered - replayed;
  return [
    ...(sent === accepted
      ? []
      : [`${count(sent, 'event')} got a 202, but ${accepted} were counted.`]),
    ...(lost > 0 ? [`Lost: ${count(lost, 'event')}.`] : []),
    ...(lost < 0 ? [`Counted twice: ${count(-lost, 'event')}.`] : []),
    ...(expected === deadLetters
      ? []
      : [
          `The dead-letter queue should hold ${count(expected, 'message')}, but holds ${deadLetters}.`,
        ]),
  ];
}
