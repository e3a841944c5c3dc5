/** What a measurement finds, as one row of the table. */

import { isJsonObject } from '../../lambda/shared/json.ts';

/** The goal of a row that is there for the reader, not for a verdict. */
export const COMPARISON = 'for comparison';

/** One measured figure beside its baseline. */
export interface Row {
  /** What was measured, in a few words. */
  readonly measurement: string;
  /** Unit of the median, the spread and the baseline. */
  readonly unit: string;
  readonly median: number;
  /** The 10th and the 90th percentile of the runs; the same twice for what is counted, not timed. */
  readonly spread: readonly [number, number];
  /** What it is compared with, measured in the same run. */
  readonly baseline: { readonly name: string; readonly median: number };
  /** Median over baseline, or the ratio that the goal speaks of. */
  readonly ratio: number;
  /** The goal in words, as the table shows it; {@link COMPARISON} when there is none. */
  readonly goal: string;
  readonly isMet: boolean;
  /** How many runs the median is of. */
  readonly runs: number;
  /** What else a reader has to know. */
  readonly note?: string;
}

/** Whether a message of a measurement's process is its rows. */
export function isRows(message: unknown): message is readonly Row[] {
  return (
    Array.isArray(message) &&
    message.every((row: unknown) => isJsonObject(row) && typeof row['measurement'] === 'string')
  );
}

/** A measurement: a module of `bench/` has one as its default export. */
export interface Measurement {
  /** One line: what it runs. */
  readonly about: string;
  /** Seconds that it takes on two cores, roughly. */
  readonly seconds: number;
  /**
   * Measures.
   *
   * @param progress takes a word on what is under way
   * @throws Error when it cannot be measured, or when an event was lost on the way
   */
  readonly measure: (progress: (text: string) => void) => Promise<readonly Row[]>;
}

/** The value below which a share of the values lies; `share` in [0, 1]. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The 10th and the 90th percentile. */
export function spread(values: readonly number[]): readonly [number, number] {
  return [quantile(values, 0.1), quantile(values, 0.9)];
}

/** What {@link timed} compares. */
export interface Comparison {
  readonly measurement: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly baseline: { readonly name: string; readonly values: readonly number[] };
  /** The ratio of the medians has to be at most this, or, with `atLeast`, at least. */
  readonly limit: number;
  readonly atLeast?: boolean;
  /** How the limit reads in the table. @default `at most 2 x` */
  readonly goal?: string;
  readonly note?: string;
}

/** A row of two series that were measured in turn. */
export function timed(comparison: Comparison): Row {
  const { values, baseline, limit, atLeast = false, note } = comparison;
  const ratio = median(values) / median(baseline.values);
  return {
    measurement: comparison.measurement,
    unit: comparison.unit,
    median: median(values),
    spread: spread(values),
    baseline: { name: baseline.name, median: median(baseline.values) },
    ratio,
    goal: comparison.goal ?? `${atLeast ? 'at least' : 'at most'} ${limit} x`,
    isMet: atLeast ? ratio >= limit : ratio <= limit,
    runs: values.length,
    ...(note === undefined ? {} : { note }),
  };
}
