/** Gathers what `status` shows. Something that cannot be read is reported as a problem. */

import { type Where, explain } from '../aws/explain.ts';
import type { QueueDepth } from '../aws/queue.ts';
import { overviewOf, planItem, type PlanItem } from '../dead-letters/plan.ts';
import { visitDeadLetters } from '../dead-letters/read.ts';
import type { Group } from '../dead-letters/tally.ts';
import { keyStates, type ServiceKey } from '../keys/integration-keys-secret.ts';
import { readKeys } from '../keys/store.ts';
import { readToken, tokenSecret } from '../secrets/token.ts';
import { type StageContext, whereOf } from '../stage/context.ts';
import { cloudWatchMetrics } from './cloudwatch.ts';
import { localMetrics } from './local.ts';
import { withoutTicks } from './ticks.ts';
import { RECENT_MINUTES, type StageMetrics, verdict, type Verdict } from './verdict.ts';

/** Dead letters of a stage, in figures. */
export interface DeadLetterFigures {
  readonly count: number;
  readonly reasons: readonly Group[];
  /** Dead letters of the last {@link RECENT_MINUTES}, of those that were read. */
  readonly recent: number;
  /** Whether only a part of the dead letters was read. */
  readonly sampled: boolean;
}

/** What `status` shows. */
export interface Status extends StageMetrics {
  readonly stage: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly verdict: Verdict;
  /** Events. Ticks are not among them. */
  readonly queue: QueueDepth;
  readonly deadLetters: DeadLetterFigures;
  readonly keys: readonly ServiceKey[];
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
}

/** Most dead letters that are read. */
const SAMPLE = 1_000;

function messagesIn({ visible, inFlight, delayed }: QueueDepth): number {
  return visible + inFlight + delayed;
}

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
    const since = now() - RECENT_MINUTES * 60_000;
    return {
      count,
      reasons: overviewOf(seen.items).reasons,
      recent: seen.items.filter(({ failedAt }) => failedAt >= since).length,
      sampled: seen.items.length < count,
    };
  };
}

/**
 * Prepares to gather the status of a stage, once or repeatedly.
 *
 * @returns a function that gathers; it rejects when neither queue nor keys can be read
 */
export function statusOf(context: StageContext, now: () => number): () => Promise<Status> {
  const { bridgeUrl, stage, outputs, secrets } = context;
  const where: Where = whereOf(context);
  const readDeadLetters = deadLetterFigures(context, now);
  const local = bridgeUrl === undefined ? undefined : localMetrics(bridgeUrl);
  const store = { secrets, secretArn: outputs.integrationKeysSecretArn };
  return async () => {
    const problems: string[] = [];
    const orProblem = async <T>(asked: Promise<T>): Promise<T | undefined> => {
      try {
        return await asked;
      } catch (error) {
        problems.push(explain(error, where));
        return undefined;
      }
    };
    const depth = await context.events.depth();
    const isAnyWaiting = messagesIn(depth) > 0;
    const [figures, stored, , metrics = {}] = await Promise.all([
      orProblem(readDeadLetters()),
      orProblem(readKeys(store)),
      // Only to see if it fits a URL: if not, nothing that Glasnostic sends gets in.
      orProblem(readToken(tokenSecret(context))),
      orProblem(local?.(isAnyWaiting) ?? cloudWatchMetrics(context, now(), isAnyWaiting)),
    ]);
    const keys = stored === undefined ? [] : keyStates(stored.keys, context.services);
    const deadLetters = figures ?? { count: 0, reasons: [], recent: 0, sampled: true };
    const queue = withoutTicks(depth, metrics.ticks ?? 0);
    const waiting = messagesIn(queue);
    // The oldest message of a deployed stage may be a tick.
    const oldestSeconds = waiting === 0 ? undefined : metrics.oldestSeconds;
    const facts = {
      ...metrics,
      oldestSeconds,
      keys,
      updateIntervalSeconds: stage.delivery.updateIntervalSeconds,
      // The two numbers are not read at the same moment.
      waiting: Math.max(0, waiting - (metrics.updatesNotDue ?? 0)),
      deadLetters: deadLetters.count,
      recentDeadLetters: deadLetters.recent,
    };
    return {
      ...metrics,
      oldestSeconds,
      stage: stage.name,
      at: now(),
      verdict: verdict(facts),
      queue,
      deadLetters,
      keys,
      problems,
    };
  };
}
