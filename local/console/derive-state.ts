/** Says how each part of the pipeline is doing. Pure: time is an argument. */

import { inQueue, type QueueDepth } from '../sqs/queue-depth.ts';
import type { StageName, StageState, StageView } from './state.ts';
import type { LastTimes, TotalName, Totals } from './facts.ts';

/** What the states are made of. */
export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly totals: Totals;
  readonly last: LastTimes;
  readonly queue: QueueDepth;
  readonly deadLetters: number;
  /** Processes that are working now. */
  readonly busy: { readonly ingest: number; readonly delivery: number };
  /** Events accepted in the last five seconds. */
  readonly recent: number;
  /** A replay is under way. */
  readonly replaying: boolean;
}

/** For so long after something happened a part counts as flowing, milliseconds. */
const FLOWING_FOR = 2_000;

/** For so long after trouble a part counts as broken when nothing else happens, milliseconds. */
const TROUBLE_FOR = 10_000;

type Ask = (...names: readonly TotalName[]) => boolean;

interface Look extends Snapshot {
  readonly waiting: number;
  /** Whether one of these happened a moment ago. */
  readonly justNow: Ask;
  /** Whether one of these happened lately, and none of the good ones after it. */
  readonly trouble: (
    bad: readonly TotalName[],
    good: readonly TotalName[],
    forAs?: number,
  ) => boolean;
}

function look(snapshot: Snapshot): Look {
  const { at, last, queue } = snapshot;
  const latest = (names: readonly TotalName[]): number =>
    Math.max(...names.map((name) => last[name] ?? -Infinity));
  return {
    ...snapshot,
    waiting: inQueue(queue),
    justNow: (...names) => at - latest(names) < FLOWING_FOR,
    trouble: (bad, good, forAs = TROUBLE_FOR) =>
      at - latest(bad) < forAs && latest(bad) >= latest(good),
  };
}

/** Makes the views of one part, which differ in state and note only. */
function stageMaker(name: StageName, figures: StageView['figures']) {
  return (state: StageState, note: string): StageView => ({ name, state, note, figures });
}

function webhookView({ totals, recent, justNow, trouble }: Look): StageView {
  const figures = [
    ['events', totals.requests202],
    ['in the last 5 s', recent],
    ['refused', totals.requests4xx + totals.requests429],
  ] as const;
  const of = stageMaker('webhook', figures);
  if (trouble(['requests5xx'], ['requests202']))
    return of('broken', 'answers 5xx: the sender keeps it');
  if (justNow('requests429')) return of('backing-off', 'throttles the sender (429)');
  if (justNow('requests202', 'requests2xx')) return of('flowing', 'answers 202');
  if (justNow('requests4xx')) return of('flowing', 'refused a request');
  return of('idle', 'listens');
}

function ingestView({ totals, busy, justNow, trouble }: Look): StageView {
  const figures = [
    ['accepted', totals.accepted],
    ['running now', busy.ingest],
    ['failures', totals.ingestFaults],
  ] as const;
  const of = stageMaker('ingest', figures);
  if (trouble(['ingestFaults', 'requests5xx'], ['accepted'])) return of('broken', 'fails');
  if (busy.ingest > 0 || justNow('invocations')) return of('flowing', 'checks and enqueues');
  return of('idle', 'nothing to check');
}

/** PagerDuty failed last, and that is not over. */
function isBlocked({ waiting, trouble }: Look): boolean {
  return trouble(
    ['calls5xx', 'calls429', 'callsnone'],
    ['calls2xx'],
    waiting > 0 ? Infinity : TROUBLE_FOR,
  );
}

/** A key is missing, and events wait for it. */
function needsKey({ waiting, trouble }: Look): boolean {
  return waiting > 0 && trouble(['keyMissing'], ['delivered']);
}

function queueView(seen: Look): StageView {
  const { waiting, justNow } = seen;
  const figures = [
    ['waiting', waiting],
    ['ready', seen.queue.ready],
    ['held back', seen.queue.inFlight],
  ] as const;
  const of = stageMaker('queue', figures);
  if (waiting > 0) {
    return isBlocked(seen) || needsKey(seen)
      ? of('backing-off', 'keeps events until they are delivered')
      : of('flowing', 'hands events over');
  }
  return justNow('accepted', 'batches') ? of('flowing', 'hands events over') : of('idle', 'empty');
}

function deliveryView(seen: Look): StageView {
  const { totals, busy, waiting, justNow, trouble } = seen;
  const figures = [
    ['delivered', totals.delivered],
    ['deduplicated', totals.deduplicated],
    ['failures', totals.deliveryFaults],
  ] as const;
  const of = stageMaker('delivery', figures);
  if (trouble(['deliveryFaults'], ['delivered', 'deduplicated', 'deadLettered'])) {
    return of('broken', 'crashed: events come back');
  }
  if (needsKey(seen)) return of('backing-off', 'integration key is missing');
  if (waiting > 0 && isBlocked(seen)) return of('backing-off', 'tries again by itself');
  if (busy.delivery > 0 || justNow('batches', 'delivered', 'deduplicated')) {
    return of('flowing', 'deduplicates, paces, sends');
  }
  if (waiting > 0) return of('flowing', 'paces: 120 calls a minute');
  return of('idle', 'nothing to deliver');
}

function pagerDutyView(seen: Look): StageView {
  const { totals, last, justNow, trouble } = seen;
  const failed = totals.calls5xx + totals.callsnone;
  const figures = [
    ['calls taken', totals.calls2xx],
    ['throttled', totals.calls429],
    ['failed', failed],
    ['refused', totals.calls4xx],
  ] as const;
  const of = stageMaker('pagerduty', figures);
  if (isBlocked(seen)) {
    const { calls429 = 0, calls5xx = 0, callsnone = 0 } = last;
    if (calls429 > Math.max(calls5xx, callsnone)) return of('backing-off', 'throttles (429)');
    return of('broken', callsnone > calls5xx ? 'does not answer' : 'answers 5xx');
  }
  if (trouble(['calls4xx'], ['calls2xx'])) return of('broken', 'refuses (400)');
  if (justNow('calls2xx')) return of('flowing', 'takes events');
  return of('idle', 'no calls');
}

function deadLettersView({ totals, deadLetters: count, replaying }: Look): StageView {
  const figures = [
    ['dead letters', count],
    ['since the start', totals.deadLettered],
  ] as const;
  const of = stageMaker('dead-letters', figures);
  if (replaying) return of('flowing', 'replays');
  return count > 0 ? of('broken', 'wait for you: replay them') : of('idle', 'none');
}

/** Every part of the pipeline, in the order of an event's way. */
export function stagesOf(snapshot: Snapshot): readonly StageView[] {
  const seen = look(snapshot);
  return [
    webhookView(seen),
    ingestView(seen),
    queueView(seen),
    deliveryView(seen),
    pagerDutyView(seen),
    deadLettersView(seen),
  ];
}
