/** Checks each call of a function against the policies of its role, and records the used grants. */

import type { AuthorizationRequest, Authorizer } from './authorization.ts';
import { coversAction, coversResource, decide } from './policy.ts';
import type { StackPolicies } from './stack-policies.ts';

/** One action on one resource that a role's policy allows. */
export interface Grant {
  readonly roleArn: string;
  /** May be a pattern. */
  readonly action: string;
  /** ARN; may be a pattern. */
  readonly resource: string;
}

/** Grants of a stack's roles, and the calls that used them. */
export interface Permissions {
  /** Checks a call. The operator, who has no role, may do everything. */
  readonly check: Authorizer;
  /** Checks a call and, if it is allowed, records it as a use. */
  readonly authorize: Authorizer;
  readonly grants: readonly Grant[];
  /** Every distinct action on a resource so far; never a pattern. */
  readonly uses: () => readonly Grant[];
}

/**
 * Actions on the KMS key that a call needs when its queue, secret or table is encrypted with one.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
 */
const KEY_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'sqs:SendMessage': ['kms:GenerateDataKey', 'kms:Decrypt'],
  'sqs:ReceiveMessage': ['kms:Decrypt'],
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
  'dynamodb:DeleteItem': ['kms:Decrypt'],
  'dynamodb:Scan': ['kms:Decrypt'],
  'dynamodb:UpdateItem': ['kms:Decrypt'],
};

/**
 * Every call counts as one over TLS. In AWS the SDK reaches SQS over TLS only. Here the functions use
 * plain HTTP on loopback, for which the policies would refuse every call.
 */
const SECURE_TRANSPORT = 'true';

/** Grants without a use, in the order of the grants. */
export function unusedGrants(grants: readonly Grant[], uses: readonly Grant[]): readonly Grant[] {
  return grants.filter(
    (grant) =>
      !uses.some(
        (use) =>
          use.roleArn === grant.roleArn &&
          coversAction(grant.action, use.action) &&
          coversResource(grant.resource, use.resource),
      ),
  );
}

/** Makes the permissions of a stack's roles. */
export function permissionsOf(policies: StackPolicies): Permissions {
  const grants = [...policies.ofRoles].flatMap(([roleArn, statements]) =>
    statements
      .filter(({ effect }) => effect === 'Allow')
      .flatMap(({ actions, resources }) =>
        actions.flatMap((action) => resources.map((resource) => ({ roleArn, action, resource }))),
      ),
  );
  const uses = new Map<string, Grant>();

  /** The call's own action, then its actions on the key. */
  const requirements = ({ action, resourceArn }: AuthorizationRequest) => {
    const key = policies.keys.get(resourceArn);
    const keyActions = key === undefined ? [] : (KEY_ACTIONS[action] ?? []);
    return [
      { action, resource: resourceArn },
      ...keyActions.map((one) => ({ action: one, resource: key ?? '' })),
    ];
  };

  const check: Authorizer = (request) => {
    const { roleArn } = request.caller;
    if (roleArn === undefined) return undefined;
    for (const { action, resource: resourceArn } of requirements(request)) {
      const because = decide(
        { roleArn, action, resourceArn, secureTransport: SECURE_TRANSPORT },
        policies.ofRoles.get(roleArn) ?? [],
        policies.ofQueues.get(resourceArn),
      );
      if (because !== undefined) return { action, resourceArn, because };
    }
    return undefined;
  };

  return {
    grants,
    uses: () => [...uses.values()],
    check,
    authorize: (request) => {
      const refusal = check(request);
      const { roleArn } = request.caller;
      if (refusal === undefined && roleArn !== undefined) {
        for (const use of requirements(request)) {
          uses.set(`${roleArn} ${use.action} ${use.resource}`, { roleArn, ...use });
        }
      }
      return refusal;
    },
  };
}
