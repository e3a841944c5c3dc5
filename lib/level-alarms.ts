/** Alarms on what waits now, and on what delivery could not do. */

import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { StageConfig } from '../config/stage.ts';
import { longestWaitOf } from '../lambda/shared/delivery-settings.ts';
import { formatDuration } from '../lambda/shared/duration.ts';
import type { MetricName } from '../lambda/shared/metrics.ts';
import type { AlarmRule } from './alarm-rule.ts';
import { type EventsQueue, visibilityTimeoutOf } from './events-queue.ts';
import { bridgeMetric, PERIOD, TICK_PERIOD } from './metrics.ts';

/**
 * Age at which a page that waits because of PagerDuty notifies, seconds. A short failure is over
 * after the first retries.
 */
const PAGERDUTY_SECONDS = 120;

/** CloudWatch gets a metric from a log line up to so much later, and PagerDuty may ask for a wait. */
const LATE_SECONDS = 240;

/** Period of the alarm on old dead letters. */
const OLD_PERIOD = Duration.hours(6);

/** Share of its retention after which a dead letter is old: 5 of 14 days. */
const OLD_SHARE = 5 / 14;

/**
 * Minutes that an alarm on what waits looks back. One of them at the threshold is enough.
 *
 * An event that waits is seen when it comes back: after its longest wait, or after the visibility
 * timeout if the function died. So no look back contains less than one value of an event that still
 * waits, and the alarm ends this long after the last one.
 */
export function lookBackMinutes(stage: StageConfig): number {
  const longestGap = Math.max(longestWaitOf(stage.delivery) / 1000, visibilityTimeoutOf(stage));
  return 1 + Math.ceil((longestGap + LATE_SECONDS) / 60);
}

/** The alarms on what waits now: levels of the delivery function. */
export function levelRules(stage: StageConfig): readonly AlarmRule[] {
  const delay = stage.alarms.deliveryDelaySeconds;
  const period = TICK_PERIOD;
  const level = (name: MetricName) =>
    bridgeMetric(stage.name, name, { statistic: 'Maximum', period });
  const lasting = { periods: lookBackMinutes(stage), periodsToAlarm: 1 } as const;
  const counted = (name: MetricName) => bridgeMetric(stage.name, name, { period });
  return [
    {
      id: 'DeliveryDelay',
      // A level of 0 is not published. A tick without a level stands for it, so the alarm can tell 0
      // from a delivery that does not run, during which it keeps its state.
      metric: new MathExpression({
        label: 'Age of the oldest page (s)',
        expression: 'MAX([FILL(oldest, 0), ticks * 0])',
        usingMetrics: { oldest: level('OldestPage'), ticks: counted('Ticks') },
        period,
      }),
      threshold: delay,
      ...lasting,
      withoutData: 'unknown',
      impact: 'pages come late, or wait.',
      reason: `a page is ${delay} s old, which is what the stage allows.`,
    },
    {
      id: 'IntegrationKeyMissing',
      metric: level('WaitingForKey'),
      ...lasting,
      command: 'keys check',
      impact: `the events of a PagerDuty service wait until you set its key, and are dead letters after ${formatDuration(stage.delivery.giveUpAfterSeconds * 1000)}.`,
      reason: 'one event that waits for a key.',
    },
    {
      id: 'PagerDutyUnavailable',
      metric: level('WaitingForPagerDuty'),
      threshold: PAGERDUTY_SECONDS,
      ...lasting,
      impact:
        'calls to PagerDuty fail, so pages wait. They go out when PagerDuty accepts calls again.',
      reason: `a page has waited for ${PAGERDUTY_SECONDS} s. A short failure is over by then.`,
    },
    {
      id: 'PagerDutyRefusing',
      metric: counted('PagerDutyRefused'),
      ...lasting,
      command: 'dlq list --reason rejected',
      impact: 'PagerDuty refuses events, which become dead letters, or a key, whose events wait.',
      reason: 'one refused call. To send it again does not help.',
    },
    {
      id: 'InternalErrors',
      metric: counted('InternalErrors'),
      ...lasting,
      impact: 'the bridge itself fails on an event, which waits, or on an update or a resolve.',
      reason: 'one failure. It is a defect of the bridge.',
    },
  ];
}

/** The alarms on dead letters. */
export function deadLetterRules(
  { name, queue }: StageConfig,
  { deadLetterQueue }: EventsQueue,
): readonly AlarmRule[] {
  const depth = (period: Duration) =>
    deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
  const oldPeriods = Math.max(
    1,
    Math.floor((queue.retentionDays * 24 * OLD_SHARE) / OLD_PERIOD.toHours()),
  );
  const oldDays = Math.round((oldPeriods * OLD_PERIOD.toHours()) / 2.4) / 10;
  return [
    {
      id: 'DeadLetters',
      metric: depth(PERIOD),
      command: 'dlq list',
      impact: 'events did not become pages, and will not by themselves. Replay or discard them.',
      reason: 'one dead letter.',
    },
    {
      id: 'NewDeadLetters',
      metric: bridgeMetric(name, 'EventsDeadLettered'),
      command: 'dlq list --since 1h',
      impact: 'further events did not become pages, and will not by themselves.',
      reason: `one new dead letter. OK only means that no further one came for ${PERIOD.toMinutes()} minutes.`,
    },
    {
      id: 'OldDeadLetters',
      // Not the age of the oldest: AWS leaves messages out of it that were received three times, and
      // each command that lists dead letters receives them.
      metric: depth(OLD_PERIOD),
      periods: oldPeriods,
      command: 'dlq list',
      impact: `SQS deletes a dead letter ${queue.retentionDays} days after it was sent; then its event is lost.`,
      reason: `there were dead letters for ${oldDays} days without a break.`,
    },
  ];
}
