import { compare, type Row } from '../measuring/row.ts';

export const STORM_EVENTS = 10_000;
/** Events per second. */
export const STORM_RATE = 500;

/** Rows about the calls of a storm. */
export function callRows(storm: {
  readonly name: string;
  readonly calls: number;
  readonly throttled: number;
  /** Limit of the calls per event, in [0, 1]. */
  readonly share: number;
  readonly note: string;
}): readonly Row[] {
  const { name, calls, throttled, share, note } = storm;
  return [
    compare({
      measurement: `${name}: calls`,
      unit: 'calls',
      values: calls,
      baseline: { name: 'one event, one call', values: STORM_EVENTS },
      limit: share,
      goal: `at most ${Number((share * 100).toFixed(1))} %`,
      note,
    }),
    compare({
      measurement: `${name}: calls answered 429`,
      unit: 'calls',
      values: throttled,
      baseline: { name: 'calls', values: calls },
      limit: 0,
      goal: 'none',
    }),
  ];
}
