import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { stackNameOf } from '../config/outputs.ts';
import type { StageConfig } from '../config/stage.ts';
import { NEAR_LIMIT, NEAR_LIMIT_MESSAGE } from '../lambda/shared/near-limits.ts';
import type { AlarmRule } from './alarm-rule.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { BridgeFunction } from './bridge-function.ts';
import type { DeliveryTick } from './delivery-tick.ts';
import type { EventsQueue } from './events-queue.ts';
import type { IngestApi } from './ingest-api.ts';
import { deadLetterRules, levelRules, lookBackMinutes } from './level-alarms.ts';
import { consoleUrl, RUNBOOK_FILE } from './links.ts';
import { bridgeMetric, countedLines, TICK_PERIOD } from './metrics.ts';
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

const MISSING_DATA = {
  good: TreatMissingData.NOT_BREACHING,
  bad: TreatMissingData.BREACHING,
  unknown: TreatMissingData.IGNORE,
  lost: TreatMissingData.MISSING,
} as const satisfies Record<NonNullable<AlarmRule['withoutData']>, TreatMissingData>;

/** Every alarm of a stage. Each description has its impact, the first command, and its runbook section. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { stage, topic, events, tick, openIncidents } = props;
    const rules = [
      ...deadLetterRules(stage, events),
      ...levelRules(stage),
      deliverySilent(stage.name, tick),
      ...(openIncidents === undefined ? [] : resolveRules(stage)),
      ...ingestRules(props),
      ...functionRules(props),
    ];
    this.all = rules.map((rule) => {
      const alarm = this.#add(rule, stage);
      topic.notify(alarm);
      if (rule.withoutData === 'lost') topic.notifyWithoutData(alarm);
      return alarm;
    });
  }

  #add(rule: AlarmRule, stage: StageConfig): Alarm {
    const { id, metric, threshold = 1, periods = 1, periodsToAlarm, isSilence = false } = rule;
    const { withoutData = isSilence ? 'bad' : 'good' } = rule;
    return new Alarm(this, id, {
      metric,
      threshold,
      evaluationPeriods: periods,
      ...(periodsToAlarm === undefined ? {} : { datapointsToAlarm: periodsToAlarm }),
      comparisonOperator: isSilence
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: MISSING_DATA[withoutData],
      // The commands find the alarms of a stage by the first words.
      alarmDescription: [
        `Stage ${stage.name}. Impact: ${rule.impact}`,
        `First: ${this.#commandLine(stage, rule)}`,
        ...this.#runbookLines(stage, rule),
        `Threshold: ${rule.reason}`,
      ].join('\n'),
    });
  }

  /** The first command, to be pasted as it is. A stage without a region is found with `--region`. */
  #commandLine({ name, region }: StageConfig, { command = 'status' }: AlarmRule): string {
    const where = region === undefined ? ` --region ${Stack.of(this).region}` : '';
    return `./bridge --stage ${name}${where} ${command}`;
  }

  /**
   * The address of an alarm's section. Without an address of the runbook, there is also one that
   * opens: the alarms of the stage in the console, with their graphs.
   */
  #runbookLines({ name, alarms }: StageConfig, { id }: AlarmRule): readonly string[] {
    const { runbookUrl } = alarms;
    if (runbookUrl !== undefined) return [`Runbook: ${runbookUrl}#${sectionOf(id)}`];
    return [
      `Runbook: ${RUNBOOK_FILE}#${sectionOf(id)}`,
      `Alarms: ${consoleUrl(this, `alarmsV2:?search=${stackNameOf(name)}`)}`,
    ];
  }
}

/** Anchor of an alarm's section in the runbook: `pagerduty-refusing` for `PagerDutyRefusing`. */
function sectionOf(id: string): string {
  return id.replace(/(?<=[a-z])(?=[A-Z])(?!Duty)/g, '-').toLowerCase();
}

