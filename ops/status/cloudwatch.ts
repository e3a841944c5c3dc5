/** Reads alarms and recent metrics of a deployed stage from CloudWatch. */

import type {
  CloudWatchClient,
  Metric,
  MetricAlarm,
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
import {
  COUNTERS,
  type Counter,
  FAILED_STATUS,
  type Point,
  pointOf,
  SERVICE_COUNTERS,
  WAITS,
} from './counters.ts';
import type { AlarmState, StageMetrics } from './facts.ts';
import { type Series, seriesOf, TICK_PERIOD_SECONDS, waitingTicks } from './ticks.ts';

/** Time that the figures go back, milliseconds. */
const SPAN = 3 * 3_600_000;

/** Longest delay after which CloudWatch shows a metric, minutes. */
export const CLOUDWATCH_DELAY_MINUTES = 3;

const PERIOD_SECONDS = 60;

/** IDs of the queries that are no counters; those of counters have the names of the counters. */
const OLDEST = 'oldest';
const STATUS = 'failedStatus';
const WAITS_FOR = { pagerDuty: 'waitsForPagerDuty', key: 'waitsForKey' };

function query(
  Id: string,
  Stat: 'Sum' | 'Maximum',
  Metric: Metric,
  Period = PERIOD_SECONDS,
): MetricDataQuery {
  return { Id, MetricStat: { Metric, Period, Stat } };
}

function dimension(Name: string, Value: string | undefined) {
  return { Dimensions: [{ Name, Value }] };
}

function ownMetric(MetricName: MetricName, { stage }: StageContext): Metric {
  return {
    Namespace: METRIC_NAMESPACE,
    MetricName,
    Dimensions: [{ Name: METRIC_DIMENSION, Value: stage.name }],
  };
}

/** Metrics of API Gateway, of the access log, and of EventBridge Scheduler. */
function serviceMetrics({ outputs, stage }: StageContext): Partial<Record<Counter, Metric>> {
  const { apiId, tickScheduleGroup } = outputs;
  const ofLog = (MetricName: string): Metric => ({
    Namespace: METRIC_NAMESPACE,
    MetricName: `${MetricName}-${stage.name}`,
  });
  return {
    throttled: ofLog(SERVICE_COUNTERS.throttled),
    unknownPaths: ofLog(SERVICE_COUNTERS.unknownPaths),
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    ...(apiId === undefined
      ? {}
      : {
          serverErrors: {
            Namespace: 'AWS/ApiGateway',
            MetricName: SERVICE_COUNTERS.serverErrors,
            ...dimension('ApiId', apiId),
          },
        }),
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
    ...(tickScheduleGroup === undefined
      ? {}
      : {
          ticksSent: {
            Namespace: 'AWS/Scheduler',
            MetricName: SERVICE_COUNTERS.ticksSent,
            ...dimension('ScheduleGroup', tickScheduleGroup),
          },
        }),
  };
}

function queries(context: StageContext): MetricDataQuery[] {
  const own = Object.entries(COUNTERS).map(([id, name]) =>
    query(id, 'Sum', ownMetric(name, context)),
  );
  const services = Object.entries(serviceMetrics(context)).map(([id, metric]) =>
    query(id, 'Sum', metric),
  );
  return [
    ...own,
    ...services,
    query(STATUS, 'Maximum', ownMetric(FAILED_STATUS, context)),
    query(WAITS_FOR.pagerDuty, 'Maximum', ownMetric(WAITS.pagerDuty, context)),
    query(WAITS_FOR.key, 'Maximum', ownMetric(WAITS.key, context)),
    query(OLDEST, 'Maximum', {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      ...dimension('QueueName', context.outputs.eventsQueueUrl.split('/').at(-1)),
    }),
  ];
}

/** The counters of each minute that has any, the oldest first. */
function pointsOf(results: readonly MetricDataResult[]): readonly Point[] {
  const series = new Map<string, Series>(results.map(({ Id = '' }) => [Id, seriesOf(results, Id)]));
  const counted = [...series].filter(([id]) => id !== OLDEST);
  const minutes = new Set(counted.flatMap(([, values]) => Array.from(values.keys())));
  const valueAt = (id: string, at: number): number | undefined => series.get(id)?.get(at);
  return [...minutes]
    .toSorted((a, b) => a - b)
    .map((at) =>
      pointOf(at, (counter) => valueAt(counter, at), {
        failedStatus: valueAt(STATUS, at) ?? 0,
        waits: {
          pagerDuty: valueAt(WAITS_FOR.pagerDuty, at) ?? 0,
          key: valueAt(WAITS_FOR.key, at) ?? 0,
        },
      }),
    );
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
    const metric = { Namespace: 'AWS/Scheduler', MetricName, ...dimension('ScheduleGroup', group) };
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
 * Reads the metrics of the last hours. Rejects with AWS's error.
 *
 * @param isAnyWaiting there are messages on the events queue; only then ticks are looked for
 */
export async function cloudWatchMetrics(
  context: StageContext,
  now: number,
  isAnyWaiting: boolean,
): Promise<StageMetrics> {
  const { GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
  const client = await cloudWatch(context);
  const ticks = isAnyWaiting ? await ticksOf(context, client, now) : undefined;
  const { MetricDataResults: results = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - SPAN),
      EndTime: new Date(now),
      MetricDataQueries: queries(context),
    }),
  );
  // The newest value comes first.
  const oldest = results.find(({ Id }) => Id === OLDEST)?.Values?.[0];
  return {
    points: pointsOf(results),
    since: now - SPAN,
    hasTicks: context.outputs.tickScheduleGroup !== undefined,
    // 0 is from a time when nothing waited.
    oldestSeconds: oldest === 0 ? undefined : oldest,
    ticks,
  };
}

async function cloudWatch({ access }: StageContext): Promise<CloudWatchClient> {
  const { CloudWatchClient: Client } = await import('@aws-sdk/client-cloudwatch');
  return watchCalls(new Client(clientSettings(access)), access.onCall);
}

/** When the state changed. The other time also changes with the state of the evaluation. */
function sinceOf(alarm: MetricAlarm): Date | undefined {
  return alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
}

/** Reads the alarms of a stage. Rejects with AWS's error. */
export async function cloudWatchAlarms(context: StageContext): Promise<readonly AlarmState[]> {
  const { paginateDescribeAlarms } = await import('@aws-sdk/client-cloudwatch');
  const client = await cloudWatch(context);
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
        since: sinceOf(alarm)?.toISOString() ?? null,
        runbook: runbookOf(alarm.AlarmDescription),
      });
    }
  }
  return alarms;
}
