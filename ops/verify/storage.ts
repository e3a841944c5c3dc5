/** Checks of queues, secrets and the topic of alarms. They only read. */

import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';

import { receiversOf, snsClient } from '../alarms/receivers.ts';
import { keyStates } from '../keys/integration-keys-secret.ts';
import { readKeys } from '../keys/store.ts';
import { readToken, tokenSecret } from '../secrets/token.ts';
import type { StageContext } from '../stage/context.ts';
import { type Check, type CheckInput, type Observation, seen, unchecked } from './check.ts';

/** Receives before SQS moves a message; the template sets this maximum of SQS. */
const MAX_RECEIVES = 1_000;

const DAY_SECONDS = 86_400;

type Attributes = Readonly<Partial<Record<string, string>>>;

async function attributesOf(
  { sqs }: StageContext,
  QueueUrl: string,
  AttributeNames: ('VisibilityTimeout' | 'MessageRetentionPeriod' | 'RedrivePolicy')[],
): Promise<Attributes> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
  return (await sqs.send(command)).Attributes ?? {};
}

function receivesOf(redrivePolicy: string | undefined): number | undefined {
  const [, count] = /"maxReceiveCount":\s*"?(\d+)/.exec(redrivePolicy ?? '') ?? [];
  return count === undefined ? undefined : Number(count);
}

async function checkQueues({ context }: CheckInput): Promise<readonly Observation[]> {
  const { outputs, stage } = context;
  const events = await attributesOf(context, outputs.eventsQueueUrl, [
    'VisibilityTimeout',
    'MessageRetentionPeriod',
    'RedrivePolicy',
  ]);
  const dead = await attributesOf(context, outputs.deadLetterQueueUrl, ['MessageRetentionPeriod']);
  const { timeoutSeconds, batchWindowSeconds } = stage.deliveryFunction;
  const least = 6 * timeoutSeconds + batchWindowSeconds;
  const visibility = Number(events['VisibilityTimeout']);
  const receives = receivesOf(events['RedrivePolicy']);
  const days = [events, dead].map((all) => Number(all['MessageRetentionPeriod']) / DAY_SECONDS);
  return [
    seen('SQ1', visibility >= least, `${visibility} s; at least ${least} s are needed`),
    seen('SQ2', receives === MAX_RECEIVES, `maxReceiveCount ${receives ?? 'is not set'}`),
    seen(
      'SQ3',
      days.every((one) => one === stage.queue.retentionDays),
      `events ${days[0]} days, dead letters ${days[1]} days; the stage sets ${stage.queue.retentionDays}`,
    ),
  ];
}

async function checkToken({ context, hide }: CheckInput): Promise<readonly Observation[]> {
  const token = await readToken(tokenSecret(context));
  hide(token);
  return [seen('SM1', true, `${token.length} characters that fit a URL`)];
}

async function checkKeys({ context, hide }: CheckInput): Promise<readonly Observation[]> {
  const { secrets, outputs, services } = context;
  const { keys } = await readKeys({ secrets, secretArn: outputs.integrationKeysSecretArn });
  for (const key of keys.values()) if (typeof key === 'string') hide(key);
  const routed = keyStates(keys, services).filter((key) => key.routed);
  const set = routed.filter(({ state }) => state === 'set').length;
  const observed = `${set} of ${routed.length} services have a well-formed key`;
  // A key that is not set says nothing about Secrets Manager.
  return [set > 0 ? seen('SM2', true, observed) : unchecked('SM2', observed)];
}

async function checkReceivers({ context }: CheckInput): Promise<readonly Observation[]> {
  const { alarmTopicArn } = context.outputs;
  if (context.bridgeUrl !== undefined || alarmTopicArn === undefined) {
    return [unchecked('PD16', 'This stage has no topic of alarms.')];
  }
  const client = await snsClient(context.access);
  const all = await receiversOf(context.stage, alarmTopicArn, client);
  const ofPagerDuty = all.filter(({ kind }) => kind === 'pagerduty');
  if (ofPagerDuty.length === 0) return [unchecked('PD16', 'PagerDuty is not subscribed.')];
  const confirmed = ofPagerDuty.filter(({ isConfirmed }) => isConfirmed).length;
  const observed = `${confirmed} of ${ofPagerDuty.length} subscriptions confirmed`;
  return [seen('PD16', confirmed === ofPagerDuty.length, observed)];
}

/** The checks of queues, secrets and the topic of alarms. */
export const STORAGE_CHECKS: readonly Check[] = [
  { ids: ['SQ1', 'SQ2', 'SQ3'], by: 'verify', run: checkQueues },
  { ids: ['SM1'], by: 'verify', run: checkToken },
  { ids: ['SM2'], by: 'verify', run: checkKeys },
  { ids: ['PD16'], by: 'verify', run: checkReceivers },
];
