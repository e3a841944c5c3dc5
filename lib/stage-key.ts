import { ArnFormat, Stack, type RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** Properties of {@link StageKey}. */
export interface StageKeyProps {
  readonly removalPolicy: RemovalPolicy;
  /** ARN of a key that exists. Its own policy decides who may use it. @default none: a new key */
  readonly existingKeyArn: string | undefined;
}

/** The KMS key of a stage that has one. It encrypts queues, secrets, logs and alarms. */
export class StageKey extends Construct {
  readonly key: IKey;

  constructor(scope: Construct, id: string, props: StageKeyProps) {
    super(scope, id);
    if (props.existingKeyArn !== undefined) {
      this.key = Key.fromKeyArn(this, 'Existing', props.existingKeyArn);
      return;
    }
    this.key = new Key(this, 'Key', {
      description: 'Encrypts what a stage of the Glasnostic PagerDuty bridge stores',
      enableKeyRotation: true,
      removalPolicy: props.removalPolicy,
    });
    const stack = Stack.of(this);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    this.key.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
        actions: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
          'kms:GenerateDataKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:DescribeKey',
        ],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': stack.formatArn({
              service: 'logs',
              resource: 'log-group',
              resourceName: '*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    this.key.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    );
  }

  /** Lets a role decrypt with the key. */
  grantDecrypt(grantee: IGrantable): void {
    this.key.grant(grantee, 'kms:Decrypt');
  }

  /**
   * Lets a role send to a queue that the key encrypts. SQS requires both actions.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   */
  grantSend(grantee: IGrantable): void {
    this.key.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  }
}
