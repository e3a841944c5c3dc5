/**
 * From a POST to the call at PagerDuty, when nothing else is under way. The poller here closes a
 * batch when its window ends. Lambda's may take longer on a quiet queue: "up to 20 seconds", whatever
 * the window, says https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html; nothing on
 * this machine can measure that.
 */

import { setTimeout as wait } from 'node:timers/promises';
import type { Bridge } from '../local/bridge.ts';
import type { StandIn } from '../local/pagerduty/stand-in.ts';
import { need } from '../local/parts.ts';
import { conservation, drained, post, startScenario, viewEvent } from '../test/support/e2e.ts';
import { type Measurement, median, quantile, type Row, spread } from './measuring/row.ts';

/** Events, one at a time, each of another view. */
const SAMPLES = 45;
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

async function samples(bridge: Bridge, progress: (text: string) => void): Promise<number[]> {
  const standIn = need(bridge.standIn, 'stand-in');
  const taken: number[] = [];
  for (let n = 0; n < WARM_UP + SAMPLES; n += 1) {
    const milliseconds = await sample(bridge, standIn, `idle-${n}`);
    if (n >= WARM_UP) taken.push(milliseconds);
    if (n % 10 === WARM_UP) progress(`event ${n - WARM_UP + 1} of ${SAMPLES}`);
    // The queue is empty again, and whoever deletes the message is done.
    await drained(bridge, 5);
    await wait(10);
  }
  const { lost } = await conservation(bridge);
  if (lost !== 0) throw new Error(`${lost} events were lost.`);
  return taken;
}

async function measure(progress: (text: string) => void): Promise<readonly Row[]> {
  const bridge = await startScenario({ delivery: UNPACED }, { standIn: { rateLimit: NO_LIMIT } });
  try {
    const [mapping] = bridge.model.mappings;
    const window = need(mapping, 'event source mapping').batchWindowSeconds * 1000;
    const taken = await samples(bridge, progress);
    const row = (measurement: string, value: number, note: string): Row => ({
      measurement,
      unit: 'ms',
      median: value,
      spread: spread(taken),
      baseline: { name: 'the batching window', median: window },
      ratio: value / window,
      goal: `at most the window + ${ON_TOP} ms`,
      isMet: value <= window + ON_TOP,
      runs: taken.length,
      note,
    });
    return [
      row(
        'end to end when idle, p50',
        median(taken),
        'with the local poller; see bench/idle.ts on that of Lambda',
      ),
      row(
        'end to end when idle, p99',
        quantile(taken, 0.99),
        'the slowest of them; pacing off, so that 45 incidents in a minute need not wait',
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
  about: `${SAMPLES} events, one at a time, from the POST to the call at PagerDuty`,
  seconds: 55,
  measure,
};
export default idle;
