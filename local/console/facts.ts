/** What has happened in the bridge so far, as numbers that only grow. */

import type { Bridge } from '../bridge.ts';
import type { PoolCounts } from '../lambda/pool.ts';
import { ANSWER_CLASSES, type AnswerClass } from './state.ts';

/** Everything that is counted. */
export const TOTALS = [
  'requests202',
  'requests2xx',
  'requests429',
  'requests4xx',
  'requests5xx',
  'invocations',
  'ingestFaults',
  'accepted',
  'batches',
  'deliveryFaults',
  'delivered',
  'deduplicated',
  'deadLettered',
  'keyMissing',
  'calls2xx',
  'calls429',
  'calls4xx',
  'calls5xx',
  'callsnone',
] as const;

/** Name of something that is counted. */
export type TotalName = (typeof TOTALS)[number];

/** How often each has happened. */
export type Totals = Readonly<Record<TotalName, number>>;

/** When each last happened, milliseconds since 1970; absent when it never did. */
export type LastTimes = Readonly<Partial<Record<TotalName, number>>>;

/** Kind of an answer by its status; `undefined` is no answer. */
export function answerClass(status: number | undefined): AnswerClass {
  if (status === undefined || status < 200) return 'none';
  if (status < 300) return '2xx';
  if (status === 429) return '429';
  return status < 500 ? '4xx' : '5xx';
}

/** Brings the times up to date: what has grown since the last look happened now. */
export function lastTimes(
  known: LastTimes,
  totals: { readonly before: Totals; readonly now: Totals },
  at: number,
): LastTimes {
  const grown = TOTALS.filter((name) => totals.now[name] > totals.before[name]);
  return { ...known, ...Object.fromEntries(grown.map((name) => [name, at])) };
}

/** Counts what nothing else in the bridge counts. */
export interface TotalsReader {
  /** Tells of an answer of the webhook. */
  readonly answered: (status: number) => void;
  readonly read: () => Totals;
  readonly stop: () => void;
}

function faultsOf({ errors, timeouts, crashes }: PoolCounts): number {
  return errors + timeouts + crashes;
}

/** Starts counting. */
export function readTotals(bridge: Bridge): TotalsReader {
  const requests = { '202': 0, '2xx': 0, '429': 0, '4xx': 0, '5xx': 0, none: 0 };
  const calls = { '2xx': 0, '429': 0, '4xx': 0, '5xx': 0, none: 0 };
  // Another PagerDuty's answers are known only from what delivery logs.
  const unwatch =
    bridge.standIn?.watch(({ status }) => {
      calls[answerClass(status)] += 1;
    }) ??
    bridge.journal.watch(({ functionName, fields }) => {
      if (functionName !== bridge.delivery.fn.name || fields?.['outcome'] === undefined) return;
      const { status } = fields;
      calls[answerClass(typeof status === 'number' ? status : undefined)] += 1;
    });

  const read = (): Totals => {
    const counters = bridge.journal.counters();
    const ingest = bridge.ingest.counts();
    return {
      requests202: requests['202'],
      requests2xx: requests['2xx'],
      requests429: requests['429'],
      requests4xx: requests['4xx'],
      requests5xx: requests['5xx'] + requests.none,
      invocations: ingest.invocations,
      ingestFaults: faultsOf(ingest),
      accepted: counters['EventsAccepted'] ?? 0,
      batches: bridge.mapping.counts().batches,
      deliveryFaults: faultsOf(bridge.delivery.counts()),
      delivered: counters['EventsDelivered'] ?? 0,
      deduplicated: counters['EventsDeduplicated'] ?? 0,
      deadLettered: counters['EventsDeadLettered'] ?? 0,
      keyMissing: counters['IntegrationKeyMissing'] ?? 0,
      calls2xx: calls['2xx'],
      calls429: calls['429'],
      calls4xx: calls['4xx'],
      calls5xx: calls['5xx'],
      callsnone: calls.none,
    };
  };
  return {
    answered: (status) => {
      requests[status === 202 ? '202' : answerClass(status)] += 1;
    },
    read,
    stop: unwatch,
  };
}

/** The answers among the totals. */
export function answersOf(totals: Totals): Record<AnswerClass, number> {
  const counts = { '2xx': 0, '429': 0, '4xx': 0, '5xx': 0, none: 0 };
  for (const name of ANSWER_CLASSES) counts[name] = totals[`calls${name}`];
  return counts;
}
