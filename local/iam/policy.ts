/**
 * Policies of IAM, as far as templates of ours use them. What is not understood is refused when it
 * is read: a policy that was half understood would allow what AWS does not, or the reverse.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */

import * as v from 'valibot';

/** A statement of a policy. */
export interface Statement {
  /** Logical ID of the template's resource that holds it. */
  readonly source: string;
  readonly effect: 'Allow' | 'Deny';
  /** Patterns, such as `sqs:SendMessage` or `sqs:*`. */
  readonly actions: readonly string[];
  /** Patterns of ARNs. */
  readonly resources: readonly string[];
  /** ARNs of principals, or `*`; `undefined` in the policy of a role, which is about that role. */
  readonly principals: readonly string[] | undefined;
  /** Value that `aws:SecureTransport` must have; `undefined` for any. */
  readonly secureTransport: string | undefined;
}

/** What a statement is compared with. */
export interface PolicyRequest {
  readonly roleArn: string;
  readonly action: string;
  readonly resourceArn: string;
  /** `aws:SecureTransport`: whether the call came over TLS. */
  readonly secureTransport: 'true' | 'false';
}

const TextOrList = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);

/** No policy variables, such as `${aws:username}`: they would be compared as they stand. */
const ResourceList = v.pipe(
  TextOrList,
  v.check((list) => !list.some((item) => item.includes('${')), 'a policy variable'),
);

/** A service is no caller of the local bridge: statements about one hold for nobody here. */
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
 * Reads a policy document, its references already evaluated.
 *
 * @param source logical ID of the resource that holds it
 * @throws Error naming the resource and the part that is not understood
 */
export function readPolicy(source: string, document: unknown): readonly Statement[] {
  const read = v.safeParse(Document, document);
  if (!read.success) {
    const [issue] = read.issues;
    throw new Error(
      `The policy ${source} of the template has something at ${v.getDotPath(issue) ?? 'its root'} that the local bridge cannot evaluate (${issue.message}); teach it to local/iam/policy.ts.`,
    );
  }
  return read.output.Statement.map((statement) => ({
    source,
    effect: statement.Effect,
    actions: statement.Action,
    resources: statement.Resource,
    principals: statement.Principal,
    secureTransport: statement.Condition?.Bool['aws:SecureTransport'],
  }));
}

/** Whether a pattern with `*` and `?` covers a text. */
function covers(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

/** Whether a pattern covers an action; upper and lower case are the same in actions. */
export function coversAction(pattern: string, action: string): boolean {
  return covers(pattern.toLowerCase(), action.toLowerCase());
}

/** Whether a pattern covers an ARN. */
export function coversResource(pattern: string, resourceArn: string): boolean {
  return covers(pattern, resourceArn);
}

/** Whether a statement is about a request. */
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
 * Decides about a request by the policies of the role and of the resource, which are in one
 * account: a deny of either counts, and so does an allow of either.
 *
 * @returns AWS's words for why not, or `undefined` when it is allowed
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
