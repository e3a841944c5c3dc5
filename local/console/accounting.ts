/** Where the accepted events are, and whether none is missing. Pure. */

import { inQueue } from '../sqs/queue-depth.ts';
import type { QueueDepth } from '../sqs/fauxqs-view.ts';
import type { OperatorMessages } from './operator-messages.ts';
import type { AccountingView } from './state.ts';

/** Time after which a difference is no event on its way any more, milliseconds. */
const TOLERATED = 10_000;

/** A difference that does not go away. */
export interface Difference {
  /** Events that are nowhere; negative if more are counted than came. */
  readonly events: number;
  /** Since when it has this sign, milliseconds since 1970. */
  readonly since: number;
}

/** What is added up. */
interface Figures {
  readonly totals: Pick<AccountingView, 'accepted' | 'delivered' | 'deduplicated'>;
  readonly queue: QueueDepth;
  readonly deadLetters: number;
  readonly deduplicatedByReplay: number;
  readonly operatorMessages: OperatorMessages;
  readonly purged: number;
}

function sumsOf(figures: Figures) {
  const { totals, queue, deadLetters, deduplicatedByReplay, operatorMessages, purged } = figures;
  const { accepted, delivered } = totals;
  const deduplicated = totals.deduplicated + deduplicatedByReplay;
  const { events, foreign, imported, deleted } = operatorMessages;
  // A replay sends and deletes a message. It deletes those that it deduplicates.
  const net = deleted - events - deduplicatedByReplay;
  const added = imported + foreign + Math.max(0, -net);
  const removed = Math.max(0, net);
  const waiting = inQueue(queue);
  const places = delivered + deduplicated + waiting + deadLetters + removed + purged;
  return {
    sums: { accepted, added, delivered, deduplicated, waiting, deadLetters, removed, purged },
    events: accepted + added - places,
  };
}

/**
 * Compares the figures with the difference before. Figures are not read at one moment, so an event on
 * its way makes a difference that soon goes away or changes its sign.
 *
 * @param at milliseconds since 1970
 */
export function differenceOf(
  figures: Figures,
  before: Difference | undefined,
  at: number,
): Difference | undefined {
  const { events } = sumsOf(figures);
  if (events === 0) return undefined;
  const isSame = before !== undefined && Math.sign(before.events) === Math.sign(events);
  return { events, since: isSame ? before.since : at };
}

/**
 * The accounting of the page.
 *
 * @param facts `at` in milliseconds since 1970
 */
export function accountingOf(
  facts: Figures & { readonly difference: Difference | undefined; readonly at: number },
): AccountingView {
  const { difference, at } = facts;
  const isWrong = difference !== undefined && at - difference.since >= TOLERATED;
  return {
    ...sumsOf(facts).sums,
    balanced: difference === undefined,
    ...(isWrong ? { wrong: { events: difference.events, since: difference.since } } : {}),
  };
}
