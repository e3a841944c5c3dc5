/** Accounting: every accepted event is delivered, deduplicated, waiting or a dead letter. */

import type { Bridge } from '../bridge.ts';
import { depth } from './wait.ts';

/** Number of events in each place, since the bridge started. */
export interface Accounts {
  readonly accepted: number;
  readonly delivered: number;
  readonly deduplicated: number;
  /** Events that became dead letters. One that fails again after a replay counts again. */
  readonly deadLettered: number;
  /** Dead letters that a replay put back on the events queue. */
  readonly replayed: number;
  /** Events in the queue at the moment. */
  readonly waiting: number;
}

/** Events that are in none of the places; below 0 when some are counted in two. */
export function unaccounted(accounts: Accounts): number {
  const { accepted, replayed, delivered, deduplicated, deadLettered, waiting } = accounts;
  return accepted + replayed - delivered - deduplicated - deadLettered - waiting;
}

/**
 * Reads the accounts from the functions' metrics and the queue.
 *
 * @param replayed dead letters that were put back on the queue so far
 */
export async function accounting(
  bridge: Pick<Bridge, 'journal' | 'aws' | 'queue'>,
  replayed = 0,
): Promise<Accounts & { readonly lost: number }> {
  const counters = bridge.journal.counters();
  const accounts = {
    accepted: counters['EventsAccepted'] ?? 0,
    delivered: counters['EventsDelivered'] ?? 0,
    deduplicated: counters['EventsDeduplicated'] ?? 0,
    deadLettered: counters['EventsDeadLettered'] ?? 0,
    replayed,
    waiting: await depth(bridge, 'events'),
  };
  return { ...accounts, lost: unaccounted(accounts) };
}
