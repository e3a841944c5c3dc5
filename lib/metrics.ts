import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../lambda/shared/metrics.ts';

/** Default period of alarms and graphs. */
export const PERIOD = Duration.minutes(5);

/** Period of what is counted per tick. */
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
