import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { defineStage } from '../../config/define-stage.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import { templateOf } from './stages.ts';

const small = defineStage({ name: 'small', routes: [{ environment: '*', service: 'platform' }] });
const template = templateOf(small);

/** Logical ID of the only resource of a type whose ID begins with a prefix. */
function idOf(type: string, prefix: string): string {
  const ids = Object.keys(template.findResources(type)).filter((id) => id.startsWith(prefix));
  expect(ids).toHaveLength(1);
  return ids[0] ?? '';
}

const variables = (timeout: number): unknown =>
  Object.values(
    template.findResources('AWS::Lambda::Function', { Properties: { Timeout: timeout } }),
  ).map((fn) => fn['Properties'].Environment.Variables)[0];

describe('functions', () => {
  test('run on Node 24 and arm64, from a bundle, with JSON logs', () => {
    template.resourceCountIs('AWS::Lambda::Function', 2);
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: Match.absent(),
      MemorySize: 512,
      LoggingConfig: Match.objectLike({ LogFormat: 'JSON', ApplicationLogLevel: 'INFO' }),
    });
  });

  test('are traced when the stage asks for it', () => {
    templateOf({ ...small, tracing: true }).allResourcesProperties('AWS::Lambda::Function', {
      TracingConfig: { Mode: 'Active' },
    });
  });

  test('ingest gets what it reads, and nothing else', () => {
    expect(variables(10)).toEqual({
      [ENV.stageName]: 'small',
      [ENV.webhookTokenSecretArn]: { Ref: idOf('AWS::SecretsManager::Secret', 'WebhookToken') },
      [ENV.eventsQueueUrl]: { Ref: idOf('AWS::SQS::Queue', 'QueueEvents') },
      NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=256',
    });
  });

  test('delivery gets what it reads, and nothing else', () => {
    expect(variables(60)).toEqual({
      [ENV.stageName]: 'small',
      [ENV.integrationKeysSecretArn]: {
        Ref: idOf('AWS::SecretsManager::Secret', 'IntegrationKeys'),
      },
      [ENV.eventsQueueUrl]: { Ref: idOf('AWS::SQS::Queue', 'QueueEvents') },
      [ENV.deadLetterQueueUrl]: { Ref: idOf('AWS::SQS::Queue', 'QueueDeadLetters') },
      [ENV.pagerDutyUrl]: 'https://events.pagerduty.com',
      [ENV.consoleUrl]: 'https://app.glasnostic.com',
      [ENV.deliverySettings]: JSON.stringify(small.delivery),
    });
  });

  test('delivery calls the PagerDuty region of the stage', () => {
    const eu = defineStage({
      name: 'small',
      routes: small.routes,
      pagerDutyRegion: 'eu',
    });
    templateOf(eu).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ [ENV.pagerDutyUrl]: 'https://events.eu.pagerduty.com' }),
      },
    });
  });
});
