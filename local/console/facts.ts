/** Reads from a bridge the facts that the page's state is derived from. */

import type { Bridge } from '../bridge.ts';
import type { FunctionPool, PoolCounts } from '../lambda/pool.ts';
import { inQueue, purgedFrom, queueDepth } from '../sqs/queue-depth.ts';
import type { QueueDepth } from '../sqs/fauxqs-view.ts';
import type { IncidentFacts } from './incidents.ts';
import { differenceOf, type Difference } from './accounting.ts';
import type { OperatorMessages } from './operator-messages.ts';
import type { ResolveTimes } from './resolve-times.ts';
import type { AnswerClass, StormView } from './state.ts';

/** Totals before anything happened. */
export const NO_TOTALS = {
  /** Requests to the webhook by the status of their answer. */
  requests202: 0,
  requests2xx: 0,
  requests429: 0,
  requests4xx: 0,
  requests5xx: 0,
  invocations: 0,
  ingestFaults: 0,
  accepted: 0,
  batches: 0,
  deliveryFaults: 0,
  delivered: 0,
  deduplicated: 0,
  deadLettered: 0,
  keyMissing: 0,
  /** Calls to PagerDuty by {@link AnswerClass}. */
  calls2xx: 0,
  calls429: 0,
  calls4xx: 0,
  calls5xx: 0,
  callsnone: 0,
};

/** Name of something that is counted. */
export type TotalName = keyof typeof NO_TOTALS;

/** How often each has happened since the start. */
export type Totals = Readonly<Record<TotalName, number>>;

/** When each last happened, milliseconds since 1970; absent when it never did. */
export type LastTimes = Readonly<Partial<Record<TotalName, number>>>;

/** The facts at one moment. */
export interface Facts {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly totals: Totals;
  readonly last: LastTimes;
  /** Events in the queue. Ticks are none. */
  readonly queue: QueueDepth;
  /** Updates in the queue that are not due yet. */
  readonly updatesNotDue: number;
  readonly deadLetters: number;
  /** Processes that are busy. */
  readonly busy: { readonly ingest: number; readonly delivery: number };
  /** True while a replay runs. */
  readonly replaying: boolean;
  /** Dead letters that replays deduplicated. */
  readonly deduplicatedByReplay: number;
  /** Messages that the operator put into the queues or took out. */
  readonly operatorMessages: OperatorMessages;
  /** Events and dead letters that purges of the queues removed. */
  readonly purged: number;
  /** Difference between the events that came and those that are somewhere. */
  readonly difference: Difference | undefined;
  /** Kind of the stand-in's mode; absent when events go to another PagerDuty. */
  readonly mode: string | undefined;
  readonly storm: StormView | undefined;
  readonly incidents: readonly IncidentFacts[];
  readonly resolveTimes: ResolveTimes;
  /** Shortest time between two calls about an incident that say only a new value, milliseconds. */
  readonly updateInterval: number;
}

/** Facts that the bridge itself does not know. */
export type ConsoleFacts = Pick<
  Facts,
  | 'replaying'
  | 'deduplicatedByReplay'
  | 'operatorMessages'
  | 'storm'
  | 'incidents'
  | 'resolveTimes'
  | 'updateInterval'
>;

/** Reader of a bridge's facts. */
export interface FactsReader {
  /** Counts an answer of the webhook. */
  readonly countAnswer: (status: number) => void;
  readonly read: () => Promise<Facts>;
  readonly stop: () => void;
}

/** Kind of an answer by its status; `undefined` is no answer. */
export function answerClass(status: number | undefined): AnswerClass {
  if (status === undefined || status < 200) return 'none';
  if (status < 300) return '2xx';
  if (status === 429) return '429';
  return status < 500 ? '4xx' : '5xx';
}

/** Updates the times: what has grown from `before` to `now` happened at `at`. */
export function lastTimes(
  known: LastTimes,
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
  at: number,
): LastTimes {
  const grown = Object.keys(now).filter((name) => (now[name] ?? 0) > (before[name] ?? 0));
  return { ...known, ...Object.fromEntries(grown.map((name) => [name, at])) };
}

function faultsOf({ errors, timeouts, crashes }: PoolCounts): number {
  return errors + timeouts + crashes;
}

function busyIn(pool: FunctionPool): number {
  return pool.processes().filter(({ busy }) => busy).length;
}

/** Starts counting. `consoleFacts` is called at each reading. */
export function readFacts(bridge: Bridge, consoleFacts: () => Promise<ConsoleFacts>): FactsReader {
  const requests = { '202': 0, '2xx': 0, '429': 0, '4xx': 0, '5xx': 0, none: 0 };
  const calls = { '2xx': 0, '429': 0, '4xx': 0, '5xx': 0, none: 0 };
  // Only delivery's log says what another PagerDuty answered.
  const unwatch =
    bridge.standIn?.watch(({ status }) => {
      calls[answerClass(status)] += 1;
    }) ??
    bridge.journal.watch(({ functionName, fields }) => {
      if (functionName !== bridge.delivery.fn.name || fields?.['outcome'] === undefined) return;
      const { status } = fields;
      calls[answerClass(typeof status === 'number' ? status : undefined)] += 1;
    });

  const readTotals = (): Totals => {
    const metrics = bridge.journal.counters();
    const ingest = bridge.ingest.counts();
    const { batches, tickBatches } = bridge.mapping.counts();
    return {
      requests202: requests['202'],
      requests2xx: requests['2xx'],
      requests429: requests['429'],
      requests4xx: requests['4xx'],
      requests5xx: requests['5xx'] + requests.none,
      invocations: ingest.invocations,
      ingestFaults: faultsOf(ingest),
      accepted: metrics['EventsAccepted'] ?? 0,
      batches: batches - tickBatches,
      deliveryFaults: faultsOf(bridge.delivery.counts()),
      delivered: metrics['EventsDelivered'] ?? 0,
      deduplicated: metrics['EventsDeduplicated'] ?? 0,
      deadLettered: metrics['EventsDeadLettered'] ?? 0,
      keyMissing: metrics['IntegrationKeyMissing'] ?? 0,
      calls2xx: calls['2xx'],
      calls429: calls['429'],
      calls4xx: calls['4xx'],
      calls5xx: calls['5xx'],
      callsnone: calls.none,
    };
  };
  let before: Totals = NO_TOTALS;
  let last: LastTimes = {};
  let difference: Difference | undefined;

  return {
    countAnswer: (status) => {
      requests[status === 202 ? '202' : answerClass(status)] += 1;
    },
    read: async () => {
      const [queue, deadLetters] = await Promise.all([
        queueDepth(bridge, 'events'),
        queueDepth(bridge, 'deadLetters'),
      ]);
      const at = Date.now();
      const totals = readTotals();
      last = lastTimes(last, before, totals, at);
      before = totals;
      const facts = {
        at,
        totals,
        last,
        queue,
        updatesNotDue: bridge.updatesNotDue().size,
        deadLetters: inQueue(deadLetters),
        purged: purgedFrom(bridge, 'events') + purgedFrom(bridge, 'deadLetters'),
        busy: { ingest: busyIn(bridge.ingest), delivery: busyIn(bridge.delivery) },
        mode: bridge.standIn?.mode().kind,
        ...(await consoleFacts()),
      };
      difference = differenceOf(facts, difference, at);
      return { ...facts, difference };
    },
    stop: unwatch,
  };
}
