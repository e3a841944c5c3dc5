/** Rows of the table, and the measurements that produce them. */

import { isJsonObject } from '../../lambda/shared/json.ts';
import type { SideBySide } from './side-by-side.ts';

/** The goal of a row without a verdict. */
export const COMPARISON = 'for comparison';

/** One measured figure beside its baseline. */
export interface Row {
  readonly measurement: string;
  /** Unit of the median, the spread and the baseline. */
  readonly unit: string;
  readonly median: number;
  /** The 10th and the 90th percentile of the runs. Equal for a single value. */
  readonly spread: readonly [number, number];
  /** Measured in the same run. */
  readonly baseline: { readonly name: string; readonly median: number };
  /** Median divided by the baseline. */
  readonly ratio: number;
  /** As the table shows it; {@link COMPARISON} for none. */
  readonly goal: string;
  readonly isMet: boolean;
  /** Number of values behind the median. */
  readonly runs: number;
  /** Printed below the table. */
  readonly note?: string;
}

/** Whether a message from the process of a measurement contains its rows. */
export function isRows(message: unknown): message is readonly Row[] {
  return (
    Array.isArray(message) &&
    message.every((row: unknown) => isJsonObject(row) && typeof row['measurement'] === 'string')
  );
}

/** Programs of others that the comparison runs. One that is not given is left out. */
export interface Rivals {
  /** File of Alertmanager. */
  readonly alertmanager?: string;
  /** Folder of the vendor's handler, with its packages. */
  readonly vendorHandler?: string;
}

/** A measurement. Default export of a module in `bench/`. */
export interface Measurement {
  /** One line about what it runs. */
  readonly about: string;
  /** Approximate duration on two cores. */
  readonly seconds: number;
  /**
   * @param progress prints a line
   * @throws Error when it cannot measure, or when an event was lost
   */
  readonly measure: (
    progress: (text: string) => void,
    rivals: Rivals,
  ) => Promise<readonly Row[] | SideBySide>;
}

/** The quantile of values; `share` is in [0, 1]. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The 10th and the 90th percentile. */
function spread(values: readonly number[]): readonly [number, number] {
  return [quantile(values, 0.1), quantile(values, 0.9)];
}

/** One value, or one value per run. */
type Values = number | readonly number[];

/** Input of {@link compare}. */
export interface Comparison extends Partial<Pick<Row, 'spread' | 'runs' | 'note'>> {
  readonly measurement: string;
  readonly unit: string;
  readonly values: Values;
  readonly baseline: { readonly name: string; readonly values: Values };
  /** Limit of the ratio of the medians: an upper one, or with `atLeast` a lower one. */
  readonly limit: number;
  readonly atLeast?: boolean;
  /** @default the limit, such as `at most 2 x` */
  readonly goal?: string;
}

/** A row of two series from the same run. Runs and spread are those of the values by default. */
export function compare(comparison: Comparison): Row {
  const { measurement, unit, baseline, limit, atLeast = false, note } = comparison;
  const values = [comparison.values].flat();
  const other = median([baseline.values].flat());
  const ratio = median(values) / other;
  return {
    measurement,
    unit,
    median: median(values),
    spread: comparison.spread ?? spread(values),
    baseline: { name: baseline.name, median: other },
    ratio,
    goal: comparison.goal ?? `${atLeast ? 'at least' : 'at most'} ${limit} x`,
    isMet: atLeast ? ratio >= limit : ratio <= limit,
    runs: comparison.runs ?? values.length,
    ...(note === undefined ? {} : { note }),
  };
}
