/** Puts a load on the local bridge, and counts what it uses. */

import type { Bridge } from '../../local/bridge.ts';
import { need } from '../../local/parts.ts';
import { accounting, drained, post, postAtRate, viewEvent } from '../../testkit/scenario.ts';
import { cpuSeconds } from '../measuring/process.ts';

/** A load. */
export interface Load {
  readonly name: string;
  readonly events: number;
  /** Distinct views among the events. */
  readonly views: number;
  /** Rate in production. The events are sent at this rate, except with `oneByOne`. */
  readonly perSecond: number;
  /** Sends each event when the queue is empty instead of at its time. */
  readonly oneByOne?: boolean;
  /** Events sent before the count begins, so that the functions have started. 0: a cold start. */
  readonly warmUp: number;
}

/** Counters by name, such as `invocations of ingest` or `sqs:SendMessage of ingest`. */
export type Counts = Readonly<Record<string, number>>;

/** Result of a load. */
export interface MeasuredLoad {
  /** Per event. */
  readonly counts: Counts;
  /** Bytes of a call to PagerDuty, averaged over the incidents. */
  readonly callBytes: number;
  /** Number of the bridge's own metrics that got values. */
  readonly metrics: number;
}

/** Added by CloudWatch per log event. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const LOG_EVENT_OVERHEAD_BYTES = 26;
/** Headers of a call to PagerDuty, its share of a TLS handshake, and the key as JSON. */
const CALL_OVERHEAD_BYTES = 500 + '"routing_key":"",'.length + 32;
/** Interval at which both functions read their secrets again: `lambda/ingest/handler.ts`. */
const SECRET_SECONDS = 300;
/** Rate of a warm-up that is not one by one: more than one process can handle. */
const WARM_UP_PER_SECOND = 100;
/** Limit for the queue to become empty. */
const DRAIN_SECONDS = 180;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function countersOf(bridge: Bridge, logBytes: ReadonlyMap<string, number>): Counts {
  const counts: Record<string, number> = {
    receives: bridge.mapping.counts().receives,
    'calls to PagerDuty': sum(Object.values(need(bridge.standIn, 'stand-in').callCounts())),
  };
  for (const role of ['ingest', 'delivery'] as const) {
    const pool = bridge[role];
    counts[`invocations of ${role}`] = pool.counts().invocations;
    counts[`processor seconds of ${role}`] = sum(
      pool.processes().map(({ pid }) => cpuSeconds(pid)),
    );
    counts[`log bytes of ${role}`] = logBytes.get(pool.fn.name) ?? 0;
    for (const [call, count] of Object.entries(bridge.aws.callCounts())) {
      const [name, operation] = call.split(' ');
      if (name === pool.fn.name) counts[`${operation} of ${role}`] = count;
    }
  }
  return counts;
}

async function send(bridge: Bridge, views: readonly string[], load: Load): Promise<void> {
  const events = views.map((view) => viewEvent(view));
  if (load.oneByOne !== true) await postAtRate(bridge, events, load.perSecond);
  for (const event of load.oneByOne === true ? events : []) {
    await post(bridge, event);
    await drained(bridge, DRAIN_SECONDS);
  }
  await drained(bridge, DRAIN_SECONDS);
}

/**
 * Puts a load on a bridge that has handled no events.
 *
 * @throws Error when an event was lost or refused
 */
export async function measureLoad(bridge: Bridge, load: Load): Promise<MeasuredLoad> {
  const { events, perSecond, warmUp } = load;
  const logBytes = new Map<string, number>();
  bridge.journal.watch(({ functionName, text }) => {
    const bytes = Buffer.byteLength(text) + LOG_EVENT_OVERHEAD_BYTES;
    logBytes.set(functionName, (logBytes.get(functionName) ?? 0) + bytes);
  });
  const first = Array.from({ length: warmUp }, () => 'warm-up');
  await send(bridge, first, { ...load, perSecond: WARM_UP_PER_SECOND });
  const before = countersOf(bridge, logBytes);
  const views = Array.from({ length: events }, (_, n) => `v${n % load.views}`);
  await send(bridge, views, load);
  const after = countersOf(bridge, logBytes);
  const balance = await accounting(bridge);
  if (balance.delivered + balance.deduplicated !== warmUp + events) {
    throw new Error(`The load ${load.name} does not add up: ${JSON.stringify(balance)}`);
  }
  const started = warmUp > 0 ? before : after;
  const [ingestReads = 0, deliveryReads = 0] = ['ingest', 'delivery'].map(
    (role) => started[`secretsmanager:GetSecretValue of ${role}`],
  );
  const calls = need(bridge.standIn, 'stand-in').incidents();
  const sizes = calls.map(({ event }) => Buffer.byteLength(JSON.stringify(event)));
  return {
    counts: {
      ...Object.fromEntries(
        Object.entries(after).map(([name, count]) => [
          name,
          (count - (before[name] ?? 0)) / events,
        ]),
      ),
      // A steady load reads the secrets once per interval. A storm ends within the first one.
      'secrets read':
        (ingestReads + deliveryReads) / (warmUp > 0 ? perSecond * SECRET_SECONDS : events),
    },
    callBytes: sum(sizes) / calls.length + CALL_OVERHEAD_BYTES,
    metrics: Object.keys(bridge.journal.counters()).length,
  };
}
