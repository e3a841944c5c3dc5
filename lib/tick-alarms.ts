/** Alarms on what delivery does with a tick: in every stage, and in one that resolves incidents. */

import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { StageConfig } from '../config/stage.ts';
import { formatDuration } from '../lambda/shared/duration.ts';
import type { AlarmRule } from './alarm-rule.ts';
import type { DeliveryTick } from './delivery-tick.ts';
import { bridgeMetric, TICK_PERIOD } from './metrics.ts';

/** Minutes without a tick from delivery. A deployment or an update of Lambda takes less. */
const SILENT_MINUTES = 5;

/**
 * Ticks that the schedule sent and delivery did not report. What CloudWatch has, and what follows:
 *
 * - First deployment, or the first one with ticks: no attempt yet, so there is no data. The alarm
 *   begins in the state INSUFFICIENT_DATA, and only a change of state notifies.
 * - Delivery does not run: attempts, and no ticks. `FILL` replaces the missing ticks. If delivery
 *   never reported one, the metric does not exist, and the second list item is in its place.
 * - The schedule cannot send: attempts, and no ticks.
 * - The schedule is disabled or deleted: no attempts, and the state changes to INSUFFICIENT_DATA,
 *   which notifies too.
 * - Metrics come late: at most the newest minutes are affected, and the alarm needs all five.
 */
export function deliverySilent(stageName: string, tick: DeliveryTick): AlarmRule {
  return {
    id: 'DeliverySilent',
    metric: new MathExpression({
      label: 'Minutes in which delivery reported no tick',
      expression: 'attempts > 0 AND MAX([FILL(ticks, 0), attempts * 0]) < 1',
      usingMetrics: {
        attempts: tick.attempts(),
        ticks: bridgeMetric(stageName, 'Ticks', { period: TICK_PERIOD }),
      },
      period: TICK_PERIOD,
    }),
    periods: SILENT_MINUTES,
    withoutData: 'lost',
    impact: 'delivery does not run, so events wait and do not become pages.',
    reason: `${SILENT_MINUTES} minutes without a tick, of which delivery gets one per minute. INSUFFICIENT_DATA means that no tick is sent.`,
  };
}

/** Alarms of a stage that resolves incidents. */
export function resolveRules({ name, delivery }: StageConfig): readonly AlarmRule[] {
  return [
    {
      id: 'TimersFailed',
      metric: bridgeMetric(name, 'TimersFailed'),
      command: 'incidents list',
      impact: 'pages go out, but their incidents are resolved late, or not at all.',
      reason: 'one call to DynamoDB that failed twice.',
    },
    {
      id: 'ResolvesOverdue',
      metric: bridgeMetric(name, 'ResolvesOverdue'),
      command: 'incidents list',
      impact: 'incidents stay open, and a new problem of the same view may send no page.',
      reason: `PagerDuty did not accept a resolve within ${formatDuration(delivery.giveUpAfterSeconds * 1000)}.`,
    },
  ];
}
