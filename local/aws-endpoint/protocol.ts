/** What the AWS endpoint and the services behind it exchange. */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

/** Answer of a service. */
export interface AwsResponse {
  readonly status: number;
  readonly body: JsonObject;
}

/** A service behind the endpoint: runs an operation with its input. */
export type AwsService = (operation: string, input: JsonObject) => Promise<AwsResponse>;

/** Answer of an operation that succeeded. */
export function success(body: JsonObject): AwsResponse {
  return { status: 200, body };
}

/**
 * An error in the format of AWS's JSON protocols.
 *
 * @param code the exception's name, such as `ResourceNotFoundException`
 */
export function failure(status: number, code: string, message: string): AwsResponse {
  // Services spell "message" in two ways; the SDK reads either.
  return { status, body: { __type: code, message, Message: message } };
}

/** The objects in a list of an operation's input or answer. */
export function entriesOf(input: JsonObject, name: string): readonly JsonObject[] {
  const list = input[name];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** A text of an operation's input. */
export function textOf(input: JsonObject, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' ? value : undefined;
}

/** Name of the queue that an operation of SQS is about; empty if it is about none. */
export function queueNameIn(input: JsonObject): string {
  return textOf(input, 'QueueUrl')?.split('/').at(-1) ?? '';
}
