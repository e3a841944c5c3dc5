/** The line that says where the accepted events are. Pure. */

import type { AccountingView } from '../state.ts';
import { formatNumber, formatTime, plural } from './format.ts';

/** A part of the sum that is shown only when it is not 0. */
function rare(count: number, what: string): string[] {
  return count === 0 ? [] : [`${formatNumber(count)} ${what}`];
}

/** The sum, and in front of it what is wrong with it. */
export function accountingText(accounting: AccountingView): string {
  const { accepted, added, delivered, deduplicated, waiting, deadLetters } = accounting;
  const { removed, purged } = accounting;
  const came = [`${formatNumber(accepted)} accepted`, ...rare(added, 'put in by a command')];
  const places = [
    `${formatNumber(delivered)} delivered`,
    `${formatNumber(deduplicated)} deduplicated`,
    `${formatNumber(waiting)} in the queue`,
    plural(deadLetters, 'dead letter'),
    ...rare(removed, 'removed by a command'),
    ...rare(purged, 'purged'),
  ];
  const { wrong } = accounting;
  if (wrong === undefined) return `${came.join(' + ')} = ${places.join(' + ')}`;
  const count = plural(Math.abs(wrong.events), 'event');
  const what = wrong.events > 0 ? `${count} missing` : `${count} too many`;
  return `Does not add up since ${formatTime(wrong.since)}: ${what}. ${came.join(' + ')} ≠ ${places.join(' + ')}`;
}
