/** Gathers what `status` shows. Something that cannot be read is reported as a problem. */

import { type Receiver, receiversOf, snsClient } from '../alarms/receivers.ts';
import { type Where, explain } from '../aws/explain.ts';
import type { QueueDepth } from '../aws/queue.ts';
import { overviewOf, planItem, type PlanItem } from '../dead-letters/plan.ts';
import { visitDeadLetters } from '../dead-letters/read.ts';
import type { Group } from '../dead-letters/tally.ts';
import { keyStates, type ServiceKey } from '../keys/integration-keys-secret.ts';
import { readKeys } from '../keys/store.ts';
import { readToken, tokenSecret } from '../secrets/token.ts';
import { type StageContext, whereOf } from '../stage/context.ts';
import { placeOf } from '../stage/target.ts';
import { type Calls, callsOf } from './calls.ts';
import { CLOUDWATCH_DELAY_MINUTES, cloudWatchAlarms, cloudWatchMetrics } from './cloudwatch.ts';
import { type Counters, countersOf } from './counters.ts';
import { deadLetterTimes, RECENT_MINUTES, settingsOf, type StageMetrics } from './facts.ts';
import { localMetrics } from './local.ts';
import { verdict, type Verdict } from './verdict.ts';
import { messagesIn, waitingFacts } from './waiting.ts';

/** Dead letters of a stage, in figures. */
export interface DeadLetterFigures {
  readonly count: number;
  readonly reasons: readonly Group[];
  /** Dead letters of the last {@link RECENT_MINUTES}, of those that were read. */
  readonly recent: number;
  /** Those that SQS deletes soon, of those that were read; see {@link deadLetterTimes}. */
  readonly old: number;
  /** Whether only a part of the dead letters was read. */
  readonly sampled: boolean;
}

/** Figures of the last minutes. */
export interface Recent extends Counters {
  /** How long that is, in words that end a sentence: `in the last 15 min`. */
  readonly span: string;
}

/** What `status` shows. */
export interface Status extends StageMetrics {
  readonly stage: string;
  /** Account and region, or that it is the local bridge. */
  readonly place: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly verdict: Verdict;
  /** Events. Ticks are not among them. */
  readonly queue: QueueDepth;
  readonly deadLetters: DeadLetterFigures;
  /** `undefined` without figures. */
  readonly recent: Recent | undefined;
  readonly calls: Calls | undefined;
  /** Longest delay of the figures, minutes. */
  readonly delayMinutes: number;
  /** Who receives the alarms; `undefined` if not known, and for the local bridge, which has none. */
  readonly receivers: readonly Receiver[] | undefined;
  readonly keys: readonly ServiceKey[];
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
}

/** Most dead letters that are read. */
const SAMPLE = 1_000;

/** Reads the dead letters again only when their number has changed. */
function deadLetterFigures(
  context: StageContext,
  now: () => number,
): () => Promise<DeadLetterFigures> {
  let seen: { readonly count: number; readonly items: readonly PlanItem[] } | undefined;
  return async () => {
    const depth = await context.deadLetters.depth();
    const count = messagesIn(depth);
    if (seen?.count !== count) {
      const items: PlanItem[] = [];
      if (depth.visible > 0) {
        await visitDeadLetters(context, {}, (deadLetter) => {
          items.push(planItem(deadLetter));
          return items.length < SAMPLE ? undefined : 'stop';
        });
      }
      seen = { count, items };
    }
    const { recentSince, oldUntil } = deadLetterTimes(now(), context.stage.queue.retentionDays);
    return {
      count,
      reasons: overviewOf(seen.items).reasons,
      recent: seen.items.filter(({ failedAt }) => failedAt >= recentSince).length,
      old: seen.items.filter(({ failedAt }) => failedAt < oldUntil).length,
      sampled: seen.items.length < count,
    };
  };
}

/** Reads who receives the alarms of a deployed stage. Rejects with AWS's error. */
async function readReceivers({ stage, outputs, access }: StageContext) {
  const { alarmTopicArn } = outputs;
  if (alarmTopicArn === undefined) return undefined;
  return receiversOf(stage, alarmTopicArn, await snsClient(access));
}

/** The figures of the last minutes. */
function recentOf({ points, since = 0 }: StageMetrics, now: number): Recent | undefined {
  if (points === undefined) return undefined;
  const from = now - RECENT_MINUTES * 60_000;
  const span = since > from ? 'since the bridge started' : `in the last ${RECENT_MINUTES} min`;
  return { span, ...countersOf(points, from) };
}

/**
 * Prepares to gather the status of a stage, once or repeatedly.
 *
 * @returns a function that gathers; it rejects when neither queue nor keys can be read
 */
export function statusOf(context: StageContext, now: () => number): () => Promise<Status> {
  const { bridgeUrl, stage, outputs, secrets } = context;
  const isLocal = bridgeUrl !== undefined;
  const where: Where = whereOf(context);
  const readDeadLetters = deadLetterFigures(context, now);
  const store = { secrets, secretArn: outputs.integrationKeysSecretArn };
  const delayMinutes = isLocal ? 0 : CLOUDWATCH_DELAY_MINUTES;
  return async () => {
    const problems = new Set<string>();
    const orProblem = async <T>(asked: Promise<T>): Promise<T | undefined> => {
      try {
        return await asked;
      } catch (error) {
        problems.add(explain(error, where));
        return undefined;
      }
    };
    const depth = await context.events.depth();
    const isAnyWaiting = messagesIn(depth) > 0;
    const [figures, stored, , metrics = {}, alarms, receivers] = await Promise.all([
      orProblem(readDeadLetters()),
      orProblem(readKeys(store)),
      // Only to see if it fits a URL: if not, nothing that Glasnostic sends gets in.
      orProblem(readToken(tokenSecret(context))),
      orProblem(
        isLocal ? localMetrics(bridgeUrl) : cloudWatchMetrics(context, now(), isAnyWaiting),
      ),
      isLocal ? undefined : orProblem(cloudWatchAlarms(context)),
      isLocal ? undefined : orProblem(readReceivers(context)),
    ]);
    const keys = stored === undefined ? [] : keyStates(stored.keys, context.services);
    const nothing = { count: 0, reasons: [], recent: 0, old: 0, sampled: true };
    const deadLetters = figures ?? nothing;
    const at = now();
    const { queue, ...waits } = waitingFacts(depth, metrics, at, delayMinutes);
    const facts = {
      ...metrics,
      ...waits,
      alarms,
      keys,
      now: at,
      delayMinutes,
      ...settingsOf(stage),
      deadLetters,
    };
    return {
      ...metrics,
      alarms,
      oldestSeconds: waits.oldestSeconds,
      stage: stage.name,
      place: placeOf(context),
      at,
      verdict: verdict(facts),
      queue,
      deadLetters,
      recent: recentOf(metrics, at),
      calls:
        metrics.points && callsOf(metrics.points, at, facts.waiting > 0, delayMinutes * 60_000),
      delayMinutes,
      receivers,
      keys,
      problems: [...problems],
    };
  };
}
