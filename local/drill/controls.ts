/** What the drill does to a bridge, and how it looks at it. */

import { setTimeout as wait } from 'node:timers/promises';
import { ENV } from '../../lambda/shared/environment.ts';
import { evenPace } from '../../ops/pace.ts';
import { postEvents } from '../../ops/send/post.ts';
import { sampleEvent } from '../../ops/send/sample.ts';
import type { Bridge } from '../bridge.ts';
import { letterDesk } from '../console/letters.ts';
import type { LettersView, ReplayAnswer } from '../console/state.ts';
import type { StandInMode } from '../pagerduty/mode.ts';
import type { StandIn } from '../pagerduty/stand-in.ts';
import { inQueue, queueDepth } from '../sqs/queue-depth.ts';
import { generateIntegrationKey } from '../secrets-manager/initial-values.ts';
import { accountingErrors, type Accounts } from '../traffic/accounting.ts';

/** Time between two looks, milliseconds. */
const LOOK_EVERY = 50;

/** Events to send. */
export interface Load {
  readonly events: number;
  /** Names of the views, in turn. */
  readonly views: readonly string[];
  readonly perSecond: number;
  /** Measured requests per second; the threshold is 30. */
  readonly value?: number;
}

/** Acts on a bridge for a drill. */
export interface DrillControls {
  readonly standIn: StandIn;
  /** Sends events through the webhook. @returns those that were not answered 202, in words */
  readonly send: (load: Load) => Promise<readonly string[]>;
  readonly setMode: (mode: StandInMode) => void;
  readonly letters: () => Promise<LettersView>;
  /** Replays every dead letter, as the operator's command does. */
  readonly replay: () => Promise<ReplayAnswer>;
  /** Gives every service a new integration key; PagerDuty knows the old ones no more. */
  readonly rotateKeys: () => void;
  readonly accounts: () => Promise<Accounts>;
  /** Waits until a condition holds. @returns whether it did, in time */
  readonly until: (
    condition: () => boolean | Promise<boolean>,
    seconds: number,
  ) => Promise<boolean>;
  /** Waits until nothing waits and the law holds. @returns how it is broken when that takes too long */
  readonly settled: (seconds: number) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

function rotate({ aws, delivery }: Bridge): void {
  const arn = delivery.fn.environment[ENV.integrationKeysSecretArn] ?? '';
  const old: unknown = JSON.parse(aws.secrets.get(arn).text);
  const services = typeof old === 'object' && old !== null ? Object.keys(old) : [];
  const fresh = services.map((service) => [service, generateIntegrationKey()] as const);
  aws.secrets.put(arn, JSON.stringify(Object.fromEntries(fresh)));
}

/**
 * Gets ready to act on a bridge.
 *
 * @throws Error when its events go to another PagerDuty
 */
export function drillControls(bridge: Bridge, signal: AbortSignal): DrillControls {
  const { standIn } = bridge;
  if (standIn === undefined) throw new Error('A drill needs the stand-in for PagerDuty.');
  const desk = letterDesk(bridge);
  const split = bridge.webhookUrl.lastIndexOf('/');
  const target = {
    url: bridge.webhookUrl.slice(0, split),
    token: bridge.webhookUrl.slice(split + 1),
  };
  let sent = 0;
  let replayed = 0;

  const accounts = async (): Promise<Accounts> => {
    const counters = bridge.journal.counters();
    const calls = standIn.callCounts();
    return {
      sent,
      accepted: counters['EventsAccepted'] ?? 0,
      delivered: counters['EventsDelivered'] ?? 0,
      deduplicated: counters['EventsDeduplicated'] ?? 0,
      deadLettered: counters['EventsDeadLettered'] ?? 0,
      replayed,
      waiting: inQueue(await queueDepth(bridge, 'events')),
      deadLetters: inQueue(await queueDepth(bridge, 'deadLetters')),
      calls: Object.values(calls).reduce((sum, count) => sum + count, 0),
      throttled: calls['429'] ?? 0,
    };
  };
  const until: DrillControls['until'] = async (condition, seconds) => {
    const deadline = performance.now() + seconds * 1000;
    while (!(await condition())) {
      if (performance.now() > deadline) return false;
      await wait(LOOK_EVERY, undefined, { signal });
    }
    return true;
  };
  return {
    standIn,
    accounts,
    until,
    send: async ({ events, views, perSecond, value }) => {
      let index = 0;
      const { accepted, answers } = await postEvents({
        ...target,
        count: events,
        pace: evenPace(perSecond),
        signal,
        event: () => {
          const view = views[index % views.length];
          index += 1;
          return sampleEvent({ view, value }, Date.now());
        },
      });
      sent += accepted;
      return answers
        .filter(({ status }) => status !== 202)
        .map(({ status, count, detail }) => `${count} events were answered ${status}: ${detail}`);
    },
    setMode: standIn.setMode,
    letters: desk.view,
    replay: async () => {
      const answer = await desk.replay({});
      if (answer === undefined) throw new Error('Another replay is under way.');
      replayed += answer.sent;
      return answer;
    },
    rotateKeys: () => {
      rotate(bridge);
    },
    settled: async (seconds) => {
      let last = await accounts();
      await until(async () => {
        last = await accounts();
        return last.waiting === 0 && accountingErrors(last).length === 0;
      }, seconds);
      const waiting = last.waiting === 0 ? [] : [`${last.waiting} events still wait.`];
      return [...accountingErrors(last), ...waiting];
    },
    stop: desk.stop,
  };
}
