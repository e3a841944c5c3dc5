/**
 * Time from a POST to the call to PagerDuty without other load, with the stage's batching window and,
 * for comparison, with a window of one second. The local poller closes a batch when its window ends.
 * Lambda's poller may take up to 20 s on a quiet queue with any window, so the default is none:
 * docs/decisions/0015-no-batching-window.md.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { example } from '../config/example.ts';
import type { Bridge } from '../local/bridge.ts';
import type { StandIn } from '../local/pagerduty/stand-in.ts';
import { need } from '../local/parts.ts';
import { accounting, drained, post, startScenario, viewEvent } from '../testkit/scenario.ts';
import { compare, type Measurement, quantile, type Row } from './measuring/row.ts';

/** Events, one after the other, each of another view. */
const SAMPLES = 200;
/** Events with a window of one second. */
const WINDOW_SAMPLES = 20;
/** Events before the measurement, which start the functions. */
const WARM_UP = 3;
/** Limit for one event, milliseconds. */
const CALL_TIMEOUT = 20_000;
/** Limit of the time in addition to the batching window, milliseconds. */
const ON_TOP = 100;

/** Without pacing, which would delay new incidents that follow each other. `storm` measures it. */
const UNPACED = { callsPerMinute: 6000 };

/** Milliseconds from the POST to the answer of the PagerDuty stand-in. */
async function sample(bridge: Bridge, standIn: StandIn, view: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => {
    reject(new Error(`The event of view ${view} opened no incident within ${CALL_TIMEOUT} ms.`));
  }, CALL_TIMEOUT);
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
    // Waits for the deletion of the message.
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
    const row = (share: string, values: number | readonly number[], note: string): Row =>
      compare({
        measurement: `end to end when idle, window ${windowSeconds} s, ${share}`,
        unit: 'ms',
        values,
        baseline: { name: `the batching window + ${ON_TOP} ms`, values: most },
        limit: 1,
        runs: taken.length,
        note,
      });
    return [
      row('p50', taken, 'pacing off, so that an incident need not wait for the one before'),
      row('p99', slowest, `of ${taken.length} events, with the local poller`),
    ];
  } finally {
    await bridge.stop();
  }
}

/** Without the stand-in's rate limit. */
const NO_LIMIT = { calls: Infinity, windowSeconds: 60 };

const idle: Measurement = {
  about: 'events, one after the other, from the POST to the call to PagerDuty',
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
