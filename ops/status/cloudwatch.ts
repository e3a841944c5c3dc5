/** Reads alarms and recent metrics of a deployed stage from CloudWatch. */

import type {
  CloudWatchClient,
  Metric,
  MetricDataQuery,
  MetricDataResult,
} from '@aws-sdk/client-cloudwatch';

import {
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  type MetricName,
} from '../../lambda/shared/metrics.ts';
import { watchCalls } from '../aws/calls.ts';
import { clientSettings } from '../aws/clients.ts';
import type { StageContext } from '../stage/context.ts';
import { COUNTERS, countersFrom } from './counters.ts';
import { seriesOf, TICK_PERIOD_SECONDS, waitingTicks } from './ticks.ts';
import type { AlarmState, StageMetrics } from './verdict.ts';

/** Length of "recent", seconds. */
const RECENT_SECONDS = 15 * 60;

const PERIOD_SECONDS = 60;

/** ID of the query for the oldest event; the other queries have the names of their counters. */
const OLDEST = 'oldest';

function query(
  Id: string,
  Stat: 'Sum' | 'Maximum',
  Metric: Metric,
  Period = PERIOD_SECONDS,
): MetricDataQuery {
  return { Id, MetricStat: { Metric, Period, Stat } };
}

function ownMetric(MetricName: MetricName, { stage }: StageContext): Metric {
  return {
    Namespace: METRIC_NAMESPACE,
    MetricName,
    Dimensions: [{ Name: METRIC_DIMENSION, Value: stage.name }],
  };
}

function queries(context: StageContext): MetricDataQuery[] {
  const { outputs } = context;
  const counters = Object.entries(COUNTERS).map(([id, name]) =>
    query(id, 'Sum', ownMetric(name, context)),
  );
  const oldest = query(OLDEST, 'Maximum', {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateAgeOfOldestMessage',
    Dimensions: [{ Name: 'QueueName', Value: outputs.eventsQueueUrl.split('/').at(-1) }],
  });
  return [...counters, oldest];
}

function sumOf(results: readonly MetricDataResult[], id: string): number {
  const values = results.find(({ Id }) => Id === id)?.Values ?? [];
  return values.reduce((sum, value) => sum + value, 0);
}

/**
 * The name of an alarm within its stack, without the stack's name before it and the hash and random
 * characters behind it, which CloudFormation adds.
 */
function shortAlarmName(name: string, stackName: string): string {
  const inStack = name.startsWith(`${stackName}-`) ? name.slice(stackName.length + 1) : name;
  return inStack.replace(/^Alarms/, '').replace(/[0-9A-F]{8}-[A-Za-z0-9]+$/, '') || name;
}

/** Runbook section in an alarm's description. */
function runbookOf(description = ''): string | null {
  return /^Runbook: (\S+)$/m.exec(description)?.[1] ?? null;
}

/** Estimates the ticks on the events queue; `undefined` for a stage without ticks. */
async function ticksOf(
  context: StageContext,
  client: CloudWatchClient,
  now: number,
): Promise<number | undefined> {
  const { tickScheduleGroup: group } = context.outputs;
  if (group === undefined) return undefined;
  const { GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
  // https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
  const ofSchedule = (id: string, MetricName: string): MetricDataQuery => {
    const Dimensions = [{ Name: 'ScheduleGroup', Value: group }];
    const metric = { Namespace: 'AWS/Scheduler', MetricName, Dimensions };
    return query(id, 'Sum', metric, TICK_PERIOD_SECONDS);
  };
  const { MetricDataResults: results = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - context.stage.queue.retentionDays * 86_400_000),
      EndTime: new Date(now),
      MetricDataQueries: [
        ofSchedule('attempts', 'InvocationAttemptCount'),
        ofSchedule('errors', 'TargetErrorCount'),
        query('ticks', 'Sum', ownMetric('Ticks', context), TICK_PERIOD_SECONDS),
      ],
    }),
  );
  return waitingTicks(
    {
      attempts: seriesOf(results, 'attempts'),
      errors: seriesOf(results, 'errors'),
      reported: seriesOf(results, 'ticks'),
    },
    now,
  );
}

/**
 * Reads metrics and alarms. Rejects with AWS's error.
 *
 * @param isAnyWaiting there are messages on the events queue; only then ticks are looked for
 */
export async function cloudWatchMetrics(
  context: StageContext,
  now: number,
  isAnyWaiting: boolean,
): Promise<StageMetrics> {
  const { CloudWatchClient, GetMetricDataCommand, paginateDescribeAlarms } =
    await import('@aws-sdk/client-cloudwatch');
  const { access } = context;
  const client = watchCalls(new CloudWatchClient(clientSettings(access)), access.onCall);
  const ticks = isAnyWaiting ? await ticksOf(context, client, now) : undefined;
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
        since: alarm.StateUpdatedTimestamp?.toISOString() ?? null,
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
      ...countersFrom((counter) => sumOf(results, counter)),
    },
    oldestSeconds: oldest,
    ticks,
    alarms,
  };
}
