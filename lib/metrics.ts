import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type IFilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../lambda/shared/metrics.ts';

/** Default period of alarms and graphs. */
export const PERIOD = Duration.minutes(5);

/** Period of levels and of what is counted per tick. */
export const TICK_PERIOD = Duration.minutes(1);

/**
 * One of the bridge's own metrics, for one stage: the sum over five minutes, unless set otherwise.
 */
export function bridgeMetric(stage: string, name: MetricName, options: MetricOptions = {}): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { [METRIC_DIMENSION]: stage },
    statistic: 'Sum',
    period: PERIOD,
    ...options,
  });
}

/** Lines of a log that a metric counts. */
export interface CountedLines {
  readonly logGroup: LogGroup;
  readonly pattern: IFilterPattern;
  /** Name of the metric, without the stage. */
  readonly metricName: string;
  readonly stage: string;
}

/**
 * A metric that counts log lines, as the sum over five minutes. It is for what no function of the
 * bridge can count. Without such a line, the metric costs nothing.
 */
export function countedLines(
  scope: Construct,
  id: string,
  { logGroup, pattern, metricName, stage }: CountedLines,
): Metric {
  // A filter has dimensions only from fields of the line, so the name has the stage.
  const name = `${metricName}-${stage}`;
  new MetricFilter(scope, id, {
    logGroup,
    filterPattern: pattern,
    metricNamespace: METRIC_NAMESPACE,
    metricName: name,
    metricValue: '1',
  });
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    statistic: 'Sum',
    period: PERIOD,
  });
}
