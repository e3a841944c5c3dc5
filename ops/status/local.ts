/** Reads the counters of the local bridge, where a deployed stage has CloudWatch. */

import { setTimeout as wait } from 'node:timers/promises';

import * as v from 'valibot';

import { askBridge } from '../stage/local.ts';
import { COUNTERS, countersFrom } from './counters.ts';
import type { Recent, StageMetrics } from './verdict.ts';

const countersSchema = v.object({
  metrics: v.record(v.string(), v.number()),
  queues: v.object({
    events: v.object({
      oldestSeconds: v.nullish(v.number()),
      updatesNotDue: v.optional(v.number()),
      ticks: v.optional(v.number()),
    }),
  }),
});

/** Seconds between two samples while events wait: the stage's retries come about as often. */
const SAMPLE_SECONDS = 3;

/** The counters at a moment. */
interface Sample {
  readonly counters: v.InferOutput<typeof countersSchema>;
  /** Milliseconds. */
  readonly at: number;
}

async function takeSample(bridgeUrl: string): Promise<Sample | undefined> {
  const parsed = v.safeParse(countersSchema, await askBridge(bridgeUrl, '/api/counters'));
  return parsed.success ? { counters: parsed.output, at: performance.now() } : undefined;
}

function recentOf(after: Sample, before: Sample | undefined): Recent {
  const valueOf = (name: keyof typeof COUNTERS, sample: Sample | undefined): number =>
    sample?.counters.metrics[COUNTERS[name]] ?? 0;
  return {
    span:
      before === undefined
        ? 'since the bridge started'
        : `in the last ${Math.round((after.at - before.at) / 1_000)} s`,
    isNow: before !== undefined,
    ...countersFrom((name) => valueOf(name, after) - valueOf(name, before)),
  };
}

/**
 * Reads the counters of the local bridge. They only ever grow, so "recent" takes two samples; they
 * are taken only when events wait.
 *
 * @returns a function that reads them and keeps its last sample
 */
export function localMetrics(bridgeUrl: string): (isAnyWaiting: boolean) => Promise<StageMetrics> {
  let last: Sample | undefined;
  return async (isAnyWaiting) => {
    let before = last;
    if (isAnyWaiting && before === undefined) {
      before = await takeSample(bridgeUrl);
      await wait(SAMPLE_SECONDS * 1_000);
    }
    const sample = await takeSample(bridgeUrl);
    last = sample;
    if (sample === undefined) return {};
    return {
      recent: recentOf(sample, isAnyWaiting ? before : undefined),
      oldestSeconds: sample.counters.queues.events.oldestSeconds ?? undefined,
      updatesNotDue: sample.counters.queues.events.updatesNotDue,
      ticks: sample.counters.queues.events.ticks,
    };
  };
}
