/** The drill's controls of a bridge: sends events, changes PagerDuty, replays, reads the accounts. */

import { ENV } from '../../lambda/shared/environment.ts';
import { sampleEvent } from '../../ops/send/sample.ts';
import type { Bridge } from '../bridge.ts';
import { openDeadLetters } from '../console/dead-letters.ts';
import type { DeadLettersView, ReplayAnswer } from '../console/state.ts';
import type { StandIn } from '../pagerduty/stand-in.ts';
import { generateIntegrationKey } from '../secrets-manager/initial-values.ts';
import { textMap } from '../stack/values.ts';
import { accounting } from '../traffic/accounting.ts';
import { postAtRate } from '../traffic/post.ts';
import { depth, holdsWithin, type Condition } from '../traffic/wait.ts';
import { accountingErrors, count, type DrillAccounts } from './accounts.ts';

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
  /** Sends events through the webhook. @returns a sentence per status other than 202 */
  readonly send: (load: Load) => Promise<readonly string[]>;
  readonly setMode: StandIn['setMode'];
  readonly deadLetters: () => Promise<DeadLettersView>;
  /** Replays every dead letter, as the operator's command does. */
  readonly replay: () => Promise<ReplayAnswer>;
  /** Gives every service a new integration key; PagerDuty refuses the old ones from then on. */
  readonly rotateKeys: () => void;
  readonly accounts: () => Promise<DrillAccounts>;
  /** Waits until a condition holds. @returns whether it held in time */
  readonly holdsWithin: (seconds: number, condition: Condition) => Promise<boolean>;
  /** Waits until the queue is empty and the accounts are right. @returns what is wrong after that */
  readonly settled: (seconds: number) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

function* sampleEvents({ events, views, value }: Load): Generator<object> {
  for (let index = 0; index < events; index += 1) {
    yield sampleEvent({ view: views[index % views.length], value }, Date.now());
  }
}

function rotate({ aws, delivery }: Bridge): void {
  const arn = delivery.fn.environment[ENV.integrationKeysSecretArn] ?? '';
  const services = Object.keys(textMap(JSON.parse(aws.secrets.get(arn).text)));
  const keys = services.map((service) => [service, generateIntegrationKey()]);
  aws.secrets.put(arn, JSON.stringify(Object.fromEntries(keys)));
}

/**
 * Makes the controls of a bridge.
 *
 * @throws Error when its events are delivered to another PagerDuty than the stand-in
 */
export function drillControls(bridge: Bridge, signal: AbortSignal): DrillControls {
  const { standIn } = bridge;
  if (standIn === undefined) throw new Error('A drill needs the stand-in for PagerDuty.');
  const deadLetters = openDeadLetters(bridge);
  let sent = 0;
  let replayed = 0;

  const accounts = async (): Promise<DrillAccounts> => {
    const calls = standIn.callCounts();
    return {
      ...(await accounting(bridge, replayed)),
      sent,
      deadLetters: await depth(bridge, 'deadLetters'),
      calls: Object.values(calls).reduce((sum, number) => sum + number, 0),
      throttled: calls['429'] ?? 0,
    };
  };
  return {
    standIn,
    accounts,
    send: async (load) => {
      const answers = await postAtRate(bridge, sampleEvents(load), load.perSecond, signal);
      sent += answers.find(({ status }) => status === 202)?.count ?? 0;
      return answers
        .filter(({ status }) => status !== 202)
        .map(
          (answer) => `${count(answer.count, 'event')} got a ${answer.status}: ${answer.detail}`,
        );
    },
    setMode: standIn.setMode,
    deadLetters: deadLetters.view,
    replay: async () => {
      const answer = await deadLetters.replay({});
      if (answer === undefined) throw new Error('Another replay is running.');
      replayed += answer.sent;
      return answer;
    },
    rotateKeys: () => {
      rotate(bridge);
    },
    holdsWithin: (seconds, condition) => holdsWithin(seconds, condition, signal),
    settled: async (seconds) => {
      let last = await accounts();
      await holdsWithin(
        seconds,
        async () => {
          last = await accounts();
          return last.waiting === 0 && accountingErrors(last).length === 0;
        },
        signal,
      );
      const waiting = last.waiting === 0 ? [] : [`Still waiting: ${count(last.waiting, 'event')}.`];
      return [...accountingErrors(last), ...waiting];
    },
    stop: deadLetters.stop,
  };
}
