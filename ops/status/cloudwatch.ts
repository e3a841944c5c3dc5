/** What CloudWatch knows of a deployed stage: its alarms, and what happened lately. */

import type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';

import {
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  type MetricName,
} from '../../lambda/shared/metrics.ts';
import { watchCalls } from '../aws/calls.ts';
import { clientSettings } from '../aws/clients.ts';
import type { StageContext } from '../stage/context.ts';
import type { AlarmState, Recent } from './verdict.ts';

/** What CloudWatch knows. */
export interface CloudWatchFacts {
  readonly recent: Recent;
  /** Age of the oldest event, seconds. */
  readonly oldestSeconds: number | undefined;
  readonly alarms: readonly AlarmState[];
}

/** How far back "lately" goes, seconds. */
const RECENT_SECONDS = 15 * 60;

const PERIOD_SECONDS = 60;

const COUNTERS = {
  accepted: 'EventsAccepted',
  delivered: 'EventsDelivered',
  deduplicated: 'EventsDeduplicated',
  deadLettered: 'EventsDeadLettered',
  refused: 'PagerDutyRefused',
  unavailable: 'PagerDutyUnavailable',
} as const satisfies Partial<Record<keyof Recent, MetricName>>;

/** ID of the query for the oldest event; the other queries have the names of their counters. */
const OLDEST = 'oldest';

function queries(context: StageContext): MetricDataQuery[] {
  const counters = Object.entries(COUNTERS).map(([id, metric]) => ({
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: METRIC_NAMESPACE,
        MetricName: metric,
        Dimensions: [{ Name: METRIC_DIMENSION, Value: context.stage.name }],
      },
      Period: PERIOD_SECONDS,
      Stat: 'Sum',
    },
  }));
  const queueName = context.outputs.eventsQueueUrl.split('/').at(-1);
  return [
    ...counters,
    {
      Id: OLDEST,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/SQS',
          MetricName: 'ApproximateAgeOfOldestMessage',
          Dimensions: [{ Name: 'QueueName', Value: queueName }],
        },
        Period: PERIOD_SECONDS,
        Stat: 'Maximum',
      },
    },
  ];
}

function sumOf(results: readonly MetricDataResult[], id: string): number {
  const values = results.find(({ Id }) => Id === id)?.Values ?? [];
  return values.reduce((sum, value) => sum + value, 0);
}

/**
 * The name of an alarm within its stack: CloudFormation puts the stack's name before it, and a hash
 * and random characters behind.
 */
function shortAlarmName(name: string, stackName: string): string {
  const inStack = name.startsWith(`${stackName}-`) ? name.slice(stackName.length + 1) : name;
  return inStack.replace(/^Alarms/, '').replace(/[0-9A-F]{8}-[A-Za-z0-9]+$/, '') || name;
}

/** Where an alarm's description says that the runbook tells what to do. */
function runbookOf(description: string | undefined): string | undefined {
  return /^Runbook: (\S+)$/m.exec(description ?? '')?.[1];
}

/** Asks CloudWatch. Rejects with AWS's error. */
export async function askCloudWatch(context: StageContext, now: number): Promise<CloudWatchFacts> {
  const { CloudWatchClient, GetMetricDataCommand, paginateDescribeAlarms } =
    await import('@aws-sdk/client-cloudwatch');
  const client = new CloudWatchClient(clientSettings(context.access));
  watchCalls(client, context.access.onCall);
  const { MetricDataResults: results = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - RECENT_SECONDS * 1_000),
      EndTime: new Date(now),
      MetricDataQueries: queries(context),
    }),
  );
  const alarms: AlarmState[] = [];
  const pages = paginateDescribeAlarms(
    { client },
    { AlarmNamePrefix: `${context.stackName}-`, AlarmTypes: ['MetricAlarm'] },
  );
  for await (const { MetricAlarms = [] } of pages) {
    for (const alarm of MetricAlarms) {
      // The prefix also fits the stage `prod-eu` when this one is `prod`.
      if (alarm.AlarmDescription?.startsWith(`Stage ${context.stage.name}. `) !== true) continue;
      alarms.push({
        name: shortAlarmName(alarm.AlarmName ?? '', context.stackName),
        state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
        since: alarm.StateUpdatedTimestamp?.toISOString(),
        runbook: runbookOf(alarm.AlarmDescription),
      });
    }
  }
  // The newest value comes first.
  const oldest = results.find(({ Id }) => Id === OLDEST)?.Values?.[0];
  return {
    recent: {
      isNow: true,
      span: `in the last ${RECENT_SECONDS / 60} min`,
      accepted: sumOf(results, 'accepted'),
      delivered: sumOf(results, 'delivered'),
      deduplicated: sumOf(results, 'deduplicated'),
      deadLettered: sumOf(results, 'deadLettered'),
      refused: sumOf(results, 'refused'),
      unavailable: sumOf(results, 'unavailable'),
    },
    oldestSeconds: oldest,
    alarms,
  };
}
