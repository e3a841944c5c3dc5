/** Checks each call of a function against the policies of its role, and keeps what was used. */

import type { AuthorizationRequest, Authorizer } from './authorization.ts';
import { coversAction, coversResource, decide } from './policy.ts';
import type { StackPolicies } from './stack-policies.ts';

/** One action on one resource that a role is allowed, as its policy has it. */
export interface Grant {
  readonly roleArn: string;
  /** May be a pattern. */
  readonly action: string;
  /** ARN; may be a pattern. */
  readonly resource: string;
}

/** What the roles of a stack may do, and did. */
export interface Permissions {
  /** Says whether a call may be made. The operator, who has no role, may do everything. */
  readonly check: Authorizer;
  /** The same for a call that is then made: it counts as used. */
  readonly authorize: Authorizer;
  /** Everything that the roles are allowed. */
  readonly grants: readonly Grant[];
  /** What the roles did so far, with each thing once; never a pattern. */
  readonly uses: () => readonly Grant[];
}

/**
 * What a call takes of the key, when a key of KMS encrypts its queue or secret.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
const KEY_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'sqs:SendMessage': ['kms:GenerateDataKey', 'kms:Decrypt'],
  'sqs:ReceiveMessage': ['kms:Decrypt'],
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
};

/**
 * What every call counts as. In AWS the functions reach SQS over TLS: its endpoint in their region
 * has no other address in the SDK. Here they reach it over plain HTTP on loopback, which says
 * nothing about them, so the policies' refusal of calls without TLS is evaluated, and not met.
 */
const SECURE_TRANSPORT = 'true';

/** Grants that nothing used, in the order of the grants. */
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

/** What a call takes: an action on a resource. */
type Requirement = Omit<Grant, 'roleArn'>;

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

  /** The call itself, then what it takes of the key. */
  const requirements = ({ action, resourceArn }: AuthorizationRequest): readonly Requirement[] => {
    const key = policies.keys.get(resourceArn);
    const itself = { action, resource: resourceArn };
    if (key === undefined) return [itself];
    return [itself, ...(KEY_ACTIONS[action] ?? []).map((one) => ({ action: one, resource: key }))];
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
