import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { NEAR_LIMIT, NEAR_MEMORY_MESSAGE } from '../lambda/shared/memory.ts';
import type { AlarmRule } from './alarm-rule.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { BridgeFunction } from './bridge-function.ts';
import type { DeliveryTick } from './delivery-tick.ts';
import type { EventsQueue } from './events-queue.ts';
import type { IngestApi } from './ingest-api.ts';
import { bridgeMetric, countedLines, PERIOD } from './metrics.ts';
import type { OpenIncidents } from './open-incidents.ts';
import { deliverySilent, resolveRules } from './tick-alarms.ts';

/** The parts of a stack that have alarms and graphs. */
export interface WatchedParts {
  readonly stage: StageConfig;
  readonly events: EventsQueue;
  readonly api: IngestApi;
  readonly ingest: BridgeFunction;
  readonly delivery: BridgeFunction;
  readonly tick: DeliveryTick;
  /** `undefined` in a stage that never resolves an incident. */
  readonly openIncidents: OpenIncidents | undefined;
}

/** Properties of {@link Alarms}. */
export interface AlarmsProps extends WatchedParts {
  readonly topic: AlarmTopic;
}

/** Every alarm of a stage. Each description has its impact, its reason and its runbook section. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { stage, topic, ingest, delivery, tick, openIncidents } = props;
    const rules = [
      ...deliveryRules(props),
      deliverySilent(stage.name, tick),
      ...(openIncidents === undefined ? [] : resolveRules(stage)),
      ...pagerDutyRules(stage.name),
      ...ingestRules(props),
      ...functionRules('Ingest', ingest, {
        errors: 'an event was answered with an error.',
        throttles: 'events were not accepted, because no instance was free.',
      }),
      ...functionRules('Delivery', delivery, {
        errors: 'a batch came back to the queue; its events are late.',
        throttles: 'batches wait, because no instance was free.',
      }),
    ];
    this.all = rules.map((rule) => {
      const alarm = this.#add(rule, stage);
      topic.notify(alarm);
      if (rule.needsData === true) topic.notifyWithoutData(alarm);
      return alarm;
    });
  }

  #add(rule: AlarmRule, stage: StageConfig): Alarm {
    const { id, metric, threshold = 1, periods = 1, isSilence = false, impact, reason } = rule;
    // Most metrics of the bridge have no data when nothing happened.
    const withoutData =
      rule.needsData === true ? TreatMissingData.MISSING : TreatMissingData.NOT_BREACHING;
    return new Alarm(this, id, {
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: isSilence
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: isSilence ? TreatMissingData.BREACHING : withoutData,
      alarmDescription: [
        `Stage ${stage.name}. Impact: ${impact}`,
        `Threshold: ${reason}`,
        `Runbook: ${stage.alarms.runbookUrl}#${sectionOf(id)}`,
      ].join('\n'),
    });
  }
}

/** Anchor of an alarm's section in the runbook: `pagerduty-refusing` for `PagerDutyRefusing`. */
function sectionOf(id: string): string {
  return id.replace(/(?<=[a-z])(?=[A-Z])(?!Duty)/g, '-').toLowerCase();
}

function deliveryRules({ stage, events }: WatchedParts): readonly AlarmRule[] {
  const delay = stage.alarms.deliveryDelaySeconds;
  const longest = { period: PERIOD, statistic: 'Maximum' };
  return [
    {
      id: 'DeadLetters',
      metric: events.deadLetterQueue.metricApproximateNumberOfMessagesVisible(longest),
      impact: 'events did not become pages and will not by themselves.',
      reason: 'each dead letter is an event that you have to replay or discard.',
    },
    {
      id: 'DeliveryDelay',
      // Two metrics, because neither has every event. The queue's oldest-message metric leaves out
      // messages that were received three times or more. The bridge's own metric has only events
      // that were delivered.
      metric: new MathExpression({
        label: 'Delivery delay (s)',
        expression: 'MAX([FILL(delay, 0) / 1000, FILL(oldest, 0)])',
        usingMetrics: {
          delay: bridgeMetric(stage.name, 'DeliveryDelay', { statistic: 'Maximum' }),
          oldest: events.queue.metricApproximateAgeOfOldestMessage(longest),
        },
        period: PERIOD,
      }),
      threshold: delay,
      impact: 'pages come late, or wait.',
      reason: `${delay} s is what the stage allows between accepting an event and notifying PagerDuty.`,
    },
    {
      id: 'IntegrationKeyMissing',
      metric: bridgeMetric(stage.name, 'IntegrationKeyMissing'),
      impact:
        'the events of a PagerDuty service wait for a key; none is lost until it is given up.',
      reason: 'it stays so until you set the key, so one is enough.',
    },
  ];
}

