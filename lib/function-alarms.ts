import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { NEAR_LIMIT, NEAR_MEMORY_MESSAGE } from '../lambda/shared/memory.ts';
import { METRIC_NAMESPACE } from '../lambda/shared/metrics.ts';
import type { Alarms } from './alarms.ts';
import type { BridgeFunction } from './bridge-function.ts';
import { PERIOD } from './metrics.ts';

/**
 * A metric of the invocations that came close to the memory limit. Lambda publishes none, but the
 * functions say so themselves; as there is no such line below the limit, the metric costs nothing
 * until it matters.
 */
function nearMemoryMetric(id: string, fn: BridgeFunction): Metric {
  const name = `${id}NearMemory-${fn.stageName}`;
  new MetricFilter(fn, 'NearMemory', {
    logGroup: fn.logGroup,
    filterPattern: FilterPattern.stringValue('$.message', '=', NEAR_MEMORY_MESSAGE),
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
    // Delivery stops calling in time for one slow call and its bookkeeping, so it gets there only
    // when both were slow.
    threshold: fn.timeoutSeconds * 1000 * NEAR_LIMIT,
    impact: 'the function is about to be stopped in the middle of its work.',
    reason: `${NEAR_LIMIT * 100} % of its time-out of ${fn.timeoutSeconds} s.`,
    runbook: `${lower}-near-timeout`,
  });
  alarms.add(`${id}NearMemory`, {
    metric: nearMemoryMetric(id, fn),
    threshold: 1,
    impact: 'the function is about to be killed for want of memory.',
    reason: `${NEAR_LIMIT * 100} % of its ${fn.memoryMB} MB.`,
    runbook: `${lower}-near-memory`,
  });
}
