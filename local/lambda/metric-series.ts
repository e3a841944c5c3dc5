/** Metrics of the local bridge by time, where a deployed stage has CloudWatch. */

/** A metric in one period. */
interface MetricValue {
  readonly sum: number;
  readonly maximum: number;
}

/** The metrics of one period. */
export interface MetricPoint {
  /** Begin of the period, milliseconds since 1970. */
  readonly at: number;
  /** Name of each metric that has a value in it. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
}

/** Metrics of the last {@link KEPT_HOURS}. */
export interface MetricSeries {
  /** Adds values of a metric to the present period. */
  readonly add: (name: string, values: readonly number[]) => void;
  /** The oldest first, without periods in which nothing happened. */
  readonly points: () => readonly MetricPoint[];
}

/** Length of a period, seconds. CloudWatch's shortest is a minute; here nothing comes late. */
export const PERIOD_SECONDS = 1;

const KEPT_HOURS = 3;

/**
 * Makes an empty series.
 *
 * @param now milliseconds since 1970
 */
export function createMetricSeries(now: () => number): MetricSeries {
  const points = new Map<number, Map<string, MetricValue>>();
  const removeOld = (): void => {
    const oldest = now() - KEPT_HOURS * 3_600_000;
    // The oldest comes first.
    for (const at of points.keys()) {
      if (at >= oldest) return;
      points.delete(at);
    }
  };
  return {
    add: (name, values) => {
      const at = Math.floor(now() / (PERIOD_SECONDS * 1_000)) * PERIOD_SECONDS * 1_000;
      const metrics = points.get(at) ?? new Map<string, MetricValue>();
      const before = metrics.get(name);
      metrics.set(name, {
        sum: values.reduce((sum, value) => sum + value, before?.sum ?? 0),
        maximum: Math.max(...values, before?.maximum ?? -Infinity),
      });
      points.set(at, metrics);
      removeOld();
    },
    points: () => {
      removeOld();
      return [...points].map(([at, metrics]) => ({ at, metrics: Object.fromEntries(metrics) }));
    },
  };
}
