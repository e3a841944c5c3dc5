import { describe, expect, test } from '@jest/globals';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { example } from '../../config/example.ts';
import { METRIC_NAMESPACE, METRICS } from '../../lambda/shared/metrics.ts';
import { hardened, stackOf, templateOf } from './stages.ts';

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
  'DeliverySilent',
  'IngestServerErrors',
  'IntegrationKeyMissing',
  'InternalErrors',
  'NearLimits',
  'NewDeadLetters',
  'OldDeadLetters',
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
  test('names impact, first command, runbook and threshold, and notifies the topic', () => {
    expect(alarm.description).toMatch(
      /^Stage hardened\. Impact: .+\.\nFirst: \.\/bridge --stage hardened [a-z].+\nRunbook: https:\/\/wiki\.example\/bridge#[a-z-]+\nThreshold: .+\.$/,
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
      // A delivery that does not run knows nothing of what waits.
      DeliveryDelay: 'ignore',
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
  // Each costs USD 0.30 per month and stage in which it has a value. Those of what fails, waits or is
  // refused have none in a good month: https://aws.amazon.com/cloudwatch/pricing/
  expect(Object.keys(METRICS).length).toBeLessThanOrEqual(26);
});

/** Metrics that no alarm watches, and why. */
const WITHOUT_ALARM: Readonly<Record<string, string>> = {
  EventsDelivered: 'it is good that it grows',
  EventsDeduplicated: 'it is good that it grows',
  DeliveryDelay: 'OldestPage has the age of what was sent, and of what waits',
  PagerDutyUnavailable: 'WaitingForPagerDuty has what waits because of it',
  IntegrationKeyMissing: 'WaitingForKey has what waits because of it',
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

const LEVELS = ['DeliveryDelay', 'IntegrationKeyMissing', 'PagerDutyUnavailable'];

test.each([
  // Six timeouts of the function, a minute and four minutes of CloudWatch and Retry-After.
  { stage: example, minutes: 12 },
  // A 500th of 13 days is longer than the visibility timeout.
  {
    stage: { ...example, delivery: { ...example.delivery, giveUpAfterSeconds: 1_123_200 } },
    minutes: 43,
  },
])('an alarm on what waits needs one of $minutes minutes', ({ stage, minutes }) => {
  const found = Object.entries(templateOf(stage).findResources('AWS::CloudWatch::Alarm'));
  for (const level of LEVELS) {
    const [, alarm] = found.find(([id]) => id.startsWith(`Alarms${level}`)) ?? [];
    expect(alarm?.['Properties']).toMatchObject({
      EvaluationPeriods: minutes,
      DatapointsToAlarm: 1,
    });
  }
});

test.each([
  [14, 20],
  [7, 10],
  [1, 1],
])(
  'dead letters are old after five fourteenths of %i days: %i times 6 h',
  (retentionDays, periods) => {
    templateOf({ ...example, queue: { retentionDays } }).hasResourceProperties(
      'AWS::CloudWatch::Alarm',
      {
        AlarmDescription: Match.objectLike({
          'Fn::Join': [
            '',
            Match.arrayWith([
              Match.stringLikeRegexp(`deletes a dead letter ${retentionDays} days`),
            ]),
          ],
        }),
        Period: 21_600,
        EvaluationPeriods: periods,
      },
    );
  },
);

describe('a stage without an address of the runbook', () => {
  test('has alarms that name its file, and link to the alarms in the console', () => {
    const [alarm] = Object.values(templateOf(example).findResources('AWS::CloudWatch::Alarm'));
    expect(JSON.stringify(alarm?.['Properties'].AlarmDescription)).toMatch(
      /Runbook: docs\/runbook\.md#[a-z-]+\\nAlarms: https:\/\/",\{"Ref":"AWS::Region"\}/,
    );
  });
});

test('the first command of a stage without a region names the region of the stack', () => {
  const [alarm] = Object.values(templateOf(example).findResources('AWS::CloudWatch::Alarm'));
  expect(alarm?.['Properties'].AlarmDescription['Fn::Join'][1].slice(0, 3)).toEqual([
    expect.stringMatching(/\nFirst: \.\/bridge --stage example --region $/),
    { Ref: 'AWS::Region' },
    expect.stringMatching(/^ dlq list\nRunbook: /),
  ]);
});

/** The constructs of a stage that warn about its receivers. */
function warnings(stage: typeof example): readonly string[] {
  return Annotations.fromStack(stackOf(stage))
    .findWarning('*', Match.stringLikeRegexp('have no receiver'))
    .map(({ id }) => id);
}

describe('receivers', () => {
  const topicArn = 'arn:aws:sns:eu-west-1:123456789012:on-call';

  test('a stage without any warns at synthesis', () => {
    expect(warnings(example)).toEqual(['/example/AlarmTopic']);
  });

  test.each([{ alarmEmails: ['oncall@example.com'] }, { alarms: { ...example.alarms, topicArn } }])(
    'a stage with %j does not',
    (receiver) => {
      expect(warnings({ ...example, ...receiver })).toEqual([]);
    },
  );

  test('an existing topic gets what the topic of the stage gets', () => {
    const withTopic = templateOf({ ...example, alarms: { ...example.alarms, topicArn } });
    for (const { Properties: alarm } of Object.values(
      withTopic.findResources('AWS::CloudWatch::Alarm'),
    )) {
      const actions = [{ Ref: expect.stringMatching(/^AlarmTopic/) }, topicArn];
      expect(alarm).toMatchObject({ AlarmActions: actions, OKActions: actions });
    }
  });
});
