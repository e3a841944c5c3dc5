/** A load of the comparison, and the forms of its results. */

import type { StandInOptions } from '../../local/pagerduty/stand-in.ts';
import { quantile } from '../measuring/row.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';
import type { LoadId } from './rows.ts';

/** Result of one system under a load. */
export interface LoadResult {
  /** One text per row of the load. */
  readonly cells: readonly string[];
  /** The figures behind them, for `--json`. Times in milliseconds. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Runs a task while no other task of the same turn runs. */
export type Turn = <T>(task: () => Promise<T>) => Promise<T>;

/** A load. */
export interface Load {
  readonly id: LoadId;
  readonly views: ContestantOptions['views'];
  /** Whether the stage of this bridge resolves incidents. @default false */
  readonly resolves?: boolean;
  /** A new condition for each stand-in. @default none */
  readonly refuses?: () => NonNullable<StandInOptions['refuses']>;
  /** @param turn for what may not run for two systems at once */
  readonly run: (contestant: Contestant, turn: Turn) => Promise<LoadResult>;
}

/** Makes a {@link Turn}. */
export function createTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return async (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}

/** Names such as `page-0`, `page-1`. */
export function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
}

/** A time in milliseconds, in a unit that suits it; `never` for an infinite one. */
export function duration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return 'never';
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** A count with separators of thousands. */
export function countText(value: number): string {
  return value.toLocaleString('en');
}

/** Quantiles of delays, or how many ended when some did not. */
export function delaysText(delays: readonly number[], shares: readonly number[]): string {
  const ended = delays.filter(Number.isFinite);
  if (ended.length === 0) return 'never';
  const values = shares.map((share) => duration(quantile(ended, share))).join(' / ');
  return ended.length === delays.length
    ? values
    : `${values}; ${delays.length - ended.length} of ${delays.length} never`;
}
