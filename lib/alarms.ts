import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { BridgeFunction } from './bridge-function.ts';
import type { EventsQueue } from './events-queue.ts';
import { addFunctionAlarms } from './function-alarms.ts';
import type { IngestApi } from './ingest-api.ts';
import { bridgeMetric, PERIOD } from './metrics.ts';

/** What an alarm watches, and what it tells whoever it wakes. */
export interface AlarmRule {
  readonly metric: IMetric;
  /** Rings at this value and above (below, for `ringsBelow`). */
  readonly threshold: number;
  /** Periods in a row. @default 1 */
  readonly periods?: number;
  /** Rings when the value is below the threshold. @default false */
  readonly ringsBelow?: boolean;
  /** What no data means. Most of our metrics are absent when nothing happened. @default not breaching */
  readonly missing?: TreatMissingData;
  /** What it means for the people who wait for pages. */
  readonly impact: string;
  /** Why the threshold is what it is. */
  readonly reason: string;
  /** Anchor of its section in the runbook. */
  readonly runbook: string;
}

/** Properties of {@link Alarms}. */
export interface AlarmsProps {
  readonly stage: StageConfig;
  readonly topic: AlarmTopic;
  readonly events: EventsQueue;
  readonly api: IngestApi;
  readonly ingest: BridgeFunction;
  readonly delivery: BridgeFunction;
}

/** Every alarm of a stage. Each says its impact, its reason and its section of the runbook. */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];

  readonly #props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.#watchDelivery();
    this.#watchPagerDuty();
    this.#watchIngest();
    addFunctionAlarms(this, 'Ingest', props.ingest);
    addFunctionAlarms(this, 'Delivery', props.delivery);
  }

  /** Adds an alarm that tells the topic. */
  add(id: string, rule: AlarmRule): void {
    const { stage, topic } = this.#props;
    const alarm = new Alarm(this, id, {
      metric: rule.metric,
      threshold: rule.threshold,
      evaluationPeriods: rule.periods ?? 1,
      comparisonOperator:
        rule.ringsBelow === true
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: rule.missing ?? TreatMissingData.NOT_BREACHING,
      alarmDescription: [
        `Stage ${stage.name}. Impact: ${rule.impact}`,
        `Threshold: ${rule.reason}`,
        `Runbook: ${stage.alarms.runbookUrl}#${rule.runbook}`,
      ].join('\n'),
    });
    topic.notify(alarm);
    this.all.push(alarm);
  }

  #watchDelivery(): void {
    const { stage, events } = this.#props;
    const delay = stage.alarms.deliveryDelaySeconds;
    this.add('DeadLetters', {
      metric: events.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        period: PERIOD,
        statistic: 'Maximum',
      }),
      threshold: 1,
      impact: 'events did not become pages and will not by themselves.',
      reason: 'each dead letter is an event that someone has to look at.',
      runbook: 'dead-letters',
    });
    this.add('DeliveryDelay', {
      // The queue's own oldest-message metric leaves out what was received three times or more;
      // the bridge's own knows only what got out. Each sees what the other misses.
      metric: new MathExpression({
        label: 'Delivery delay (s)',
        expression: 'MAX([FILL(delay, 0) / 1000, FILL(oldest, 0)])',
        usingMetrics: {
          delay: bridgeMetric(stage.name, 'DeliveryDelay', { statistic: 'Maximum' }),
          oldest: events.queue.metricApproximateAgeOfOldestMessage({
            period: PERIOD,
            statistic: 'Maximum',
          }),
        },
        period: PERIOD,
      }),
      threshold: delay,
      impact: 'pages come late, or wait.',
      reason: `${delay} s is what the stage allows between accepting an event and telling PagerDuty.`,
      runbook: 'delivery-delay',
    });
    this.add('IntegrationKeyMissing', {
      metric: bridgeMetric(stage.name, 'IntegrationKeyMissing'),
      threshold: 1,
      impact: 'the events of a PagerDuty service wait; none is lost until it is given up.',
      reason: 'they wait until someone sets the key, so one is enough.',
      runbook: 'integration-key-missing',
    });
  }

  #watchPagerDuty(): void {
    const { stage } = this.#props;
    this.add('PagerDutyRefusing', {
      metric: bridgeMetric(stage.name, 'PagerDutyRefused'),
      threshold: 1,
      impact: 'PagerDuty refuses events; they become dead letters.',
      reason: 'sending a refused event again never helps, so one is enough.',
      runbook: 'pagerduty-refusing',
    });
    this.add('PagerDutyUnavailable', {
      metric: bridgeMetric(stage.name, 'PagerDutyUnavailable'),
      threshold: 1,
      periods: 2,
      impact: 'PagerDuty cannot be reached or throttles; events wait and are tried again.',
      reason:
        'a single failure is retried unnoticed; in an outage at least one probe fails in every five minutes.',
      runbook: 'pagerduty-unavailable',
    });
  }

  #watchIngest(): void {
    const { stage, api } = this.#props;
    const { silenceHours, unauthorizedPerFiveMinutes } = stage.alarms;
    this.add('IngestServerErrors', {
      metric: api.httpStage.metricServerError({ period: PERIOD, statistic: 'Sum' }),
      threshold: 1,
      impact: 'events were not accepted; Glasnostic may or may not send them again.',
      reason: 'no input leads to a 5xx, so one means that something of ours is broken.',
      runbook: 'ingest-server-errors',
    });
    this.add('UnauthorizedRequests', {
      metric: bridgeMetric(stage.name, 'RequestsUnauthorized'),
      threshold: unauthorizedPerFiveMinutes,
      impact: 'someone guesses the token, or Glasnostic has an old one and its events are lost.',
      reason: `scanners make some; ${unauthorizedPerFiveMinutes} in five minutes is far above them.`,
      runbook: 'unauthorized-requests',
    });
    this.add('UnroutedEvents', {
      metric: bridgeMetric(stage.name, 'EventsUnrouted'),
      threshold: 1,
      impact: 'events of some environment or view reach nobody.',
      reason: 'a route is missing, and it stays missing until someone writes it.',
      runbook: 'unrouted-events',
    });
    if (silenceHours === 0) return;
    this.add('Silence', {
      metric: bridgeMetric(stage.name, 'EventsAccepted', { period: Duration.hours(1) }),
      threshold: 1,
      ringsBelow: true,
      periods: silenceHours,
      // No event at all is no data at all: exactly what this alarm is about.
      missing: TreatMissingData.BREACHING,
      impact: 'nothing arrives; perhaps the webhook is gone, and nobody would be paged.',
      reason: `the stage expects an event at least every ${silenceHours} h.`,
      runbook: 'silence',
    });
  }
}
