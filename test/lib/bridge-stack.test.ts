import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { defineStage } from '../../config/define-stage.ts';
import { API_OUTPUT, DASHBOARD_OUTPUT, OUTPUTS, TICK_OUTPUT } from '../../config/outputs.ts';
import type { StageInput } from '../../config/stage.ts';
import { BridgeStack } from '../../lib/bridge-stack.ts';
import { bridgeApp } from '../../lib/bridge-app.ts';

const smallest: StageInput = {
  name: 'small',
  routes: [{ environment: '*', service: 'platform' }],
};

function stackOf(input: StageInput): BridgeStack {
  const app = bridgeApp({
    stages: [defineStage(input)],
    bundle: false,
    validate: false,
  });
  const stack = app.node.findChild(input.name);
  if (!(stack instanceof BridgeStack)) throw new Error('no stack');
  return stack;
}

const templateOf = (change: Partial<StageInput> = {}): Template =>
  Template.fromStack(stackOf({ ...smallest, ...change }));

let template: Template;
beforeAll(() => {
  template = templateOf();
});

/** Logical ID of the only resource of a type whose ID begins with a prefix. */
function idOf(type: string, prefix: string): string {
  const ids = Object.keys(template.findResources(type)).filter((id) => id.startsWith(prefix));
  expect(ids).toHaveLength(1);
  return ids[0] ?? '';
}

const arnOf = (type: string, prefix: string): object => ({
  'Fn::GetAtt': [idOf(type, prefix), 'Arn'],
});

const statementsOf = (fn: string): unknown => {
  const [policy] = Object.values(
    template.findResources('AWS::IAM::Policy', {
      Properties: { Roles: [{ Ref: idOf('AWS::IAM::Role', fn) }] },
    }),
  );
  return policy?.['Properties']?.PolicyDocument?.Statement;
};
const allow = (Action: string | string[], Resource: object | string): object => ({
  Effect: 'Allow',
  Action,
  Resource,
});
const secret = (prefix: string): object => ({
  Ref: idOf('AWS::SecretsManager::Secret', prefix),
});
const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'];

describe('least privilege', () => {
  test('ingest may send to the events queue and read the token', () => {
    expect(statementsOf('Ingest')).toEqual([
      allow(logs, arnOf('AWS::Logs::LogGroup', 'Ingest')),
      allow('secretsmanager:GetSecretValue', secret('WebhookToken')),
      allow('sqs:SendMessage', arnOf('AWS::SQS::Queue', 'QueueEvents')),
    ]);
  });

  test('delivery may consume the events queue, write dead letters and read the keys', () => {
    expect(statementsOf('Delivery')).toEqual([
      allow(logs, arnOf('AWS::Logs::LogGroup', 'Delivery')),
      allow('secretsmanager:GetSecretValue', secret('IntegrationKeys')),
      allow(
        [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
        ],
        arnOf('AWS::SQS::Queue', 'QueueEvents'),
      ),
      allow('sqs:SendMessage', arnOf('AWS::SQS::Queue', 'QueueDeadLetters')),
    ]);
  });

  test('the schedule of ticks may send to the events queue', () => {
    expect(statementsOf('Tick')).toEqual([
      allow('sqs:SendMessage', arnOf('AWS::SQS::Queue', 'QueueEvents')),
    ]);
  });

  test('no other role, and no managed policy', () => {
    template.resourceCountIs('AWS::IAM::Role', 3);
    template.resourceCountIs('AWS::IAM::Policy', 3);
    for (const role of Object.values(template.findResources('AWS::IAM::Role'))) {
      expect(role['Properties'].ManagedPolicyArns).toBeUndefined();
    }
  });
});

describe('queues', () => {
  test('keep events 14 days, encrypted, for six times the function\u2019s timeout and a minute', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 14 * 86_400,
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 420,
      RedrivePolicy: {
        deadLetterTargetArn: arnOf('AWS::SQS::Queue', 'QueueDeadLetters'),
        maxReceiveCount: 1000,
      },
      FifoQueue: Match.absent(),
    });
  });

  test('keep dead letters for the same time, and refuse calls without TLS', () => {
    template.allResourcesProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 14 * 86_400,
      SqsManagedSseEnabled: true,
    });
    template.resourcePropertiesCountIs(
      'AWS::SQS::QueuePolicy',
      {
        PolicyDocument: {
          Statement: [
            Match.objectLike({
              Effect: 'Deny',
              Action: 'sqs:*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ],
        },
      },
      2,
    );
  });

  test('are read without a window, two batches at once, with partial batch responses', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
      EventSourceArn: arnOf('AWS::SQS::Queue', 'QueueEvents'),
    });
  });

  test('follow the stage', () => {
    const other = templateOf({
      deliveryFunction: { timeoutSeconds: 10, batchSize: 50, batchWindowSeconds: 2 },
      delivery: { maxConcurrentBatches: 5, callTimeoutSeconds: 2 },
      queue: { retentionDays: 7 },
    });
    other.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 122,
      MessageRetentionPeriod: 7 * 86_400,
    });
    other.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 50,
      MaximumBatchingWindowInSeconds: 2,
      ScalingConfig: { MaximumConcurrency: 5 },
    });
  });
});

