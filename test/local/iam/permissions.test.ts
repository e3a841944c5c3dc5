import { describe, expect, test } from '@jest/globals';
import type { Caller } from '../../../local/iam/authorization.ts';
import { permissionsOf, unusedGrants, type Permissions } from '../../../local/iam/permissions.ts';
import { readStackPolicies, type StackPolicies } from '../../../local/iam/stack-policies.ts';
import type { StackTemplate } from '../../../local/stack/template.ts';

const place = { region: 'us-east-1', awsUrl: 'http://127.0.0.1:1', apiUrl: 'http://127.0.0.1:2' };
const ROLE = 'arn:aws:iam::000000000000:role/test-Role';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:test-Queue';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/test-Key';
const worker: Caller = { name: 'worker', roleArn: ROLE };

type Resources = Readonly<Record<string, readonly [type: string, properties: object]>>;

const allow = (Action: string | string[], Resource: unknown): object => ({
  Statement: [{ Effect: 'Allow', Action, Resource }],
});
const queueArn = { 'Fn::GetAtt': ['Queue', 'Arn'] };
const attached = (PolicyDocument: object): readonly [string, object] => [
  'AWS::IAM::Policy',
  { Roles: [{ Ref: 'Role' }], PolicyDocument },
];

/** A queue, a role, and the resources of a test. */
function policies(more: Resources): StackPolicies {
  const all: Resources = { Queue: ['AWS::SQS::Queue', {}], Role: ['AWS::IAM::Role', {}], ...more };
  const stack: StackTemplate = {
    stackName: 'test',
    resources: Object.entries(all).map(([logicalId, [type, properties]]) => ({
      logicalId,
      type,
      properties: { ...properties },
    })),
    outputs: {},
    conditions: {},
    assetFolders: new Map(),
  };
  return readStackPolicies(stack, place, [ROLE]);
}

const send = (permissions: Permissions, caller = worker) =>
  permissions.authorize({ caller, action: 'sqs:SendMessage', resourceArn: QUEUE });

describe('a role', () => {
  test.each([
    ['a policy attached to it', { P: attached(allow('sqs:SendMessage', queueArn)) }],
    [
      'a policy within it',
      {
        Role: [
          'AWS::IAM::Role',
          { Policies: [{ PolicyName: 'p', PolicyDocument: allow('sqs:SendMessage', queueArn) }] },
        ],
      },
    ],
    [
      'a policy that names it',
      {
        P: [
          'AWS::IAM::RolePolicy',
          { RoleName: { Ref: 'Role' }, PolicyDocument: allow('sqs:SendMessage', queueArn) },
        ],
      },
    ],
  ] satisfies [string, Resources][])('may do what %s allows', (_, more) => {
    expect(send(permissionsOf(policies(more)))).toBeUndefined();
  });

  test('may not do what another role may, and is refused in the words of AWS', () => {
    const permissions = permissionsOf(
      policies({
        Other: ['AWS::IAM::Role', {}],
        P: [
          'AWS::IAM::Policy',
          { Roles: [{ Ref: 'Other' }], PolicyDocument: allow('sqs:SendMessage', queueArn) },
        ],
      }),
    );
    expect(send(permissions)).toEqual({
      action: 'sqs:SendMessage',
      resourceArn: QUEUE,
      because: 'because no identity-based policy allows the sqs:SendMessage action',
    });
    expect(send(permissions, { name: 'operator' })).toBeUndefined();
    expect(permissions.uses()).toEqual([]);
  });

  test('needs permissions for the KMS key of a queue too', () => {
    const encrypted: Resources = {
      Key: ['AWS::KMS::Key', {}],
      Queue: ['AWS::SQS::Queue', { KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } }],
      P: attached(allow('sqs:SendMessage', queueArn)),
    };
    expect(send(permissionsOf(policies(encrypted)))).toMatchObject({
      action: 'kms:GenerateDataKey',
      resourceArn: KEY,
    });
    const keyArn = { 'Fn::GetAtt': ['Key', 'Arn'] };
    const permissions = permissionsOf(
      policies({
        ...encrypted,
        K: attached(allow(['kms:GenerateDataKey', 'kms:Decrypt'], keyArn)),
      }),
    );
    expect(send(permissions)).toBeUndefined();
    expect(permissions.uses()).toHaveLength(3);
  });

  test('needs permission to decrypt with the KMS key of a table', () => {
    const permissions = permissionsOf(
      policies({
        Key: ['AWS::KMS::Key', {}],
        Table: [
          'AWS::DynamoDB::Table',
          { SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
        ],
        P: attached(allow('dynamodb:Scan', { 'Fn::GetAtt': ['Table', 'Arn'] })),
      }),
    );
    const resourceArn = 'arn:aws:dynamodb:us-east-1:000000000000:table/test-Table';
    const scan = { caller: worker, action: 'dynamodb:Scan', resourceArn };
    expect(permissions.check(scan)).toMatchObject({ action: 'kms:Decrypt', resourceArn: KEY });
  });

  test.each([
    ['a table with a policy', { T: ['AWS::DynamoDB::Table', { ResourcePolicy: {} }] }],
    ['a managed policy', { Role: ['AWS::IAM::Role', { ManagedPolicyArns: ['arn:x'] }] }],
    ['a boundary', { Role: ['AWS::IAM::Role', { PermissionsBoundary: 'arn:x' }] }],
    ['no template', { Role: ['AWS::IAM::User', {}] }],
    ['a secret with a policy', { S: ['AWS::SecretsManager::ResourcePolicy', {}] }],
  ] satisfies [string, Resources][])('with %s is refused when the bridge starts', (_, more) => {
    expect(() => policies(more)).toThrow(/template|does not evaluate/);
  });
});

describe('unused grants', () => {
  const permissions = permissionsOf(
    policies({ P: attached(allow(['sqs:SendMessage', 'sqs:PurgeQueue'], queueArn)) }),
  );

  test('are those that no call used; a check is not a use', () => {
    permissions.check({ caller: worker, action: 'sqs:PurgeQueue', resourceArn: QUEUE });
    expect(unusedGrants(permissions.grants, permissions.uses())).toHaveLength(2);
    send(permissions);
    expect(unusedGrants(permissions.grants, permissions.uses())).toEqual([
      { roleArn: ROLE, action: 'sqs:PurgeQueue', resource: QUEUE },
    ]);
  });

  test('depend on the role and the resource', () => {
    const [grant] = permissions.grants;
    if (grant === undefined) throw new Error('no grant');
    const others = [
      { ...grant, roleArn: `${ROLE}-2` },
      { ...grant, resource: `${QUEUE}-2` },
    ];
    expect(unusedGrants([grant], others)).toEqual([grant]);
    expect(unusedGrants([{ ...grant, action: 'sqs:*', resource: '*' }], [grant])).toEqual([]);
  });
});
