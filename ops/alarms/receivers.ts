/** Who receives the alarms of a deployed stage: the subscriptions of its topic. */

import type { SNSClient } from '@aws-sdk/client-sns';

import { PAGERDUTY_URLS, type StageConfig } from '../../config/stage.ts';
import { isIntegrationKey } from '../../lambda/pagerduty/integration-key.ts';
import { watchCalls } from '../aws/calls.ts';
import { type AwsAccess, clientSettings } from '../aws/clients.ts';
import { OperatorError, UsageError } from '../errors.ts';

/** One receiver of alarms. Never has the key of PagerDuty, which is in the address of its endpoint. */
export interface Receiver {
  readonly kind: 'pagerduty' | 'email' | 'topic' | 'other';
  /** An e-mail address, the ARN of a topic, or the protocol of another subscription. */
  readonly name: string;
  /** False while the receiver has not confirmed the subscription. Until then it gets nothing. */
  readonly isConfirmed: boolean;
}

/** An SNS client. Imported when it is used, because importing clients takes most of a start. */
export async function snsClient(access: AwsAccess): Promise<SNSClient> {
  const { SNSClient: Client } = await import('@aws-sdk/client-sns');
  return watchCalls(new Client(clientSettings(access)), access.onCall);
}

/** Hosts of PagerDuty that take alarms. */
const HOSTS = Object.values(PAGERDUTY_URLS).map((url) => new URL(url).host);

function receiverOf(protocol: string, endpoint: string, isConfirmed: boolean): Receiver {
  if (protocol === 'email') return { kind: 'email', name: endpoint, isConfirmed };
  const isPagerDuty = URL.canParse(endpoint) && HOSTS.includes(new URL(endpoint).host);
  return isPagerDuty
    ? { kind: 'pagerduty', name: 'PagerDuty', isConfirmed }
    : { kind: 'other', name: protocol, isConfirmed };
}

/**
 * The receivers of a stage: the subscriptions of its topic, and the topic of its owner. Rejects with
 * AWS's error.
 */
export async function receiversOf(
  { alarms }: Pick<StageConfig, 'alarms'>,
  topicArn: string,
  client: SNSClient,
): Promise<readonly Receiver[]> {
  const { paginateListSubscriptionsByTopic } = await import('@aws-sdk/client-sns');
  const owner: readonly Receiver[] =
    alarms.topicArn === undefined
      ? []
      : [{ kind: 'topic', name: alarms.topicArn, isConfirmed: true }];
  const found: Receiver[] = [...owner];
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic(
    { client },
    { TopicArn: topicArn },
  )) {
    for (const { Protocol = '', Endpoint = '', SubscriptionArn = '' } of Subscriptions) {
      if (SubscriptionArn === 'Deleted') continue;
      found.push(receiverOf(Protocol, Endpoint, SubscriptionArn.startsWith('arn:')));
    }
  }
  return found;
}

/**
 * What is wrong with the receivers; `undefined` when someone gets the alarms. One sentence, for
 * `status` and for `alarms list`.
 */
export function receiverProblem(receivers: readonly Receiver[]): string | undefined {
  if (receivers.some(({ isConfirmed }) => isConfirmed)) return undefined;
  return receivers.length === 0
    ? 'The alarms have no receiver; subscribe PagerDuty with: ./bridge alarms page, or add alarmEmails to the stage.'
    : 'The alarms have no receiver that has confirmed. Confirm the e-mail of SNS, or subscribe PagerDuty with: ./bridge alarms page.';
}

/**
 * Reads what an operator entered as the key of an Amazon CloudWatch integration.
 *
 * @throws UsageError that says where the right key is, without the text
 */
export function readCloudWatchKey(entered: string): string {
  const key = entered.trim();
  if (isIntegrationKey(key)) return key;
  throw new UsageError(
    'That is no key of an Amazon CloudWatch integration: it has 32 letters and digits. In PagerDuty: Services, the service of those who run the bridge, Integrations, "Amazon CloudWatch".',
  );
}

/**
 * The base URL of PagerDuty for SNS, which does not go through a proxy of the stage.
 *
 * @param region as the operator gave it
 * @throws UsageError when the region is unknown
 */
export function pagerDutyUrlOf(
  { pagerDutyUrl }: Pick<StageConfig, 'pagerDutyUrl'>,
  region: string | undefined,
): string {
  const urls: Readonly<Record<string, string>> = PAGERDUTY_URLS;
  if (region === undefined && Object.values(urls).includes(pagerDutyUrl)) return pagerDutyUrl;
  const url = Object.hasOwn(urls, region ?? '') ? urls[region ?? ''] : undefined;
  if (url !== undefined) return url;
  throw new UsageError(
    'Which region of PagerDuty is it? The stage does not say; add --pagerduty-region us or eu.',
  );
}

/**
 * Subscribes PagerDuty to a topic. SNS calls PagerDuty itself, and not the bridge, and PagerDuty
 * confirms by itself.
 *
 * @param pagerDutyUrl see {@link pagerDutyUrlOf}
 * https://www.pagerduty.com/docs/guides/amazon-cloudwatch-integration-guide/
 *
 * @throws OperatorError when SNS refuses the endpoint; else AWS's error. Neither has the key.
 */
export async function subscribePagerDuty(
  pagerDutyUrl: string,
  key: string,
  topicArn: string,
  client: SNSClient,
): Promise<void> {
  const { SubscribeCommand } = await import('@aws-sdk/client-sns');
  const Endpoint = `${pagerDutyUrl}/integration/${key}/enqueue`;
  try {
    await client.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'https', Endpoint }));
  } catch (error) {
    // SNS repeats a bad endpoint in its message, and the endpoint has the key.
    if (!(error instanceof Error) || !`${error.message}${error.stack}`.includes(key)) throw error;
    throw new OperatorError(
      `SNS does not take PagerDuty's endpoint (${error.name}); see that the key is that of an Amazon CloudWatch integration.`,
    );
  }
}
