import type { Row } from '../measuring/row.ts';

/** Events of a storm. */
export const STORM_EVENTS = 10_000;
/** How many of them come in a second. */
export const STORM_RATE = 500;

/** The rows on the calls that a storm made. Counted, not timed: there is one run. */
export function callRows(storm: {
  /** What stormed, for the first column. */
  readonly name: string;
  readonly calls: number;
  readonly throttled: number;
  /** Calls per event that are fine, in [0, 1]. */
  readonly share: number;
  readonly note: string;
}): readonly Row[] {
  const { name, calls, throttled, share, note } = storm;
  const oneEventOneCall = { name: 'one event, one call', median: STORM_EVENTS };
  const counted = { unit: 'calls', runs: 1 };
  return [
    {
      ...counted,
      measurement: `${name}: calls`,
      median: calls,
      spread: [calls, calls],
      baseline: oneEventOneCall,
      ratio: calls / STORM_EVENTS,
      goal: `at most ${Number((share * 100).toFixed(1))} %`,
      isMet: calls / STORM_EVENTS <= share,
      note,
    },
    {
      ...counted,
      measurement: `${name}: calls answered 429`,
      median: throttled,
      spread: [throttled, throttled],
      baseline: { name: 'calls', median: calls },
      ratio: throttled / calls,
      goal: 'none',
      isMet: throttled === 0,
    },
  ];
}
