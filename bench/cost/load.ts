/** Puts a load on the local bridge, and counts what it uses. */

import type { Bridge } from '../../local/bridge.ts';
import type { FunctionPool } from '../../local/lambda/pool.ts';
import { need } from '../../local/parts.ts';
import { accounting, drained, post, postAtRate, viewEvent } from '../../testkit/scenario.ts';
import { cpuSeconds } from '../measuring/process.ts';
import { CALL_OVERHEAD_BYTES, KEY_BYTES } from './assumptions.ts';
import { loggedBytes } from './log-lines.ts';

/** A load. */
export interface Load {
  readonly name: string;
  readonly events: number;
  /** Distinct views among them. */
  readonly views: number;
  /** Events a second, as they would come; only `events` of them are sent here. */
  readonly perSecond: number;
  /** Whether each event waits until the one before is settled, instead of for its time. */
  readonly oneByOne?: boolean;
  /** Events before it that start the functions, and are not counted. */
  readonly warmUp: number;
}

/** What one function did. */
export interface FunctionCount {
  readonly invocations: number;
  /** Processor time of all its processes, seconds. */
  readonly cpuSeconds: number;
  /** Calls to AWS made for it, by operation, those of Lambda's pollers included. */
  readonly calls: Readonly<Record<string, number>>;
  /** Bytes of the lines that it wrote. */
  readonly logBytes: number;
}

/** What happened on the bridge. */
export interface Counts {
  readonly ingest: FunctionCount;
  readonly delivery: FunctionCount;
  /** Receives that brought messages. */
  readonly receives: number;
  readonly pagerDutyCalls: number;
}

/** A load, and what it used. */
export interface MeasuredLoad {
  readonly load: Load;
  readonly used: Counts;
  /** Secrets read by all processes when they started. */
  readonly secretReadsAtStart: number;
  /** Bytes of a call to PagerDuty. */
  readonly callBytes: number;
  /** Names of the bridge's own metrics that got values. */
  readonly metrics: readonly string[];
}

/** Calls that AWS was asked to make in a function's name, by operation. */
function callsOf(bridge: Bridge, name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(bridge.aws.callCounts())
      .filter(([key]) => key.startsWith(`${name} `))
      .map(([key, count]) => [key.slice(name.length + 1), count]),
  );
}

function countFunction(
  bridge: Bridge,
  pool: FunctionPool,
  logBytes: ReadonlyMap<string, number>,
): FunctionCount {
  return {
    invocations: pool.counts().invocations,
    cpuSeconds: pool.processes().reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    calls: callsOf(bridge, pool.fn.name),
    logBytes: logBytes.get(pool.fn.name) ?? 0,
  };
}

function countAll(bridge: Bridge, logBytes: ReadonlyMap<string, number>): Counts {
  const calls = need(bridge.standIn, 'stand-in').callCounts();
  return {
    ingest: countFunction(bridge, bridge.ingest, logBytes),
    delivery: countFunction(bridge, bridge.delivery, logBytes),
    receives: bridge.mapping.counts().receives,
    pagerDutyCalls: Object.values(calls).reduce((sum, count) => sum + count, 0),
  };
}

function subtractCalls(
  all: FunctionCount['calls'],
  before: FunctionCount['calls'],
): FunctionCount['calls'] {
  return Object.fromEntries(
    Object.entries(all).map(([name, count]) => [name, count - (before[name] ?? 0)]),
  );
}

function subtractFunction(all: FunctionCount, before: FunctionCount): FunctionCount {
  return {
    invocations: all.invocations - before.invocations,
    cpuSeconds: all.cpuSeconds - before.cpuSeconds,
    calls: subtractCalls(all.calls, before.calls),
    logBytes: all.logBytes - before.logBytes,
  };
}

function subtract(all: Counts, before: Counts): Counts {
  return {
    ingest: subtractFunction(all.ingest, before.ingest),
    delivery: subtractFunction(all.delivery, before.delivery),
    receives: all.receives - before.receives,
    pagerDutyCalls: all.pagerDutyCalls - before.pagerDutyCalls,
  };
}

/** Secrets that the functions read so far. */
function secretReads({ ingest, delivery }: Counts): number {
  const name = 'secretsmanager:GetSecretValue';
  return (ingest.calls[name] ?? 0) + (delivery.calls[name] ?? 0);
}

/** Events a second of a warm-up that is not one by one: more than one process can take. */
const WARM_UP_RATE = 100;
/** Longest that the queue may take to get empty, seconds. */
const PATIENCE = 60;

async function send(
  bridge: Bridge,
  events: readonly object[],
  pace: { readonly oneByOne?: boolean; readonly perSecond: number },
): Promise<void> {
  if (pace.oneByOne !== true) {
    await postAtRate(bridge, events, pace.perSecond);
    await drained(bridge, PATIENCE);
    return;
  }
  for (const event of events) {
    await post(bridge, event);
    await drained(bridge, PATIENCE);
  }
}

/** Bytes of a call, averaged over the incidents. */
function callBytesOf(bridge: Bridge): number {
  const incidents = need(bridge.standIn, 'stand-in').incidents();
  const sizes = incidents.map(({ event }) => Buffer.byteLength(JSON.stringify(event)));
  const sum = sizes.reduce((total, size) => total + size, 0);
  return sum / sizes.length + KEY_BYTES + CALL_OVERHEAD_BYTES;
}

/**
 * Puts a load on a bridge that did nothing before.
 *
 * @throws Error when an event was lost or refused
 */
export async function measureLoad(bridge: Bridge, load: Load): Promise<MeasuredLoad> {
  const logBytes = new Map<string, number>();
  bridge.journal.watch(({ functionName, text }) => {
    logBytes.set(functionName, (logBytes.get(functionName) ?? 0) + loggedBytes(text));
  });
  const first = Array.from({ length: load.warmUp }, () => viewEvent('warm-up'));
  await send(bridge, first, { ...load, perSecond: WARM_UP_RATE });
  const before = countAll(bridge, logBytes);
  const events = Array.from({ length: load.events }, (_, n) => viewEvent(`v${n % load.views}`));
  await send(bridge, events, load);
  const all = countAll(bridge, logBytes);
  const balance = await accounting(bridge);
  const processed = balance.delivered + balance.deduplicated;
  if (processed !== load.warmUp + load.events) {
    throw new Error(`The load ${load.name} does not add up: ${JSON.stringify(balance)}`);
  }
  return {
    load,
    used: subtract(all, before),
    secretReadsAtStart: secretReads(load.warmUp > 0 ? before : all),
    callBytes: callBytesOf(bridge),
    metrics: Object.keys(bridge.journal.counters()),
  };
}
