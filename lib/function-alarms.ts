import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { METRIC_NAMESPACE } from '../lambda/shared/metrics.ts';
import type { Alarms } from './alarms.ts';
import type { BridgeFunction } from './bridge-function.ts';
import { PERIOD } from './metrics.ts';

/**
 * Share of the time-out, and of the memory, from which it gets close. Delivery stops calling in
 * time for one slow call and its bookkeeping, so it gets there only when both were slow.
 */
const NEAR = 0.9;

/**
 * A metric of the invocations that came close to the memory limit. Lambda publishes none, but
 * reports the memory used at the end of each; as nothing is counted below the limit, the metric
 * costs nothing until it matters.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
 */
function nearMemoryMetric(id: string, fn: BridgeFunction): Metric {
  const name = `${id}NearMemory-${fn.stageName}`;
  new MetricFilter(fn, 'NearMemory', {
    logGroup: fn.logGroup,
    filterPattern: FilterPattern.all(
      FilterPattern.stringValue('$.type', '=', 'platform.report'),
      FilterPattern.numberValue(
        '$.record.metrics.maxMemoryUsedMB',
        '>=',
        Math.floor(fn.memoryMB * NEAR),
      ),
    ),
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

/** Adds what is watched of every function. */
export function addFunctionAlarms(alarms: Alarms, id: string, fn: BridgeFunction): void {
  const lower = id.toLowerCase();
  const lambda = fn.function;
  alarms.add(`${id}Errors`, {
    metric: lambda.metricErrors({ period: PERIOD }),
    threshold: 1,
    impact:
      id === 'Ingest'
        ? 'an event was answered with an error.'
        : 'a batch came back to the queue; its events are late.',
    reason: 'the function handles every failure it knows, so one means one that it does not.',
    runbook: `${lower}-errors`,
  });
  alarms.add(`${id}Throttles`, {
    metric: lambda.metricThrottles({ period: PERIOD }),
    threshold: 1,
    impact:
      id === 'Ingest'
        ? 'events were not accepted, because no instance was free.'
        : 'batches wait, because no instance was free.',
    reason: 'the stage reserves what it needs or the account has it; neither was enough.',
    runbook: `${lower}-throttles`,
  });
  alarms.add(`${id}NearTimeout`, {
    metric: lambda.metricDuration({ period: PERIOD, statistic: 'Maximum' }),
    threshold: fn.timeoutSeconds * 1000 * NEAR,
    impact: 'the function is about to be stopped in the middle of its work.',
    reason: `${NEAR * 100} % of its time-out of ${fn.timeoutSeconds} s.`,
    runbook: `${lower}-near-timeout`,
  });
  alarms.add(`${id}NearMemory`, {
    metric: nearMemoryMetric(id, fn),
    threshold: 1,
    impact: 'the function is about to be killed for want of memory.',
    reason: `${NEAR * 100} % of its ${fn.memoryMB} MB.`,
    runbook: `${lower}-near-memory`,
  });
}
