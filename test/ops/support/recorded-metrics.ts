/** CloudWatch's answers from metrics that were recorded. */

import * as v from 'valibot';

/** Metrics of a stage, recorded over some time. */
export interface Recording {
  /** Name of each metric -> begin of the minute, ISO 8601 -> its value. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Minutes that begin later are not there yet, milliseconds since 1970. */
  readonly until: number;
}

/** The part of GetMetricData's input that decides the answer. */
export const querySchema = v.object({
  MetricDataQueries: v.array(
    v.object({
      Id: v.string(),
      MetricStat: v.object({
        Metric: v.object({ MetricName: v.string() }),
        Period: v.number(),
      }),
    }),
  ),
});

type MetricQuery = v.InferOutput<typeof querySchema>['MetricDataQueries'][number];

/** The values of a recorded metric, summed by the period of the query, the newest first. */
export function recorded(
  { metrics, until }: Recording,
  { MetricStat: { Metric, Period } }: MetricQuery,
) {
  const name = Metric.MetricName.replace(/-example$/, '');
  const sums = new Map<number, number>();
  for (const [minute, value] of Object.entries(metrics[name] ?? {})) {
    if (Date.parse(minute) > until) continue;
    const begin = Math.floor(Date.parse(minute) / 1_000 / Period) * Period;
    sums.set(begin, (sums.get(begin) ?? 0) + value);
  }
  const entries = [...sums].toSorted(([a], [b]) => b - a);
  return { Timestamps: entries.map(([at]) => at), Values: entries.map(([, value]) => value) };
}