function ingestRules({ stage, api }: WatchedParts): readonly AlarmRule[] {
  const { silenceHours, unauthorizedPerFiveMinutes } = stage.alarms;
  const silence: AlarmRule = {
    id: 'Silence',
    metric: bridgeMetric(stage.name, 'EventsAccepted', { period: Duration.hours(1) }),
    isSilence: true,
    periods: silenceHours,
    impact: 'no event arrives; if the webhook is gone, no event becomes a page.',
    reason: `the stage expects an event at least every ${silenceHours} h.`,
  };
  return [
    {
      id: 'IngestServerErrors',
      metric: api.serverErrors,
      impact: 'events were not accepted; Glasnostic may or may not send them again.',
      reason:
        'no input leads to a 5xx. The function failed, no instance was free, or SQS or Secrets Manager fails.',
    },
    {
      id: 'RefusedEvents',
      metric: bridgeMetric(stage.name, 'RequestsRefused'),
      impact: 'requests with the right token were refused, and do not become pages.',
      reason: 'Glasnostic may have changed its events; every later one would be refused too.',
    },
    {
      id: 'UnknownTypes',
      metric: bridgeMetric(stage.name, 'EventsIgnoredByType'),
      impact: 'requests with the right token and an unknown type were ignored.',
      reason: 'if it is a new type of event, no page is sent for any of them.',
    },
    {
      id: 'ThrottledRequests',
      metric: api.throttled,
      impact: 'API Gateway answered 429; these events are not in the bridge, and may be lost.',
      reason: 'one request. Only its sender still has the event.',
    },
    {
      id: 'UnknownPaths',
      metric: api.unknownPaths,
      threshold: unauthorizedPerFiveMinutes,
      impact:
        'scanners look for other software, or Glasnostic has a wrong URL and its events are lost.',
      reason: `${unauthorizedPerFiveMinutes} requests in five minutes. Scanners make far fewer.`,
    },
    {
      id: 'UnauthorizedRequests',
      metric: bridgeMetric(stage.name, 'RequestsUnauthorized'),
      threshold: unauthorizedPerFiveMinutes,
      impact: 'a stranger guesses the token, or Glasnostic has an old one and its events are lost.',
      reason: `${unauthorizedPerFiveMinutes} requests in five minutes. Scanners make far fewer.`,
    },
    {
      id: 'UnroutedEvents',
      metric: bridgeMetric(stage.name, 'EventsUnrouted'),
      impact: 'events of an environment or view do not become pages, because no route matches.',
      reason: 'one event. All later ones of it get the same answer, until you add a route.',
    },
    ...(silenceHours === 0 ? [] : [silence]),
  ];
}

function functionRules({ ingest, delivery, stage }: WatchedParts): readonly AlarmRule[] {
  const nearLimits = [ingest, delivery].map((fn) =>
    // Lambda has no metric of the memory that is used. Both functions count in one metric, because
    // CloudWatch charges an alarm for each of its metrics.
    countedLines(fn, 'NearLimits', {
      logGroup: fn.logGroup,
      pattern: FilterPattern.stringValue('$.message', '=', NEAR_LIMIT_MESSAGE),
      metricName: 'NearLimits',
      stage: stage.name,
    }),
  );
  const [nearLimit] = nearLimits;
  if (nearLimit === undefined) throw new Error('No function is watched.');
  return [
    {
      id: 'DeliveryErrors',
      metric: delivery.function.metricErrors({ period: TICK_PERIOD }),
      periods: lookBackMinutes(stage),
      periodsToAlarm: 1,
      impact: 'a batch came back to the queue; its events are late.',
      reason:
        'one exception. The function expects every failure of PagerDuty and AWS, and this is another.',
    },
    {
      id: 'NearLimits',
      // Delivery starts no call that could take longer. It gets this far only if the last call and
      // settling the batch were both slow.
      metric: nearLimit,
      impact: 'a function is about to be stopped, by its timeout or for its memory.',
      reason: `an invocation took ${NEAR_LIMIT * 100} % of the timeout or of the memory.`,
    },
  ];
}