describe('secrets', () => {
  test('the token is generated: 43 letters and digits', () => {
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: { PasswordLength: 43, ExcludePunctuation: true, IncludeSpace: false },
      SecretString: Match.absent(),
    });
  });

  test('the keys begin as {}; any other text here would overwrite them all on an update', () => {
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      SecretString: '{}',
      GenerateSecretString: Match.absent(),
    });
  });
});

describe('the HTTP API', () => {
  test('has two routes: the token in the path, or in a header', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes.map((route) => String(route['Properties'].RouteKey)).toSorted()).toEqual([
      'POST /webhook',
      'POST /webhook/{token}',
    ]);
  });

  test('throttles, and logs each request without the path, which contains the token', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      AutoDeploy: true,
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 },
      AccessLogSettings: { DestinationArn: arnOf('AWS::Logs::LogGroup', 'WebhookAccessLog') },
    });
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
    const format = stage?.['Properties'].AccessLogSettings.Format;
    expect(format).toContain('"requestId":"$context.requestId"');
    expect(format).not.toMatch(/path|protocol|query|authorizer|header|userAgent/i);
  });
});

test('logs are kept as long as the stage says', () => {
  template.resourceCountIs('AWS::Logs::LogGroup', 3);
  template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  templateOf({ logs: { retentionDays: 3653 } }).allResourcesProperties('AWS::Logs::LogGroup', {
    RetentionInDays: 3653,
  });
});

test('outputs are those that the operator\u2019s commands look for', () => {
  expect(Object.keys(template.findOutputs('*')).toSorted()).toEqual(
    [...Object.values(OUTPUTS), TICK_OUTPUT, API_OUTPUT, DASHBOARD_OUTPUT].toSorted(),
  );
});

test('the access log alone has a name: one that CloudWatch adds to no policy, and per stack', () => {
  const named = Object.entries(template.findResources('AWS::Logs::LogGroup')).flatMap(
    ([id, { Properties: properties }]) =>
      properties.LogGroupName === undefined ? [] : [[id, properties.LogGroupName]],
  );
  expect(named).toEqual([
    [
      expect.stringMatching(/^WebhookAccessLog/),
      {
        'Fn::Join': [
          '',
          [
            '/aws/vendedlogs/glasnostic-pagerduty-small/',
            { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] },
          ],
        ],
      },
    ],
  ]);
});

test('nothing else has a physical name, so that two stages fit into one account', () => {
  const names: Readonly<Record<string, string>> = {
    'AWS::SQS::Queue': 'QueueName',
    'AWS::Lambda::Function': 'FunctionName',
    'AWS::IAM::Role': 'RoleName',
    'AWS::SNS::Topic': 'TopicName',
    'AWS::SecretsManager::Secret': 'Name',
    'AWS::CloudWatch::Alarm': 'AlarmName',
    'AWS::CloudWatch::Dashboard': 'DashboardName',
  };
  for (const [type, name] of Object.entries(names)) {
    const resources = Object.values(template.findResources(type));
    expect(resources.length).toBeGreaterThan(0);
    for (const resource of resources) expect(resource['Properties']).not.toHaveProperty(name);
  }
});

describe('a stage is deployed', () => {
  test('to whatever account and region the caller has', () => {
    const stack = stackOf(smallest);
    expect(stack.environment).toBe('aws://unknown-account/unknown-region');
    expect(stack.stackName).toBe('glasnostic-pagerduty-small');
  });

  test('to its own account and region', () => {
    const stack = stackOf({ ...smallest, account: '123456789012', region: 'eu-west-1' });
    expect(stack.environment).toBe('aws://123456789012/eu-west-1');
  });
});

test('a stage without a dashboard has no output of its URL', () => {
  const bare = templateOf({ dashboard: false });
  bare.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  expect(Object.keys(bare.findOutputs('*')).toSorted()).toEqual(
    [...Object.values(OUTPUTS), TICK_OUTPUT, API_OUTPUT].toSorted(),
  );
});
