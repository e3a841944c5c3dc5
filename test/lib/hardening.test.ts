import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { CUSTOM_DOMAIN_OUTPUTS, OUTPUTS } from '../../config/outputs.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import { hardened, stackOf, templateOf } from './stages.ts';

const template = templateOf(hardened);

/** ARN of the stage's key. */
const KEY = { 'Fn::GetAtt': [Object.keys(template.findResources('AWS::KMS::Key'))[0], 'Arn'] };

/** Actions of a role on the stage's key, by the beginning of the role's path. */
function keyActions(role: string): unknown {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
  const [, policy] = policies.find(([id]) => id.startsWith(`StageKeyPermissions${role}`)) ?? [];
  const statements: { Action: unknown; Resource: unknown }[] =
    policy?.['Properties'].PolicyDocument.Statement;
  return statements
    .filter(({ Resource }) => JSON.stringify(Resource) === JSON.stringify(KEY))
    .map(({ Action }) => Action);
}

describe('a key of its own', () => {
  test('rotates, and outlives the stack with what it encrypts', () => {
    template.hasResource('AWS::KMS::Key', {
      Properties: { EnableKeyRotation: true },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
  });

  test('encrypts queues, secrets, logs, alarms and the functions\u2019 variables', () => {
    template.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: KEY });
    template.allResourcesProperties('AWS::SecretsManager::Secret', { KmsKeyId: KEY });
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: KEY });
    template.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: KEY });
    template.allResourcesProperties('AWS::Lambda::Function', { KmsKeyArn: KEY });
    template.allResourcesProperties('AWS::DynamoDB::Table', {
      SSESpecification: { KMSMasterKeyId: KEY, SSEEnabled: true, SSEType: 'KMS' },
    });
  });

  test('may be used by each function for what it does, and nothing else', () => {
    // Sending to a queue needs both; reading a secret needs the first.
    expect(keyActions('Ingest')).toEqual([['kms:Decrypt', 'kms:GenerateDataKey']]);
    expect(keyActions('Delivery')).toEqual([['kms:Decrypt', 'kms:GenerateDataKey']]);
    expect(keyActions('Tick')).toEqual([['kms:Decrypt', 'kms:GenerateDataKey']]);
  });

  test('may be used by alarms, which could not publish without it', () => {
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          }),
        ]),
      },
    });
  });
});

// Not `Retain`: that keeps what a failed first deployment made, too.
test('what is kept outlives the stack: queues, secrets, logs, open incidents', () => {
  const types = [
    'AWS::SQS::Queue',
    'AWS::SecretsManager::Secret',
    'AWS::Logs::LogGroup',
    'AWS::DynamoDB::Table',
  ];
  for (const type of types) {
    template.allResources(type, {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  }
  expect(stackOf(hardened).terminationProtection).toBe(true);
});

test('a reserve keeps a flood from the rest of the account', () => {
  template.hasResourceProperties('AWS::Lambda::Function', {
    Timeout: 10,
    ReservedConcurrentExecutions: 20,
  });
});

test('networks reach ingest, and only ingest', () => {
  template.resourcePropertiesCountIs(
    'AWS::Lambda::Function',
    {
      Environment: {
        Variables: Match.objectLike({ [ENV.allowedNetworks]: '203.0.113.0/24,2001:db8::/32' }),
      },
    },
    1,
  );
});

describe('a custom domain', () => {
  test('has the given certificate and TLS 1.2', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: 'alerts.example.com',
      DomainNameConfigurations: [
        Match.objectLike({
          CertificateArn: hardened.customDomain?.certificateArn,
          SecurityPolicy: 'TLS_1_2',
        }),
      ],
    });
  });

  test('leaves the generated URL open, until the stage disables it', () => {
    const api = { DisableExecuteApiEndpoint: true };
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: false });
    const { customDomain, ...others } = hardened;
    if (customDomain === undefined) throw new Error('no custom domain');
    const disabled = { ...others, customDomain: { ...customDomain, disableGeneratedUrl: true } };
    templateOf(disabled).hasResourceProperties('AWS::ApiGatewayV2::Api', api);
  });

  test('is the webhook URL, and the outputs name the target of its DNS record', () => {
    const outputs = template.findOutputs('*');
    expect(JSON.stringify(outputs[OUTPUTS.webhookUrl])).toMatch(/https:\/\/.*\/webhook/);
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(Object.values(CUSTOM_DOMAIN_OUTPUTS)),
    );
  });
});

test('the alarm topic takes TLS only, alarms of the account only, and notifies each address', () => {
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: 'Deny',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
        Match.objectLike({
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
        }),
      ]),
    },
  });
  template.resourcePropertiesCountIs('AWS::SNS::Subscription', { Protocol: 'email' }, 2);
});