function pagerDutyRules(stageName: string): readonly AlarmRule[] {
  return [
    {
      id: 'PagerDutyRefusing',
      metric: bridgeMetric(stageName, 'PagerDutyRefused'),
      impact: 'PagerDuty refuses events, which become dead letters, or a key, whose events wait.',
      reason: 'sending it again never helps, so one is enough.',
    },
    {
      id: 'PagerDutyUnavailable',
      metric: bridgeMetric(stageName, 'PagerDutyUnavailable'),
      periods: 2,
      impact: 'PagerDuty cannot be reached or throttles; events wait and are tried again.',
      reason:
        'a single failure is retried unnoticed; in an outage at least one probe fails in every five minutes.',
    },
  ];
}

function ingestRules({ stage, api }: WatchedParts): readonly AlarmRule[] {
  const { silenceHours, unauthorizedPerFiveMinutes } = stage.alarms;
  const silence: AlarmRule = {
    id: 'Silence',
    metric: bridgeMetric(stage.name, 'EventsAccepted', { period: Duration.hours(1) }),
    isSilence: true,
    periods: silenceHours,
    impact: 'nothing arrives; if the webhook is gone, no event becomes a page.',
    reason: `the stage expects an event at least every ${silenceHours} h.`,
  };
  return [
    {
      id: 'IngestServerErrors',
      metric: api.httpStage.metricServerError({ period: PERIOD, statistic: 'Sum' }),
      impact: 'events were not accepted; Glasnostic may or may not send them again.',
      reason: 'no input leads to a 5xx, so one means that something in the bridge is broken.',
    },
    {
      id: 'RefusedEvents',
      metric: bridgeMetric(stage.name, 'RequestsRefused'),
      impact: 'something came with the right token and cannot become a page.',
      reason: 'Glasnostic may have changed its events; every later one would be refused too.',
    },
    {
      id: 'UnknownTypes',
      metric: bridgeMetric(stage.name, 'EventsIgnoredByType'),
      impact: 'something of an unknown type came with the right token and was ignored.',
      reason: 'if it is a new type of event, no page is sent for any of them.',
    },
    {
      id: 'ThrottledRequests',
      metric: api.throttled,
      impact: 'API Gateway answered 429, and the bridge did not receive the events.',
      reason: 'only the sender still has such an event, so one is enough.',
    },
    {
      id: 'UnknownPaths',
      metric: api.unknownPaths,
      threshold: unauthorizedPerFiveMinutes,
      impact:
        'scanners look for other software, or Glasnostic has a wrong URL and its events are lost.',
      reason: `scanners make some; ${unauthorizedPerFiveMinutes} in five minutes is far above them.`,
    },
    {
      id: 'UnauthorizedRequests',
      metric: bridgeMetric(stage.name, 'RequestsUnauthorized'),
      threshold: unauthorizedPerFiveMinutes,
      impact: 'a stranger guesses the token, or Glasnostic has an old one and its events are lost.',
      reason: `scanners make some; ${unauthorizedPerFiveMinutes} in five minutes is far above them.`,
    },
    {
      id: 'UnroutedEvents',
      metric: bridgeMetric(stage.name, 'EventsUnrouted'),
      impact: 'events of some environment or view do not become pages.',
      reason: 'a route is missing, and it stays missing until you write it.',
    },
    ...(silenceHours === 0 ? [] : [silence]),
  ];
}

function functionRules(
  id: 'Ingest' | 'Delivery',
  fn: BridgeFunction,
  impact: { readonly errors: string; readonly throttles: string },
): readonly AlarmRule[] {
  return [
    {
      id: `${id}Errors`,
      metric: fn.function.metricErrors({ period: PERIOD }),
      impact: impact.errors,
      reason: 'the function handles every failure it knows, so one means one that it does not.',
    },
    {
      id: `${id}Throttles`,
      metric: fn.function.metricThrottles({ period: PERIOD }),
      impact: impact.throttles,
      reason: 'the stage reserves what it needs or the account has it; neither was enough.',
    },
    {
      id: `${id}NearTimeout`,
      metric: fn.function.metricDuration({ period: PERIOD, statistic: 'Maximum' }),
      // Delivery starts no call that could take longer. It gets this far only if the last call and
      // settling the batch were both slow.
      threshold: fn.timeoutSeconds * 1000 * NEAR_LIMIT,
      impact: 'the function is about to be stopped in the middle of its work.',
      reason: `${NEAR_LIMIT * 100} % of its timeout of ${fn.timeoutSeconds} s.`,
    },
    {
      id: `${id}NearMemory`,
      // Lambda has no metric of the memory that is used.
      metric: countedLines(fn, 'NearMemory', {
        logGroup: fn.logGroup,
        pattern: FilterPattern.stringValue('$.message', '=', NEAR_MEMORY_MESSAGE),
        metricName: `${id}NearMemory`,
        stage: fn.stageName,
      }),
      impact: 'the function is about to run out of memory and be killed.',
      reason: `${NEAR_LIMIT * 100} % of its ${fn.memoryMB} MB.`,
    },
  ];
}
