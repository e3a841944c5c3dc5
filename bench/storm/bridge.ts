/** A storm of few incidents on the local bridge, in real time, with the bundled functions. */

import { example } from '../../config/example.ts';
import { type Bridge, startBridge } from '../../local/bridge.ts';
import type { FunctionPool } from '../../local/lambda/pool.ts';
import { need } from '../../local/parts.ts';
import { accounting, drained, postAtRate, viewEvent } from '../../testkit/scenario.ts';
import { emptyFunctionMemory } from '../measuring/empty-function.ts';
import { peakMemory } from '../measuring/process.ts';
import { compare, type Row } from '../measuring/row.ts';
import { callRows, STORM_EVENTS, STORM_RATE } from './rows.ts';
import { sampleHandlerRows, stormAtTheSampleHandler } from './sample-handler.ts';

const INCIDENTS = 10;
/** Limit of the calls per event: six per incident. */
const SHARE_OF_CALLS = 0.006;
/** Memory that a function may use beyond an empty one, MiB. */
const ON_TOP = 60;

/** @throws Error when an event is not accounted for, an incident is missing or a function crashed */
async function checkAccounts(bridge: Bridge): Promise<void> {
  const balance = await accounting(bridge);
  const incidents = need(bridge.standIn, 'stand-in').incidents().length;
  const crashes = [bridge.ingest, bridge.delivery].map((pool) => pool.counts().crashes);
  const isComplete =
    balance.accepted === STORM_EVENTS &&
    balance.delivered + balance.deduplicated === STORM_EVENTS &&
    incidents === INCIDENTS &&
    crashes.every((count) => count === 0);
  if (isComplete) return;
  const state = JSON.stringify({ ...balance, incidents, crashes });
  throw new Error(`The storm does not add up: ${state}`);
}

/** Peak memory of a function's processes, MiB, the largest first. */
function peaksOf(pool: FunctionPool): readonly number[] {
  return pool
    .processes()
    .map(({ pid }) => peakMemory(pid))
    .toSorted((a, b) => b - a);
}

function memoryRow(name: string, pool: FunctionPool, empty: number, more: string): Row {
  const peaks = peaksOf(pool);
  const [peak = NaN] = peaks;
  const { memoryMB } = pool.fn;
  const share = `${Math.round((100 * peak) / memoryMB)} % of the ${memoryMB} MB configured`;
  return compare({
    measurement: `memory of ${name} under the storm`,
    unit: 'MiB',
    values: peak,
    spread: [peaks.at(-1) ?? NaN, peak],
    baseline: { name: "an empty handler's process", values: empty },
    limit: (empty + ON_TOP) / empty,
    goal: `at most + ${ON_TOP} MiB`,
    runs: peaks.length,
    note: `+ ${Math.round(peak - empty)} MiB, ${share}; ${more}`,
  });
}

/**
 * Posts the storm.
 *
 * @throws Error when an event was lost or an incident is missing
 */
export async function stormOnTheBridge(progress: (text: string) => void): Promise<readonly Row[]> {
  const bridge = await startBridge({ stage: example, throttle: false });
  try {
    progress(`${STORM_EVENTS} events of ${INCIDENTS} incidents, ${STORM_RATE} per second`);
    const events = Array.from({ length: STORM_EVENTS }, (_, n) => viewEvent(`${n % INCIDENTS}`));
    const begin = performance.now();
    await postAtRate(bridge, events, STORM_RATE);
    await drained(bridge, 60);
    const seconds = (performance.now() - begin) / 1000;
    await checkAccounts(bridge);
    const { 202: accepted = 0, 429: throttled = 0 } = need(bridge.standIn, 'stand-in').callCounts();
    const empty = await emptyFunctionMemory(bridge.ingest.fn, {});
    const { largestBatch } = bridge.mapping.counts();
    const invocations = bridge.ingest.counts().invocations.toLocaleString('en');
    return [
      ...callRows({
        name: `storm, ${INCIDENTS} incidents`,
        calls: accepted + throttled,
        throttled,
        share: SHARE_OF_CALLS,
        note: `every event accounted for; posted and drained in ${seconds.toFixed(0)} s`,
      }),
      ...sampleHandlerRows(
        `storm, ${INCIDENTS} incidents`,
        need(bridge.standIn, 'stand-in').incidents().length,
        await stormAtTheSampleHandler(),
      ),
      memoryRow('ingest', bridge.ingest, empty, `${invocations} invocations`),
      memoryRow('delivery', bridge.delivery, empty, `batches of up to ${largestBatch} events`),
    ];
  } finally {
    await bridge.stop();
  }
}
