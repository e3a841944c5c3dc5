/** Derives what the page shows from the facts. Pure. */

import { inQueue } from '../sqs/queue-depth.ts';
import { accountingOf } from './accounting.ts';
import type { Facts, TotalName, Totals } from './facts.ts';
import { incidentsOf } from './incident-views.ts';
import {
  ANSWER_CLASSES,
  HISTORY_SECONDS,
  type IncidentsView,
  type PipelineView,
  type Sample,
  type StepName,
  type StepState,
  type StepView,
} from './state.ts';

/** For so long after an event a step counts as flowing, milliseconds. */
const FLOWING_FOR = 2_000;

/** For so long after a failure a step counts as broken when nothing else happens, milliseconds. */
const BROKEN_FOR = 10_000;

/** Seconds that the webhook's rate of events covers. */
const RATE_SECONDS = 5;

interface Seen extends Facts {
  /** Events in the queue, without updates that are not due. */
  readonly waiting: number;
  /** True when one of these happened within {@link FLOWING_FOR}. */
  readonly justNow: (...names: readonly TotalName[]) => boolean;
  /** True when one of `bad` happened within `millis`, and none of `good` after it. */
  readonly failing: (
    bad: readonly TotalName[],
    good: readonly TotalName[],
    millis?: number,
  ) => boolean;
}

/** Events in the queue that someone waits for. The two numbers are not read at the same moment. */
function waitingIn({ queue, updatesNotDue }: Facts): number {
  return Math.max(0, inQueue(queue) - updatesNotDue);
}

function see(facts: Facts): Seen {
  const { at, last } = facts;
  const latest = (names: readonly TotalName[]): number =>
    Math.max(...names.map((name) => last[name] ?? -Infinity));
  return {
    ...facts,
    waiting: waitingIn(facts),
    justNow: (...names) => at - latest(names) < FLOWING_FOR,
    failing: (bad, good, millis = BROKEN_FOR) =>
      at - latest(bad) < millis && latest(bad) >= latest(good),
  };
}

type StateAndNote = readonly [StepState, string];

function webhookState({ justNow, failing }: Seen): StateAndNote {
  if (failing(['requests5xx'], ['requests202']))
    return ['broken', 'answers 5xx: events are not stored'];
  if (justNow('requests429')) return ['backing-off', 'throttles the sender (429)'];
  if (justNow('requests202', 'requests2xx')) return ['flowing', 'answers 202'];
  if (justNow('requests4xx')) return ['flowing', 'refused a request'];
  return ['idle', 'waits for events'];
}

function ingestState({ busy, justNow, failing }: Seen): StateAndNote {
  if (failing(['ingestFaults', 'requests5xx'], ['accepted'])) return ['broken', 'fails'];
  if (busy.ingest > 0 || justNow('invocations')) return ['flowing', 'checks and enqueues'];
  return ['idle', 'nothing to check'];
}

/** True when the last call to PagerDuty failed. While events wait, this does not expire. */
function isBlocked({ waiting, failing }: Seen): boolean {
  return failing(
    ['calls5xx', 'calls429', 'callsnone'],
    ['calls2xx'],
    waiting > 0 ? Infinity : BROKEN_FOR,
  );
}

/** True when events wait for an integration key. */
function needsKey({ waiting, failing }: Seen): boolean {
  return waiting > 0 && failing(['keyMissing'], ['delivered']);
}

function queueState(seen: Seen): StateAndNote {
  if (seen.waiting > 0 && (isBlocked(seen) || needsKey(seen)))
    return ['backing-off', 'keeps events until they are delivered'];
  if (seen.waiting > 0 || seen.justNow('accepted', 'batches'))
    return ['flowing', 'passes events to delivery'];
  return ['idle', seen.updatesNotDue > 0 ? 'keeps updates until they are due' : 'empty'];
}

function deliveryState(seen: Seen): StateAndNote {
  const { busy, waiting, justNow, failing } = seen;
  if (failing(['deliveryFaults'], ['delivered', 'deduplicated', 'deadLettered']))
    return ['broken', 'crashed: its events are retried'];
  if (needsKey(seen)) return ['backing-off', 'integration key is missing'];
  if (waiting > 0 && isBlocked(seen)) return ['backing-off', 'retries by itself'];
  if (busy.delivery > 0 || justNow('batches', 'delivered', 'deduplicated'))
    return ['flowing', 'deduplicates, paces, sends'];
  if (waiting > 0) return ['flowing', 'paces: 120 calls per minute'];
  return ['idle', seen.updatesNotDue > 0 ? 'nothing is due' : 'nothing to deliver'];
}

