import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { stages } from '../../config/index.ts';
import { referenceStages } from '../../config/reference.ts';
import type { StageConfig } from '../../config/stage.ts';
import { reviewedTemplate } from './stages.ts';

const TextOrList = v.pipe(
  v.union([v.array(v.unknown()), v.unknown()]),
  v.transform((value) => [value].flat()),
);

const Statement = v.looseObject({
  Effect: v.string(),
  Action: TextOrList,
  Resource: v.optional(TextOrList, []),
});

/** A statement of a template that allows something. */
interface Allowed {
  readonly holder: string;
  readonly actions: readonly unknown[];
  readonly resources: readonly unknown[];
}

/** Every statement that allows something, anywhere in a resource. */
function allowedIn(holder: string, value: unknown): Allowed[] {
  if (typeof value !== 'object' || value === null) return [];
  if (v.is(Statement, value)) {
    const { Effect, Action, Resource } = v.parse(Statement, value);
    return Effect === 'Allow' ? [{ holder, actions: Action, resources: Resource }] : [];
  }
  return Object.values(value).flatMap((part) => allowedIn(holder, part));
}

const isWild = (value: unknown): boolean => JSON.stringify(value).includes('*');

/** Statements of a stage with a wildcard, as `<type>: <actions> on <resources>`, each once. */
function wildcards(stage: StageConfig): string[] {
  const resources: unknown = reviewedTemplate(stage.name).toJSON()['Resources'];
  const found = Object.values(
    v.parse(v.record(v.string(), v.looseObject({ Type: v.string() })), resources),
  )
    .flatMap((resource) => allowedIn(resource.Type, resource))
    .filter(({ actions, resources: on }) => isWild(actions) || isWild(on))
    .map(
      ({ holder, actions, resources: on }) =>
        `${holder}: ${actions.map(String).toSorted().join()} on ${on.join()}`,
    );
  return [...new Set(found)].toSorted();
}

/** X-Ray knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html */
const TRACING = 'AWS::IAM::Policy: xray:PutTelemetryRecords,xray:PutTraceSegments on *';

/** https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html */
const NETWORK =
  'AWS::IAM::Policy: ec2:AssignPrivateIpAddresses,ec2:CreateNetworkInterface,ec2:DeleteNetworkInterface,ec2:DescribeNetworkInterfaces,ec2:DescribeSubnets,ec2:UnassignPrivateIpAddresses on *';

/** CloudWatch knows no resources for these, and the last part of a stack's ARN is random. */
function operators({ name, region }: StageConfig): readonly string[] {
  const stack = `arn:aws:cloudformation:${region}:123456789012:stack/glasnostic-pagerduty-${name}/*`;
  return [
    `AWS::IAM::ManagedPolicy: cloudformation:DescribeStacks on ${stack}`,
    'AWS::IAM::ManagedPolicy: cloudwatch:DescribeAlarms,cloudwatch:GetMetricData on *',
  ];
}

/**
 * In the policy of a key, `*` is that key and no other:
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
 */
const KEY_POLICY = [
  // The account itself. Without it the roles' own policies have no effect, and the key can become
  // unusable: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
  'AWS::KMS::Key: kms:* on *',
  // Principals that may read a secret of this account, through Secrets Manager only. CDK adds it:
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
  'AWS::KMS::Key: kms:CreateGrant,kms:Decrypt,kms:DescribeKey,kms:Encrypt,kms:GenerateDataKey*,kms:ReEncrypt* on *',
  // CloudWatch Logs, for the log groups of this account.
  'AWS::KMS::Key: kms:Decrypt,kms:DescribeKey,kms:Encrypt,kms:GenerateDataKey,kms:GenerateDataKeyWithoutPlaintext,kms:ReEncryptFrom,kms:ReEncryptTo on *',
  // Alarms of this account, to publish to the encrypted topic.
  'AWS::KMS::Key: kms:Decrypt,kms:GenerateDataKey on *',
];

test.each(stages.map((stage) => [stage.name, stage] as const))(
  'the stage %s allows nothing by a wildcard',
  (_, stage) => {
    expect(wildcards(stage)).toEqual([]);
  },
);

describe('a stage with options allows no more by a wildcard than they need', () => {
  test.each(referenceStages.map((stage) => [stage.name, stage] as const))('%s', (name, stage) => {
    const ofOptions = name === 'own' ? [TRACING, ...KEY_POLICY] : [NETWORK];
    expect(wildcards(stage)).toEqual([...operators(stage), ...ofOptions]);
  });
});
