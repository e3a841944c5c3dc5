/** What the local bridge knows of its events, where a deployed stage has CloudWatch. */

import { setTimeout as wait } from 'node:timers/promises';

import * as v from 'valibot';

import { askBridge } from '../stage/local.ts';
import type { Recent } from './verdict.ts';

const counter = v.optional(v.number(), 0);

const countersSchema = v.object({
  metrics: v.object({
    EventsAccepted: counter,
    EventsDelivered: counter,
    EventsDeduplicated: counter,
    EventsDeadLettered: counter,
    PagerDutyRefused: counter,
    PagerDutyUnavailable: counter,
  }),
  queues: v.object({
    events: v.object({ oldestSeconds: v.nullish(v.number()) }),
  }),
});

type Counters = v.InferOutput<typeof countersSchema>;

/** What the local bridge knows. */
export interface LocalFacts {
  readonly recent: Recent | undefined;
  readonly oldestSeconds: number | undefined;
}

/** Seconds that events which wait are watched for: the stage's retries come about as often. */
const WATCH_SECONDS = 3;

/** A look at the counters. */
interface Look {
  readonly counters: Counters;
  /** Milliseconds. */
  readonly at: number;
}

async function lookAt(bridgeUrl: string): Promise<Look | undefined> {
  const parsed = v.safeParse(countersSchema, await askBridge(bridgeUrl, '/api/counters'));
  return parsed.success ? { counters: parsed.output, at: performance.now() } : undefined;
}

type Figures = Omit<Recent, 'span' | 'isNow'>;

function figures({ counters: { metrics } }: Look): Figures {
  return {
    accepted: metrics.EventsAccepted,
    delivered: metrics.EventsDelivered,
    deduplicated: metrics.EventsDeduplicated,
    deadLettered: metrics.EventsDeadLettered,
    refused: metrics.PagerDutyRefused,
    unavailable: metrics.PagerDutyUnavailable,
  };
}

function between(before: Look, after: Look): Recent {
  const [first, last] = [figures(before), figures(after)];
  return {
    span: `in the last ${Math.round((after.at - before.at) / 1_000)} s`,
    isNow: true,
    accepted: last.accepted - first.accepted,
    delivered: last.delivered - first.delivered,
    deduplicated: last.deduplicated - first.deduplicated,
    deadLettered: last.deadLettered - first.deadLettered,
    refused: last.refused - first.refused,
    unavailable: last.unavailable - first.unavailable,
  };
}

function sinceStart(look: Look): Recent {
  return { span: 'since the bridge started', isNow: false, ...figures(look) };
}

/**
 * Asks the local bridge. Its counters only ever grow, so that "lately" takes two looks; they are
 * taken only when events wait.
 *
 * @returns a function that asks, and that remembers its last look
 */
export function localBridgeWatch(
  bridgeUrl: string,
): (isAnyWaiting: boolean) => Promise<LocalFacts> {
  let last: Look | undefined;
  return async (isAnyWaiting) => {
    let before = last;
    if (isAnyWaiting && before === undefined) {
      before = await lookAt(bridgeUrl);
      await wait(WATCH_SECONDS * 1_000);
    }
    const look = await lookAt(bridgeUrl);
    last = look;
    if (look === undefined) return { recent: undefined, oldestSeconds: undefined };
    return {
      recent: isAnyWaiting && before !== undefined ? between(before, look) : sinceStart(look),
      oldestSeconds: look.counters.queues.events.oldestSeconds ?? undefined,
    };
  };
}
