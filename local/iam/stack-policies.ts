/** The policies of a stack's roles and queues, read from its template. */

import type { References } from '../stack/intrinsics.ts';
import { physicalReferences, type Place } from '../stack/physical.ts';
import { objectOr, type StackTemplate } from '../stack/template.ts';
import { resourcesOf, type Properties } from '../stack/values.ts';
import { readPolicy, type Statement } from './policy.ts';

/** Policies of a stack. */
export interface StackPolicies {
  /** ARN of a role -> its statements. */
  readonly ofRoles: ReadonlyMap<string, readonly Statement[]>;
  /** ARN of a queue -> the statements of its own policy. */
  readonly ofQueues: ReadonlyMap<string, readonly Statement[]>;
  /** ARN of a queue, a secret or a table -> ARN of the KMS key that encrypts it. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Resources that change permissions in ways that the local bridge does not evaluate. */
const UNKNOWN_TYPES = ['AWS::SecretsManager::ResourcePolicy', 'AWS::SQS::QueueInlinePolicy'];

/** Types that attach a policy to roles -> the property that names the roles. */
const ATTACHED_TYPES: Readonly<Record<string, string>> = {
  'AWS::IAM::Policy': 'Roles',
  'AWS::IAM::ManagedPolicy': 'Roles',
  'AWS::IAM::RolePolicy': 'RoleName',
};

/** Properties of a role that refer to policies outside of the template. */
const FOREIGN_POLICIES = ['ManagedPolicyArns', 'PermissionsBoundary'];

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function inlinePolicies(role: Properties): readonly Statement[] {
  for (const name of FOREIGN_POLICIES) {
    if (listOf(role.get(name)).length > 0) {
      throw new Error(
        `The role ${role.logicalId} has ${name}, whose statements are not in the template; grant what it needs in a policy of its own.`,
      );
    }
  }
  return listOf(role.get('Policies')).flatMap((policy) =>
    readPolicy(role.logicalId, objectOr(policy)['PolicyDocument']),
  );
}

function encryptionKeys(
  ofType: (type: string) => readonly Properties[],
  references: References,
): ReadonlyMap<string, string> {
  const queues = ofType('AWS::SQS::Queue').map(
    (queue) => [references.attribute(queue.logicalId, 'Arn'), queue.get('KmsMasterKeyId')] as const,
  );
  const secrets = ofType('AWS::SecretsManager::Secret').map(
    (secret) => [references.ref(secret.logicalId), secret.get('KmsKeyId')] as const,
  );
  const tables = ofType('AWS::DynamoDB::Table').map(
    (table) =>
      [
        references.attribute(table.logicalId, 'Arn'),
        objectOr(table.get('SSESpecification'))['KMSMasterKeyId'],
      ] as const,
  );
  return new Map(
    [...queues, ...secrets, ...tables].flatMap(([arn, key]) =>
      typeof arn === 'string' && typeof key === 'string' ? [[arn, key]] : [],
    ),
  );
}

/**
 * Reads the policies of functions' roles and of the queues. It does not read the policies of KMS keys:
 * CDK's delegate to the account's policies, so the role's policies decide.
 *
 * @param roleArns the roles of functions and schedules
 * @throws Error naming the resource when a policy is outside of the template or cannot be evaluated
 */
export function readStackPolicies(
  stack: StackTemplate,
  place: Place,
  roleArns: readonly string[],
): StackPolicies {
  const references = physicalReferences(stack, place);
  const ofType = resourcesOf(stack, references);

  for (const { logicalId, type } of stack.resources) {
    if (UNKNOWN_TYPES.includes(type)) {
      throw new Error(
        `${logicalId} is a ${type}, which the local bridge does not evaluate; add it to local/iam/stack-policies.ts.`,
      );
    }
  }

  for (const table of ofType('AWS::DynamoDB::Table')) {
    if (table.get('ResourcePolicy') === undefined) continue;
    throw new Error(
      `${table.logicalId} has a ResourcePolicy, which the local bridge does not evaluate; add it to local/iam/stack-policies.ts.`,
    );
  }

  const ofRoles = new Map<string, readonly Statement[]>();
  for (const role of ofType('AWS::IAM::Role')) {
    const arn = String(references.attribute(role.logicalId, 'Arn'));
    if (!roleArns.includes(arn)) continue;
    const name = references.ref(role.logicalId);
    const attached = Object.entries(ATTACHED_TYPES).flatMap(([type, roles]) =>
      ofType(type)
        .filter((policy) => listOf(policy.get(roles)).includes(name))
        .flatMap((policy) => readPolicy(policy.logicalId, policy.get('PolicyDocument'))),
    );
    ofRoles.set(arn, [...inlinePolicies(role), ...attached]);
  }
  for (const arn of roleArns) {
    if (!ofRoles.has(arn)) {
      throw new Error(`The role ${arn} is not in the template, so its permissions are unknown.`);
    }
  }

  const policies = ofType('AWS::SQS::QueuePolicy');
  const ofQueues = new Map(
    ofType('AWS::SQS::Queue').map((queue) => [
      String(references.attribute(queue.logicalId, 'Arn')),
      policies
        .filter((policy) => listOf(policy.get('Queues')).includes(references.ref(queue.logicalId)))
        .flatMap((policy) => readPolicy(policy.logicalId, policy.get('PolicyDocument'))),
    ]),
  );
  return { ofRoles, ofQueues, keys: encryptionKeys(ofType, references) };
}