function pagerDutyState(seen: Seen): StateAndNote {
  if (isBlocked(seen)) {
    const { calls429 = 0, calls5xx = 0, callsnone = 0 } = seen.last;
    if (calls429 > Math.max(calls5xx, callsnone)) return ['backing-off', 'throttles (429)'];
    return ['broken', callsnone > calls5xx ? 'does not answer' : 'answers 5xx'];
  }
  if (seen.failing(['calls4xx'], ['calls2xx'])) return ['broken', 'refuses (400)'];
  return seen.justNow('calls2xx') ? ['flowing', 'accepts events'] : ['idle', 'no calls'];
}

function deadLettersState({ deadLetters, replaying }: Seen): StateAndNote {
  if (replaying) return ['flowing', 'replays'];
  return deadLetters > 0 ? ['broken', 'fix the cause, then replay'] : ['idle', 'none'];
}

/** A figure of a step; `bad` counts failures. */
type Figure = readonly [label: string, value: number, kind?: 'bad'];

/**
 * The page shows the first figure large. While the step fails, that is the largest of its failures:
 * a number of successes on a red card would reassure.
 */
function step(name: StepName, [state, note]: StateAndNote, figures: readonly Figure[]): StepView {
  const isFailing = state === 'broken' || state === 'backing-off';
  const failures = figures.filter(([, , kind]) => kind === 'bad');
  const [worst] = isFailing ? failures.toSorted((a, b) => b[1] - a[1]) : [];
  const ordered =
    worst === undefined || worst[1] === 0
      ? figures
      : [worst, ...figures.filter((figure) => figure !== worst)];
  return { name, state, note, figures: ordered.map(([label, value]) => [label, value] as const) };
}

function stepsOf(facts: Facts, history: readonly Sample[]): readonly StepView[] {
  const seen = see(facts);
  const { totals, busy, queue } = facts;
  const recent = history.slice(-RATE_SECONDS).reduce((sum, { accepted }) => sum + accepted, 0);
  return [
    step('webhook', webhookState(seen), [
      ['events', totals.requests202],
      [`in the last ${RATE_SECONDS} s`, recent],
      ['throttled', totals.requests429, 'bad'],
      ['refused', totals.requests4xx],
      ['answered 5xx', totals.requests5xx, 'bad'],
    ]),
    step('ingest', ingestState(seen), [
      ['accepted', totals.accepted],
      ['running now', busy.ingest],
      ['failures', Math.max(totals.ingestFaults, totals.requests5xx), 'bad'],
    ]),
    step('queue', queueState(seen), [
      ['waiting', seen.waiting],
      ['updates not due', facts.updatesNotDue],
      ['ready', queue.ready],
      ['held back', queue.inFlight],
    ]),
    step('delivery', deliveryState(seen), [
      ['delivered', totals.delivered],
      ['deduplicated', totals.deduplicated],
      ['waiting', seen.waiting, 'bad'],
      ['failures', totals.deliveryFaults, 'bad'],
    ]),
    step('pagerduty', pagerDutyState(seen), [
      ['calls accepted', totals.calls2xx],
      ['throttled', totals.calls429, 'bad'],
      ['failed', totals.calls5xx + totals.callsnone, 'bad'],
      ['refused', totals.calls4xx, 'bad'],
    ]),
    step('dead-letters', deadLettersState(seen), [
      ['dead letters', facts.deadLetters],
      ['since the start', totals.deadLettered],
    ]),
  ];
}

/** What the page shows, apart from the dead letters, which are read only when they change. */
export function deriveState(
  facts: Facts,
  history: readonly Sample[],
): { readonly pipeline: PipelineView; readonly incidents: IncidentsView } {
  const { mode, storm } = facts;
  return {
    pipeline: { steps: stepsOf(facts, history), accounting: accountingOf(facts), mode, storm },
    incidents: incidentsOf(facts.incidents),
  };
}

/** What happened from one sample to the next. */
export function sampleOf(before: Totals, facts: Facts): Sample {
  const { at, totals } = facts;
  const answers = { '2xx': 0, '429': 0, '4xx': 0, '5xx': 0, none: 0 };
  for (const name of ANSWER_CLASSES)
    answers[name] = totals[`calls${name}`] - before[`calls${name}`];
  return {
    time: Math.round(at / 1000),
    accepted: totals.accepted - before.accepted,
    delivered: totals.delivered - before.delivered,
    deduplicated: totals.deduplicated - before.deduplicated,
    waiting: waitingIn(facts),
    answers,
  };
}

/** Adds a sample and drops what is older than {@link HISTORY_SECONDS}. */
export function addSample(history: readonly Sample[], sample: Sample): readonly Sample[] {
  return [...history, sample].slice(-HISTORY_SECONDS);
}
