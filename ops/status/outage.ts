/** Says if delivery works now, from the facts of `status`, without secrets and dead letters. */

import { explain } from '../aws/explain.ts';
import { type StageContext, whereOf } from '../stage/context.ts';
import { CLOUDWATCH_DELAY_MINUTES, cloudWatchAlarms, cloudWatchMetrics } from './cloudwatch.ts';
import { type Finding, settingsOf } from './facts.ts';
import { localMetrics } from './local.ts';
import { verdict } from './verdict.ts';
import { messagesIn, waitingFacts } from './waiting.ts';

/** What keeps events from PagerDuty now. */
export type Outage =
  /** Such as `PagerDuty answers 503 since 15:56 UTC`, and what becomes of replayed events. */
  | { readonly kind: 'found'; readonly reason: string; readonly ifReplayed: string }
  /** Why it is not known, a sentence. */
  | { readonly kind: 'unknown'; readonly reason: string };

function isAboutReplay(finding: Finding): finding is Finding & { readonly ifReplayed: string } {
  return finding.ifReplayed !== undefined;
}

/**
 * Looks for what keeps events from PagerDuty.
 *
 * @returns `undefined` when nothing does, as far as the figures tell. Never rejects.
 */
export async function outageOf(context: StageContext, now: number): Promise<Outage | undefined> {
  const { bridgeUrl, stage } = context;
  try {
    const depth = await context.events.depth();
    const [metrics, alarms] = await (bridgeUrl === undefined
      ? Promise.all([
          cloudWatchMetrics(context, now, messagesIn(depth) > 0),
          cloudWatchAlarms(context),
        ])
      : localMetrics(bridgeUrl).then((local) => [local, undefined] as const));
    const delayMinutes = bridgeUrl === undefined ? CLOUDWATCH_DELAY_MINUTES : 0;
    const { queue: _, ...waits } = waitingFacts(depth, metrics, now, delayMinutes);
    const { findings } = verdict({
      ...metrics,
      ...settingsOf(stage),
      ...waits,
      alarms,
      now,
      delayMinutes,
      keys: [],
      deadLetters: { count: 0, recent: 0, old: 0 },
    });
    const found = findings.find(isAboutReplay);
    return found && { kind: 'found', reason: found.also, ifReplayed: found.ifReplayed };
  } catch (error) {
    return { kind: 'unknown', reason: explain(error, whereOf(context)) };
  }
}
