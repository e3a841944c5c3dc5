/** Permission to call AWS on this machine: who asks for what, and how AWS words its no. */

import { failure, type AwsResponse } from '../aws-endpoint/protocol.ts';

/** Whoever calls AWS: a function, by its role, or the operator. */
export interface Caller {
  readonly name: string;
  /** Role that the caller acts as. @default none: the operator's own user */
  readonly roleArn?: string;
}

/** A call, as an IAM policy would see it. */
export interface AuthorizationRequest {
  readonly caller: Caller;
  /** IAM action, such as `sqs:SendMessage`; see {@link actionOf}. */
  readonly action: string;
  readonly resourceArn: string;
}

/** Why a call may not be made. */
export interface Refusal {
  /** The action that is missing; for an encrypted queue or secret it may be one of KMS. */
  readonly action: string;
  readonly resourceArn: string;
  /** AWS's words for it, such as `because no identity-based policy allows the … action`. */
  readonly because: string;
}

/** Says why a caller may not; `undefined` when it may. */
export type Authorizer = (request: AuthorizationRequest) => Refusal | undefined;

/**
 * The IAM action of an operation. IAM knows no batch actions of SQS: each batch operation takes the
 * permission of the single one.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
 */
export function actionOf(service: string, operation: string): string {
  return `${service}:${service === 'sqs' ? operation.replace(/Batch$/, '') : operation}`;
}

/** A function appears in AWS's errors as a session of its role that has the function's name. */
function identityOf({ name, roleArn }: Caller): string {
  const role = /^arn:([^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn ?? '');
  return role === null ? name : `arn:${role[1]}:sts::${role[2]}:assumed-role/${role[3]}/${name}`;
}

/** AWS's answer to a call that is not allowed. */
export function accessDenied(request: AuthorizationRequest, refusal: Refusal): AwsResponse {
  const { action, resourceArn, because } = refusal;
  const message = `User: ${identityOf(request.caller)} is not authorized to perform: ${action} on resource: ${resourceArn} ${because}`;
  if (!request.action.startsWith('sqs:')) return failure(400, 'AccessDeniedException', message);
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
  if (action.startsWith('kms:')) return failure(400, 'KmsAccessDenied', message);
  return failure(403, 'AccessDeniedException', message);
}
