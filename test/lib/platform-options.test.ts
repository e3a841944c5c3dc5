import { describe, expect, test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { defineStage } from '../../config/define-stage.ts';
import { POLICY_OUTPUTS } from '../../config/outputs.ts';
import { referenceStages } from '../../config/reference.ts';
import type { StageConfig } from '../../config/stage.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import { bridgeApp } from '../../lib/bridge-app.ts';
import { reviewedTemplate, templateOf } from './stages.ts';

const [ownStage, existingStage] = referenceStages;
if (ownStage === undefined || existingStage === undefined) throw new Error('no stages');
const own = reviewedTemplate('own');
const existing = reviewedTemplate('existing');

/** The variable of a function of each name, by the prefix of its logical ID. */
function variables(template: Template, name: string): Readonly<Record<string, unknown>> {
  const functions = Object.entries(template.findResources('AWS::Lambda::Function'));
  return Object.fromEntries(
    functions.map(([id, fn]) => [
      /^[A-Z][a-z]+/.exec(id)?.[0],
      fn['Properties'].Environment.Variables[name],
    ]),
  );
}

const inVpc = (vpc: object, more: object = {}): StageConfig =>
  defineStage({
    name: 'inside',
    routes: [{ environment: '*', service: 'platform' }],
    vpc: { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'], ...vpc },
    ...more,
  });

/** Types whose resources have no tags in CloudFormation, or whose tags would be of no use. */
const UNTAGGED = [
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::Lambda::Permission',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::QueryDefinition',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
];

describe('tags', () => {
  test('are on every resource that can have some', () => {
    const resources: Readonly<Record<string, { Type: string; Properties?: object }>> =
      own.toJSON()['Resources'];
    const untagged = Object.values(resources)
      .filter(({ Properties }) => !JSON.stringify(Properties ?? {}).includes('4711'))
      .map(({ Type }) => Type);
    expect([...new Set(untagged)].toSorted()).toEqual(UNTAGGED);
  });
});

describe('IAM', () => {
  test('every role has the boundary', () => {
    existing.allResourcesProperties('AWS::IAM::Role', {
      PermissionsBoundary: existingStage.permissionsBoundaryArn,
    });
  });

  test('every role and managed policy has the path', () => {
    const properties = { Path: ownStage.iamPath };
    own.allResourcesProperties('AWS::IAM::Role', properties);
    own.allResourcesProperties('AWS::IAM::ManagedPolicy', properties);
  });
});

describe('a key that exists', () => {
  test('encrypts what a key of the stage would, and the stage makes none', () => {
    const key = existingStage.customerManagedKeyArn;
    existing.resourceCountIs('AWS::KMS::Key', 0);
    existing.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: key });
    existing.allResourcesProperties('AWS::SecretsManager::Secret', { KmsKeyId: key });
    existing.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: key });
    existing.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: key });
    existing.allResourcesProperties('AWS::Lambda::Function', { KmsKeyArn: key });
    existing.allResourcesProperties('AWS::DynamoDB::Table', {
      SSESpecification: { KMSMasterKeyId: key },
    });
  });

  test('may be used by each role that needs it', () => {
    existing.resourcePropertiesCountIs(
      'AWS::IAM::Policy',
      {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
              Resource: existingStage.customerManagedKeyArn,
            }),
          ]),
        },
      },
      3,
    );
  });
});

describe('a network', () => {
  test('has delivery alone, unless ingest shall be in it', () => {
    const delivery = templateOf(inVpc({}, { proxy: { url: 'http://proxy.example.com:3128' } }));
    const VpcConfig = { SubnetIds: ['subnet-0a1b2c3d'], SecurityGroupIds: ['sg-0a1b2c3d'] };
    delivery.resourcePropertiesCountIs('AWS::Lambda::Function', { VpcConfig }, 1);
    delivery.resourcePropertiesCountIs('AWS::Lambda::Function', { VpcConfig, Timeout: 60 }, 1);
    expect(variables(delivery, ENV.httpsProxy)).toEqual({
      Ingest: undefined,
      Delivery: 'http://proxy.example.com:3128',
    });
    existing.allResourcesProperties('AWS::Lambda::Function', {
      VpcConfig: {
        SubnetIds: existingStage.vpc?.subnetIds,
        SecurityGroupIds: existingStage.vpc?.securityGroupIds,
      },
    });
  });

  test('is there only after the role may use it, or Lambda would refuse the function', () => {
    const policies = Object.entries(existing.findResources('AWS::IAM::Policy'))
      .filter(([, policy]) => JSON.stringify(policy).includes('ec2:CreateNetworkInterface'))
      .map(([id]) => id);
    const functions = Object.values(existing.findResources('AWS::Lambda::Function'));
    expect(functions.flatMap((fn) => fn['DependsOn'])).toEqual(expect.arrayContaining(policies));
    expect(policies).toHaveLength(2);
  });
});

test('a proxy, the hosts without it and FIPS endpoints are variables of the functions', () => {
  const proxy = existingStage.proxy?.url;
  expect(variables(existing, ENV.httpsProxy)).toEqual({ Ingest: proxy, Delivery: proxy });
  expect(variables(existing, ENV.noProxy)).toEqual({
    Ingest: '.amazonaws.com',
    Delivery: '.amazonaws.com',
  });
  expect(variables(own, ENV.useFipsEndpoint)).toEqual({ Ingest: 'true', Delivery: 'true' });
});

test('the architecture is that of both functions', () => {
  own.allResourcesProperties('AWS::Lambda::Function', { Architectures: ['x86_64'] });
});

test('each stage of an app has its own bootstrap qualifier and its own tags', () => {
  const app = bridgeApp({ stages: referenceStages, bundle: false, validate: false });
  const { stacks: made } = app.synth();
  expect(made.map(({ tags }) => tags)).toEqual([{}, ownStage.tags]);
  const stacks = made.map(({ id, assumeRoleArn }) => [id, assumeRoleArn]);
  expect(stacks).toEqual([
    ['existing', expect.stringContaining('/cdk-hnb659fds-deploy-role-')],
    ['own', expect.stringContaining('/cdk-platform-deploy-role-')],
  ]);
});

test('policies for operators are made on request, and their ARNs are outputs', () => {
  const without = templateOf(inVpc({}));
  without.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
  own.resourceCountIs('AWS::IAM::ManagedPolicy', 2);
  const outputs = Object.values(POLICY_OUTPUTS);
  expect(Object.keys(own.findOutputs('*'))).toEqual(expect.arrayContaining(outputs));
  expect(Object.keys(without.findOutputs('*'))).not.toEqual(expect.arrayContaining(outputs));
});
