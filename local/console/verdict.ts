/** The answer of `./bridge status`, for the page. */

import type { StageConfig } from '../../config/stage.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import { keyStates, parseIntegrationKeysSecret } from '../../ops/keys/integration-keys-secret.ts';
import { callsOf } from '../../ops/status/calls.ts';
import { deadLetterTimes, settingsOf, type VerdictFacts } from '../../ops/status/facts.ts';
import { localPoints } from '../../ops/status/local.ts';
import { ANSWER_WORDS, verdict } from '../../ops/status/verdict.ts';
import { servicesOf } from '../../ops/stage/context.ts';
import type { Bridge } from '../bridge.ts';
import { inQueue, queueDepth } from '../sqs/queue-depth.ts';
import type { VerdictView } from './state.ts';

/** Shortest time between two answers, milliseconds: the figures of three hours are many. */
const ANSWER_EVERY = 500;

/** What the answer says of the dead letters. Times in milliseconds since 1970. */
export type FailureTimes = readonly number[];

/** State of every service's key; none when the secret cannot be read. */
function keysOf({ aws, delivery }: Bridge, stage: StageConfig): VerdictFacts['keys'] {
  const arn = delivery.fn.environment[ENV.integrationKeysSecretArn] ?? '';
  try {
    const secret = parseIntegrationKeysSecret(aws.secrets.get(arn).text, arn);
    return keyStates(secret, servicesOf(stage));
  } catch {
    return [];
  }
}

async function factsOf(
  bridge: Bridge,
  stage: StageConfig,
  failedAt: FailureTimes,
): Promise<VerdictFacts> {
  const { aws, queue } = bridge;
  const notDue = bridge.updatesNotDue();
  const [depth, oldest] = await Promise.all([
    queueDepth(bridge, 'events'),
    aws.queues.oldest(queue('events').name, notDue),
  ]);
  const now = Date.now();
  const settings = settingsOf(stage);
  const { recentSince, oldUntil } = deadLetterTimes(now, settings.retentionDays);
  return {
    ...settings,
    now,
    delayMinutes: 0,
    points: localPoints(bridge.series.points()),
    since: bridge.startedAt,
    hasTicks: bridge.schedule !== undefined,
    keys: keysOf(bridge, stage),
    waiting: Math.max(0, inQueue(depth) - notDue.size),
    updatesNotDue: notDue.size,
    oldestSeconds: oldest === undefined ? undefined : Math.round((now - oldest) / 1_000),
    deadLetters: {
      count: failedAt.length,
      recent: failedAt.filter((at) => at >= recentSince).length,
      old: failedAt.filter((at) => at < oldUntil).length,
    },
  };
}

/** A wait that is longer than this is the visibility timeout of an attempt that runs, milliseconds. */
const LONGEST_WAIT = 60_000;

/**
 * When delivery tries again, milliseconds since 1970; `undefined` when nothing waits. While calls
 * fail, delivery is busy with putting events off, so that does not count as an attempt.
 */
async function nextAttempt(
  bridge: Bridge,
  { waiting, now }: VerdictFacts,
  isFailing: boolean,
): Promise<number | undefined> {
  if (waiting === 0) return undefined;
  if (!isFailing && bridge.delivery.processes().some(({ busy }) => busy)) return now;
  const { name } = bridge.queue('events');
  const next = await bridge.aws.queues.nextVisible(name, bridge.updatesNotDue());
  return next === undefined || next - now > LONGEST_WAIT ? now : next;
}

/** Answers now. */
async function answer(
  bridge: Bridge,
  stage: StageConfig,
  failedAt: FailureTimes,
): Promise<VerdictView> {
  const facts = await factsOf(bridge, stage, failedAt);
  const { now, points = [], waiting, oldestSeconds } = facts;
  const { answer: kind, sentence } = verdict(facts);
  const { failingSince, lastPage } = callsOf(points, now, waiting > 0, 0);
  const isAnyWaiting = waiting > 0 && oldestSeconds !== undefined;
  return {
    answer: kind,
    word: ANSWER_WORDS[kind],
    sentence,
    // To the second, so that it is the same at each reading.
    oldestAt: isAnyWaiting ? Math.round(now / 1_000 - oldestSeconds) * 1_000 : undefined,
    failingSince,
    nextAttemptAt: await nextAttempt(bridge, facts, failingSince !== undefined),
    lastPageAt: lastPage,
  };
}

/**
 * Prepares to answer, at most twice per second.
 *
 * @param failedAt when each dead letter became one
 */
export function watchVerdict(
  bridge: Bridge,
  stage: StageConfig,
  failedAt: () => Promise<FailureTimes>,
): () => Promise<VerdictView> {
  let last: { readonly at: number; readonly view: VerdictView } | undefined;
  return async () => {
    if (last !== undefined && performance.now() - last.at < ANSWER_EVERY) return last.view;
    const at = performance.now();
    last = { at, view: await answer(bridge, stage, await failedAt()) };
    return last.view;
  };
}
