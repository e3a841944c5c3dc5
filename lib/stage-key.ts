import { ArnFormat, Stack, type RemovalPolicy } from 'aws-cdk-lib';
import { Effect, Policy, PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
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
  /**
   * The roles' permissions to use the key, one policy per role. They name only the key: a policy that
   * also names a queue would be written after CloudFormation has encrypted that queue, and until then
   * no role could send to it.
   */
  readonly permissions: Construct;

  readonly #policies = new Map<Role, Policy>();

  constructor(scope: Construct, id: string, props: StageKeyProps) {
    super(scope, id);
    this.permissions = new Construct(this, 'Permissions');
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
        principals: [new ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
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

  /** Makes CloudFormation write every permission to use the key before it encrypts a resource. */
  allowBefore(encrypted: Construct): void {
    encrypted.node.addDependency(this.permissions);
  }

  /** Lets a role decrypt with the key. */
  grantDecrypt(role: Role): void {
    this.#grant(role, 'kms:Decrypt');
  }

  /**
   * Lets a role send to a queue that the key encrypts. SQS requires both actions.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   */
  grantSend(role: Role): void {
    this.#grant(role, 'kms:Decrypt', 'kms:GenerateDataKey');
  }

  /** The path of a role in its stack. */
  #idOf(role: Role): string {
    const stackPath = Stack.of(this).node.path;
    return role.node.path.slice(stackPath.length + 1).replaceAll('/', '-');
  }

  #grant(role: Role, ...actions: string[]): void {
    let policy = this.#policies.get(role);
    if (policy === undefined) {
      policy = new Policy(this.permissions, this.#idOf(role), { roles: [role] });
      this.#policies.set(role, policy);
    }
    policy.addStatements(new PolicyStatement({ actions, resources: [this.key.keyArn] }));
  }
}
