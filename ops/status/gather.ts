/** Gathers what `status` shows. What cannot be read is a problem in words, not the end. */

import { type Where, explain } from '../aws/explain.ts';
import type { QueueDepth } from '../aws/queue.ts';
import type { Letter } from '../dead-letters/dead-letter.ts';
import { visitDeadLetters } from '../dead-letters/read.ts';
import { overviewOf, planItem, type Group, type PlanItem } from '../dead-letters/plan.ts';
import type { AfterLook } from '../dead-letters/scan.ts';
import { keyStates, type ServiceKey } from '../keys/integration-keys-secret.ts';
import { readKeys } from '../keys/store.ts';
import type { StageContext } from '../stage/context.ts';
import { whereOf } from '../where.ts';
import { askCloudWatch } from './cloudwatch.ts';
import { localBridgeWatch } from './local.ts';
import { FRESH_MINUTES, verdict, type AlarmState, type Recent, type Verdict } from './verdict.ts';

/** Dead letters of a stage, in figures. */
export interface DeadLetterFigures {
  readonly count: number;
  readonly reasons: readonly Group[];
  /** Letters that died lately, of those looked at. */
  readonly fresh: number;
  /** Whether the reasons are those of a part of the letters only. */
  readonly sampled: boolean;
}

/** What `status` shows. */
export interface Status {
  readonly stage: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly verdict: Verdict;
  readonly queue: QueueDepth;
  readonly oldestSeconds: number | undefined;
  readonly deadLetters: DeadLetterFigures;
  readonly keys: readonly ServiceKey[];
  readonly recent: Recent | undefined;
  /** `undefined` when they are not known, or when there are none, as on this machine. */
  readonly alarms: readonly AlarmState[] | undefined;
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
}

/** Dead letters whose reasons are looked at; of more, a sample is told. */
const SAMPLE = 1_000;

interface Lately {
  readonly recent?: Recent | undefined;
  readonly oldestSeconds?: number | undefined;
  readonly alarms?: readonly AlarmState[] | undefined;
}

/** Looks at the letters again only when their number has changed. */
function deadLetterWatch(
  context: StageContext,
  now: () => number,
): () => Promise<DeadLetterFigures> {
  let seen: { readonly count: number; readonly items: readonly PlanItem[] } | undefined;
  return async () => {
    const { visible, inFlight, delayed } = await context.deadLetters.depth();
    const count = visible + inFlight + delayed;
    if (seen?.count !== count) {
      const items: PlanItem[] = [];
      const look = (letter: Letter): AfterLook => {
        items.push(planItem(letter));
        return items.length < SAMPLE ? 'continue' : 'stop';
      };
      if (visible > 0) await visitDeadLetters(context, {}, look);
      seen = { count, items };
    }
    const since = now() - FRESH_MINUTES * 60_000;
    return {
      count,
      reasons: overviewOf(seen.items).reasons,
      fresh: seen.items.filter(({ failedAt }) => failedAt >= since).length,
      sampled: seen.items.length < count,
    };
  };
}

/**
 * Prepares to gather the status of a stage, once or again and again.
 *
 * @returns a function that gathers; it rejects when neither queue nor keys can be read
 */
export function statusOf(context: StageContext, now: () => number): () => Promise<Status> {
  const { bridgeUrl, stage, outputs, secrets } = context;
  const where: Where = whereOf(context);
  const deadLetters = deadLetterWatch(context, now);
  const askBridge = bridgeUrl === undefined ? undefined : localBridgeWatch(bridgeUrl);
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
    const queue = await context.events.depth();
    const waiting = queue.visible + queue.inFlight + queue.delayed;
    const lately = async (): Promise<Lately> =>
      askBridge === undefined ? askCloudWatch(context, now()) : askBridge(waiting > 0);
    const [letters, keyring, known] = await Promise.all([
      orProblem(deadLetters()),
      orProblem(readKeys(store)),
      orProblem(lately()),
    ]);
    const keys = keyring === undefined ? [] : keyStates(keyring.keyring, context.services);
    const figures = letters ?? { count: 0, reasons: [], fresh: 0, sampled: true };
    const { recent, oldestSeconds, alarms } = known ?? {};
    const facts = {
      keys,
      waiting,
      oldestSeconds,
      recent,
      deadLetters: figures.count,
      freshDeadLetters: figures.fresh,
      alarms,
    };
    return {
      stage: stage.name,
      at: now(),
      verdict: verdict(facts),
      queue,
      oldestSeconds,
      deadLetters: figures,
      keys,
      recent,
      alarms,
      problems,
    };
  };
}
