import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { example } from '../../config/example.ts';
import { METRIC_NAMESPACE, METRICS } from '../../lambda/shared/metrics.ts';
import { hardened, templateOf } from './stages.ts';

const template = templateOf(hardened);
const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(
  ([id, { Properties: alarm }]) => ({
    // Without the construct's name at the front and the hash at the end.
    id: id.slice(0, -8).replace(/^Alarms/, ''),
    description: String(alarm.AlarmDescription),
    actions: alarm.AlarmActions,
    okActions: alarm.OKActions,
    missing: alarm.TreatMissingData,
  }),
);
const IDS = [
  'DeadLetters',
  'DeliveryDelay',
  'DeliveryErrors',
  'DeliveryNearMemory',
  'DeliveryNearTimeout',
  'DeliverySilent',
  'DeliveryThrottles',
  'IngestErrors',
  'IngestNearMemory',
  'IngestNearTimeout',
  'IngestServerErrors',
  'IngestThrottles',
  'IntegrationKeyMissing',
  'PagerDutyRefusing',
  'PagerDutyUnavailable',
  'RefusedEvents',
  'ResolvesOverdue',
  'Silence',
  'ThrottledRequests',
  'TimersFailed',
  'UnauthorizedRequests',
  'UnknownPaths',
  'UnknownTypes',
  'UnroutedEvents',
];

test('the alarms are these', () => {
  expect(new Set(alarms.map(({ id }) => id))).toEqual(new Set(IDS));
  expect(alarms).toHaveLength(IDS.length);
});

test('there is an alarm on silence only when the stage expects events, and on resolves only when it resolves', () => {
  const ids = Object.keys(templateOf(example).findResources('AWS::CloudWatch::Alarm'));
  const optional = ['Silence', 'ResolvesOverdue', 'TimersFailed'];
  expect(new Set(ids.map((id) => id.slice(0, -8).replace(/^Alarms/, '')))).toEqual(
    new Set(IDS.filter((id) => !optional.includes(id))),
  );
});

describe('the alarm on a silent delivery', () => {
  const [alarm] = Object.values(
    template.findResources('AWS::CloudWatch::Alarm', {
      Properties: { Metrics: Match.arrayWith([Match.objectLike({ Id: 'attempts' })]) },
    }),
  ).map(({ Properties }) => Properties);

  test('compares the attempts of the stage\u2019s own schedules with the ticks of its delivery', () => {
    const metrics: { Id: string; Expression?: string; MetricStat?: object }[] = alarm.Metrics;
    expect(metrics.find(({ Expression }) => Expression !== undefined)?.Expression).toBe(
      'attempts > 0 AND MAX([FILL(ticks, 0), attempts * 0]) < 1',
    );
    expect(metrics.find(({ Id }) => Id === 'attempts')?.MetricStat).toMatchObject({
      Metric: {
        Namespace: 'AWS/Scheduler',
        MetricName: 'InvocationAttemptCount',
        Dimensions: [
          { Name: 'ScheduleGroup', Value: { Ref: expect.stringMatching(/^TickGroup/) } },
        ],
      },
      Period: 60,
      Stat: 'Sum',
    });
    expect(metrics.find(({ Id }) => Id === 'ticks')?.MetricStat).toMatchObject({ Period: 60 });
  });

  test('needs five minutes in a row, and notifies when there are no ticks any more', () => {
    expect(alarm).toMatchObject({
      EvaluationPeriods: 5,
      Threshold: 1,
      // A new alarm begins in the state INSUFFICIENT_DATA; only a change to it notifies.
      TreatMissingData: 'missing',
      InsufficientDataActions: alarm.AlarmActions,
    });
  });
});

describe.each(alarms)('$id', (alarm) => {
  test('names impact, threshold and runbook, and notifies the topic', () => {
    expect(alarm.description).toMatch(
      /^Stage hardened\. Impact: .+\.\nThreshold: .+\.\nRunbook: https:\/\/wiki\.example\/bridge#[a-z-]+$/,
    );
    expect(alarm.actions).toEqual([{ Ref: expect.stringMatching(/^AlarmTopic/) }]);
    expect(alarm.okActions).toEqual(alarm.actions);
  });

  test('treats missing data on purpose', () => {
    // No data means that nothing happened, which is bad for silence, and for ticks once there were
    // some.
    const others: Readonly<Record<string, string>> = {
      Silence: 'breaching',
      DeliverySilent: 'missing',
    };
    expect(alarm.missing).toBe(others[alarm.id] ?? 'notBreaching');
  });
});

test('every metric of the bridge that an alarm or the dashboard names exists', () => {
  const text = JSON.stringify(template.toJSON());
  const named = [...text.matchAll(/"MetricName":"([A-Z]\w+)","Namespace":"(\w+)"/g)]
    .filter(([, , namespace]) => namespace === METRIC_NAMESPACE)
    .map(([, name = '']) => name);
  const drawn = [...text.matchAll(/\\"GlasnosticPagerDuty\\",\\"(\w+)\\"/g)].map(
    ([, name = '']) => name,
  );
  expect(named.length).toBeGreaterThan(5);
  expect(drawn.length).toBeGreaterThan(8);
  for (const name of [...named, ...drawn]) expect(Object.keys(METRICS)).toContain(name);
  expect(new Set(drawn)).toEqual(new Set(Object.keys(METRICS)));
  // Each costs USD 0.30 per month and stage in which it has a value. Those of refused and ignored
  // requests and of failed calls have none in a good month: https://aws.amazon.com/cloudwatch/pricing/
  expect(Object.keys(METRICS).length).toBeLessThanOrEqual(22);
});

/** Metrics that no alarm watches, and why. */
const WITHOUT_ALARM: Readonly<Record<string, string>> = {
  EventsDelivered: 'it is good that it grows',
  EventsDeduplicated: 'it is good that it grows',
  EventsDeadLettered: 'DeadLetters watches the queue, in which they stay',
  IncidentsOpen: 'it is a graph',
  IncidentsResolved: 'it is good that it grows',
  FailedCallStatus: 'PagerDutyRefused and PagerDutyUnavailable count these calls',
  EventsIgnoredByRoute: 'a route of the stage ignores them on purpose',
  RequestsRefused400: 'RequestsRefused has it',
  RequestsRefused413: 'RequestsRefused has it',
  RequestsRefused422: 'RequestsRefused has it',
};

test('every metric of the bridge has an alarm, or a reason for none', () => {
  const watched = JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'));
  const unwatched = Object.keys(METRICS).filter((name) => !watched.includes(`"${name}"`));
  expect(new Set(unwatched)).toEqual(new Set(Object.keys(WITHOUT_ALARM)));
});
