/** Reads the figures of the local bridge, where a deployed stage has CloudWatch. */

import * as v from 'valibot';

import { askBridge } from '../stage/local.ts';
import {
  COUNTERS,
  type Counter,
  FAILED_STATUS,
  type Point,
  pointOf,
  SERVICE_COUNTERS,
} from './counters.ts';
import type { StageMetrics } from './facts.ts';

const queueSchema = v.object({
  queues: v.object({
    events: v.object({
      oldestSeconds: v.nullish(v.number()),
      updatesNotDue: v.optional(v.number()),
      ticks: v.optional(v.number()),
    }),
  }),
});

const seriesSchema = v.object({
  startedAt: v.number(),
  hasTicks: v.boolean(),
  points: v.array(
    v.object({
      at: v.number(),
      metrics: v.record(v.string(), v.object({ sum: v.number(), maximum: v.number() })),
    }),
  ),
});

/** Metrics of the local bridge by time, by the names of CloudWatch's metrics. */
type LocalPoints = readonly {
  readonly at: number;
  readonly metrics: Readonly<
    Record<string, { readonly sum: number; readonly maximum: number } | undefined>
  >;
}[];

/** The counters in the metrics of the local bridge. */
export function localPoints(points: LocalPoints): readonly Point[] {
  const metricOf: Readonly<Record<Counter, string>> = { ...COUNTERS, ...SERVICE_COUNTERS };
  return points.map(({ at, metrics }) =>
    pointOf(at, (counter) => metrics[metricOf[counter]]?.sum, {
      failedStatus: metrics[FAILED_STATUS]?.maximum ?? 0,
    }),
  );
}

/**
 * Reads the figures of the local bridge.
 *
 * @returns nothing when a bridge of another version answers
 * @throws OperatorError when it is not running
 */
export async function localMetrics(bridgeUrl: string): Promise<StageMetrics> {
  const [counters, series] = await Promise.all([
    askBridge(bridgeUrl, '/api/counters'),
    askBridge(bridgeUrl, '/api/series'),
  ]);
  const queues = v.safeParse(queueSchema, counters);
  const figures = v.safeParse(seriesSchema, series);
  if (!queues.success || !figures.success) return {};
  const { oldestSeconds, updatesNotDue, ticks } = queues.output.queues.events;
  const { startedAt, hasTicks, points } = figures.output;
  return {
    points: localPoints(points),
    since: startedAt,
    hasTicks,
    oldestSeconds: oldestSeconds ?? undefined,
    updatesNotDue,
    ticks,
  };
}
