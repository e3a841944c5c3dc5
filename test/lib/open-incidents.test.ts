import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { example } from '../../config/example.ts';
import { local } from '../../config/local.ts';
import { OPEN_INCIDENTS_OUTPUT } from '../../config/outputs.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import { templateOf } from './stages.ts';

const without = templateOf(example);
const resolving = templateOf(local);

/** Resources of ticks and of open incidents, by type or logical ID. */
const OF_THIS =
  /Scheduler|DynamoDB|IAM|SQS|Lambda|Tick|Delivery(?!BridgeNearLimits)|Incident|Resolve|Timer|Repeat/;

/** Logical IDs of a template without the hashes, and the type of each. */
function resources(template: Template): string[] {
  const all: unknown = template.toJSON()['Resources'];
  return Object.entries(isJsonObject(all) ? all : {}).map(([id, resource]) => {
    const type = isJsonObject(resource) ? String(resource['Type']) : '';
    return `${type} ${id.replace(/[0-9A-F]{8}$/, '')}`;
  });
}

describe('a stage that never resolves an incident', () => {
  test('has the tick, its alarm and a query more than version 0.1.0, and nothing else of this', () => {
    const file = new URL('../upgrade/0.1.0/example.template.json', import.meta.url);
    const released: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const before = resources(Template.fromJSON(isJsonObject(released) ? released : {}));
    const added = resources(without).filter((resource) => !before.includes(resource));
    // Version 0.1.0 lacks resources of other changes too.
    expect(added.filter((one) => OF_THIS.test(one))).toEqual([
      'AWS::Scheduler::ScheduleGroup TickGroup',
      'AWS::IAM::Role TickRole',
      'AWS::IAM::Policy TickRoleDefaultPolicy',
      'AWS::Scheduler::Schedule TickSchedule',
      'AWS::CloudWatch::Alarm AlarmsDeliverySilent',
      'AWS::Logs::QueryDefinition QueriesRepeats',
    ]);
    // Alarms and metrics of version 0.1.0 were replaced (decision 27); nothing else is gone.
    const gone = before.filter((resource) => !resources(without).includes(resource));
    expect(gone.filter((one) => !/CloudWatch::Alarm|Logs::MetricFilter/.test(one))).toEqual([]);
  });

  test('has no table, no permission on one, no variable and no output of one', () => {
    expect(JSON.stringify(without.toJSON())).not.toMatch(/dynamodb/i);
    expect(JSON.stringify(without.toJSON())).not.toContain(ENV.openIncidentsTable);
    expect(without.findOutputs('*')).not.toHaveProperty(OPEN_INCIDENTS_OUTPUT);
  });
});

describe('a stage that resolves incidents', () => {
  test('has the table, its alarms and a query more than one that does not', () => {
    const more = resources(resolving).filter((one) => !resources(without).includes(one));
    expect(more).toEqual([
      'AWS::DynamoDB::Table OpenIncidentsTable',
      'AWS::CloudWatch::Alarm AlarmsTimersFailed',
      'AWS::CloudWatch::Alarm AlarmsResolvesOverdue',
      'AWS::Logs::QueryDefinition QueriesResolves',
    ]);
  });

  test('bills the table per request, and lets DynamoDB delete what no sweep reaches', () => {
    resolving.hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'incident', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'incident', AttributeType: 'S' }],
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      TableName: Match.absent(),
    });
  });

  test('lets delivery read, write and delete rows of this table, and gives it the name', () => {
    const [table] = Object.keys(resolving.findResources('AWS::DynamoDB::Table'));
    const [policies] = [Object.values(resolving.findResources('AWS::IAM::Policy'))];
    const statements: { Action: unknown; Resource: unknown }[] = policies.flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement,
    );
    const onTables = statements.filter(({ Action }) => JSON.stringify(Action).includes('dynamodb'));
    expect(onTables).toEqual([
      {
        Effect: 'Allow',
        Action: ['dynamodb:DeleteItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
        Resource: { 'Fn::GetAtt': [table, 'Arn'] },
      },
    ]);
    resolving.resourcePropertiesCountIs(
      'AWS::Lambda::Function',
      {
        Environment: { Variables: Match.objectLike({ [ENV.openIncidentsTable]: { Ref: table } }) },
      },
      1,
    );
    expect(resolving.findOutputs(OPEN_INCIDENTS_OUTPUT)).toMatchObject({
      [OPEN_INCIDENTS_OUTPUT]: { Value: { Ref: table } },
    });
  });
});

describe('the schedule of ticks', () => {
  test('sends one per minute to the events queue, not in a flexible window', () => {
    const queues = Object.keys(without.findResources('AWS::SQS::Queue'));
    without.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: Match.absent(),
      Name: Match.absent(),
      Target: {
        Arn: { 'Fn::GetAtt': [queues.find((id) => id.startsWith('QueueEvents')), 'Arn'] },
        Input: '{"version":1,"tick":true}',
        RetryPolicy: { MaximumEventAgeInSeconds: 60 },
        // No message group: the queue shares its consumers among groups, and a tick is no service's.
        SqsParameters: Match.absent(),
      },
    });
  });

  test('has a role that only schedules of its own group can use', () => {
    const [group] = Object.keys(without.findResources('AWS::Scheduler::ScheduleGroup'));
    without.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: {
              StringEquals: {
                'aws:SourceAccount': { Ref: 'AWS::AccountId' },
                'aws:SourceArn': { 'Fn::GetAtt': [group, 'Arn'] },
              },
            },
          },
        ],
      },
    });
  });
});
