/**
 * IAM policies, with the elements that this project's templates use. Reading refuses any other
 * element: a policy that is only partly evaluated would differ from AWS.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */

import * as v from 'valibot';

/** A statement of a policy. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Patterns, such as `sqs:SendMessage` or `sqs:*`. */
  readonly actions: readonly string[];
  /** Patterns of ARNs. */
  readonly resources: readonly string[];
  /** ARNs of principals, or `*`; `undefined` in the policy of a role, which applies to that role. */
  readonly principals: readonly string[] | undefined;
  /** Required value of `aws:SecureTransport`; `undefined` for any. */
  readonly secureTransport: string | undefined;
}

/** A request that statements are compared with. */
export interface PolicyRequest {
  readonly roleArn: string;
  readonly action: string;
  readonly resourceArn: string;
  /** `aws:SecureTransport`: `true` for a call over TLS. */
  readonly secureTransport: 'true' | 'false';
}

const TextOrList = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);

/** Without policy variables, such as `${aws:username}`, which are not evaluated here. */
const ResourceList = v.pipe(
  TextOrList,
  v.check((list) => !list.some((item) => item.includes('${')), 'a policy variable'),
);

/** No AWS service calls the local bridge, so statements about services apply to none of its callers. */
const Principal = v.pipe(
  v.union([
    v.literal('*'),
    v.strictObject({ AWS: v.optional(TextOrList), Service: v.optional(TextOrList) }),
  ]),
  v.transform((value) => (value === '*' ? ['*'] : (value.AWS ?? []))),
);

const Condition = v.strictObject({
  Bool: v.strictObject({
    'aws:SecureTransport': v.pipe(v.union([v.string(), v.boolean()]), v.transform(String)),
  }),
});

const Document = v.object({
  Statement: v.array(
    v.strictObject({
      Sid: v.optional(v.string()),
      Effect: v.picklist(['Allow', 'Deny']),
      Action: TextOrList,
      Resource: ResourceList,
      Principal: v.optional(Principal),
      Condition: v.optional(Condition),
    }),
  ),
});

/**
 * Reads a policy document whose references are already evaluated.
 *
 * @param source logical ID of the resource that contains it
 * @throws Error naming the resource and the element that cannot be evaluated
 */
export function readPolicy(source: string, document: unknown): readonly Statement[] {
  const read = v.safeParse(Document, document);
  if (!read.success) {
    const [issue] = read.issues;
    throw new Error(
      `The policy ${source} of the template has something at ${v.getDotPath(issue) ?? 'its root'} that the local bridge cannot evaluate (${issue.message}); add it to local/iam/policy.ts.`,
    );
  }
  return read.output.Statement.map((statement) => ({
    effect: statement.Effect,
    actions: statement.Action,
    resources: statement.Resource,
    principals: statement.Principal,
    secureTransport: statement.Condition?.Bool['aws:SecureTransport'],
  }));
}

/** Matches a text against a pattern with `*` and `?`. */
function covers(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

/** Matches an action against a pattern, without regard to case. */
export function coversAction(pattern: string, action: string): boolean {
  return covers(pattern.toLowerCase(), action.toLowerCase());
}

/** Matches an ARN against a pattern. */
export function coversResource(pattern: string, resourceArn: string): boolean {
  return covers(pattern, resourceArn);
}

function applies(statement: Statement, request: PolicyRequest): boolean {
  const { actions, resources, principals, secureTransport } = statement;
  return (
    actions.some((pattern) => coversAction(pattern, request.action)) &&
    resources.some((pattern) => coversResource(pattern, request.resourceArn)) &&
    (principals === undefined ||
      principals.some((one) => one === '*' || one === request.roleArn)) &&
    (secureTransport === undefined || secureTransport === request.secureTransport)
  );
}

/**
 * Evaluates a request by the policies of the role and of the resource. Both are in one account, so a
 * deny in either refuses the request, and otherwise an allow in either allows it.
 *
 * @returns the reason of a refusal in AWS's words; `undefined` when the request is allowed
 */
export function decide(
  request: PolicyRequest,
  ofRole: readonly Statement[],
  ofResource: readonly Statement[] = [],
): string | undefined {
  const has = (statements: readonly Statement[], effect: Statement['effect']): boolean =>
    statements.some((one) => one.effect === effect && applies(one, request));
  if (has(ofRole, 'Deny')) return 'with an explicit deny in an identity-based policy';
  if (has(ofResource, 'Deny')) return 'with an explicit deny in a resource-based policy';
  if (has(ofRole, 'Allow') || has(ofResource, 'Allow')) return undefined;
  return `because no identity-based policy allows the ${request.action} action`;
}
