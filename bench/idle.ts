/**
 * From a POST to the call at PagerDuty, when nothing else is under way, with the stage's batching
 * window and, for comparison, with one of a second. The poller here closes a batch when its window
 * ends. That of Lambda may take up to 20 seconds on a quiet queue whenever there is a window, which is
 * why the default is none: docs/decisions/0015-no-batching-window.md.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { example } from '../config/example.ts';
import type { Bridge } from '../local/bridge.ts';
import type { StandIn } from '../local/pagerduty/stand-in.ts';
import { need } from '../local/parts.ts';
import { accounting, drained, post, startScenario, viewEvent } from '../testkit/scenario.ts';
import { type Measurement, median, quantile, type Row, spread } from './measuring/row.ts';

/** Events, one at a time, each of another view. */
const SAMPLES = 200;
/** The same with a window of a second, each of which takes as long. */
const WINDOW_SAMPLES = 20;
/** Events before them: the functions start with the first. */
const WARM_UP = 3;
/** Longest wait for one event, milliseconds. */
const PATIENCE = 20_000;
/** What may come on top of the batching window, milliseconds. */
const ON_TOP = 100;

/**
 * Pacing keeps a burst of new incidents apart, and is measured by itself (`storm`). Here every event
 * is alone, as it is on a quiet day, only that the quiet days follow each other within a second.
 */
const UNPACED = { callsPerMinute: 6000 };

/** Milliseconds from the POST to the call. The call is seen when the stand-in takes it. */
async function sample(bridge: Bridge, standIn: StandIn, view: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => {
    reject(new Error(`The event of view ${view} opened no incident within ${PATIENCE} ms.`));
  }, PATIENCE);
  const unwatch = standIn.watch(({ dedupKey, status }) => {
    if (status === 202 && dedupKey?.split(':')[2] === view) resolve(performance.now());
  });
  try {
    const begin = performance.now();
    const status = await post(bridge, viewEvent(view));
    if (status !== 202) throw new Error(`The event of view ${view} was answered ${status}.`);
    return (await promise) - begin;
  } finally {
    clearTimeout(timer);
    unwatch();
  }
}

async function samples(bridge: Bridge, count: number): Promise<number[]> {
  const standIn = need(bridge.standIn, 'stand-in');
  const taken: number[] = [];
  for (let n = 0; n < WARM_UP + count; n += 1) {
    const milliseconds = await sample(bridge, standIn, `idle-${n}`);
    if (n >= WARM_UP) taken.push(milliseconds);
    // The queue is empty again, and whoever deletes the message is done.
    await drained(bridge, 5);
    await wait(10);
  }
  const { lost } = await accounting(bridge);
  if (lost !== 0) throw new Error(`${lost} events were lost.`);
  return taken;
}

async function measureWindow(windowSeconds: number, count: number): Promise<readonly Row[]> {
  const batches = { batchWindowSeconds: windowSeconds };
  const scenario = { delivery: UNPACED, batches };
  const bridge = await startScenario(scenario, { standIn: { rateLimit: NO_LIMIT } });
  try {
    const taken = await samples(bridge, count);
    const slowest = quantile(taken, 0.99);
    const most = windowSeconds * 1000 + ON_TOP;
    const row = (
      share: string,
      value: number,
      between: readonly [number, number],
      note: string,
    ): Row => ({
      measurement: `end to end when idle, window ${windowSeconds} s, ${share}`,
      unit: 'ms',
      median: value,
      spread: between,
      baseline: { name: `the batching window + ${ON_TOP} ms`, median: most },
      ratio: value / most,
      goal: 'at most 1 x',
      isMet: value <= most,
      runs: taken.length,
      note,
    });
    return [
      row(
        'p50',
        median(taken),
        spread(taken),
        'pacing off, so that incidents a moment apart need not wait',
      ),
      row(
        'p99',
        slowest,
        [slowest, slowest],
        `the slowest but one in a hundred of ${taken.length}, with the local poller`,
      ),
    ];
  } finally {
    await bridge.stop();
  }
}

/** The stand-in's own limit would be the same thing twice. */
const NO_LIMIT = { calls: Infinity, windowSeconds: 60 };

/** End to end when idle. */
const idle: Measurement = {
  about: 'events, one at a time, from the POST to the call at PagerDuty',
  seconds: 50,
  measure: async (progress) => {
    const { batchWindowSeconds } = example.deliveryFunction;
    progress(`${SAMPLES} events, batching window ${batchWindowSeconds} s`);
    const asDeployed = await measureWindow(batchWindowSeconds, SAMPLES);
    progress(`${WINDOW_SAMPLES} events, batching window 1 s`);
    return [...asDeployed, ...(await measureWindow(1, WINDOW_SAMPLES))];
  },
};
export default idle;
