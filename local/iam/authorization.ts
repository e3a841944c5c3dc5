/** Requests for permission at the AWS endpoint, and AWS's answer to one that is refused. */

import { failure, type AwsResponse } from '../aws-endpoint/protocol.ts';

/** A caller of AWS: a function with its role, or the operator. */
export interface Caller {
  readonly name: string;
  /** The caller's role. @default none: the operator, who may do everything */
  readonly roleArn?: string;
}

/** A call, in the terms of IAM policies. */
export interface AuthorizationRequest {
  readonly caller: Caller;
  /** IAM action, such as `sqs:SendMessage`; see {@link actionOf}. */
  readonly action: string;
  readonly resourceArn: string;
}

/** Why a call is refused. */
export interface Refusal {
  /** The missing action; for an encrypted queue or secret it may be an action of KMS. */
  readonly action: string;
  readonly resourceArn: string;
  /** Reason in AWS's words, such as `because no identity-based policy allows the … action`. */
  readonly because: string;
}

/** Checks a call. @returns why it is refused; `undefined` when it is allowed */
export type Authorizer = (request: AuthorizationRequest) => Refusal | undefined;

/**
 * The IAM action of an operation. A batch operation of SQS needs the permission of the operation on a
 * single message.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
 */
export function actionOf(service: string, operation: string): string {
  return `${service}:${service === 'sqs' ? operation.replace(/Batch$/, '') : operation}`;
}

/** AWS's errors name a function as a session of its role, with the function's name. */
function identityOf({ name, roleArn }: Caller): string {
  const role = /^arn:([^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn ?? '');
  return role === null ? name : `arn:${role[1]}:sts::${role[2]}:assumed-role/${role[3]}/${name}`;
}

/** AWS's answer to a refused call. */
export function accessDenied(request: AuthorizationRequest, refusal: Refusal): AwsResponse {
  const { action, resourceArn, because } = refusal;
  const message = `User: ${identityOf(request.caller)} is not authorized to perform: ${action} on resource: ${resourceArn} ${because}`;
  if (!request.action.startsWith('sqs:')) return failure(400, 'AccessDeniedException', message);
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
  if (action.startsWith('kms:')) return failure(400, 'KmsAccessDenied', message);
  return failure(403, 'AccessDeniedException', message);
}
