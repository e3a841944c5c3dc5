/** What passes between the AWS gateway and the services behind it. */

import type { JsonObject } from '../../lambda/shared/json.ts';

/** A service's answer. */
export interface AwsResponse {
  readonly status: number;
  readonly body: JsonObject;
}

/** A service behind the gateway: takes an operation's name and its input, gives its answer. */
export type AwsService = (operation: string, input: JsonObject) => Promise<AwsResponse>;

/** The answer of an operation that worked. */
export function success(body: JsonObject): AwsResponse {
  return { status: 200, body };
}

/**
 * An error as AWS's JSON protocols carry it.
 *
 * @param code the exception's name, such as `ResourceNotFoundException`
 */
export function failure(status: number, code: string, message: string): AwsResponse {
  // Services disagree on the spelling of "message"; the SDK reads either.
  return { status, body: { __type: code, message, Message: message } };
}

/** The list under a name of an operation's input, without what is not an object. */
export function entriesOf(input: JsonObject, name: string): readonly JsonObject[] {
  const list = input[name];
  return Array.isArray(list)
    ? list.filter((item) => typeof item === 'object' && item !== null)
    : [];
}

/** The text under a name of an operation's input. */
export function textOf(input: JsonObject, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' ? value : undefined;
}
