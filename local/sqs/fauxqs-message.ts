/**
 * Messages for fauxqs 2.4.1, which loses the message group on a standard queue (it drops
 * `MessageGroupId`) and refuses characters beyond U+FFFF, which SQS accepts. An extra message
 * attribute carries both through fauxqs. It is removed before the AWS endpoint answers.
 */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { textOf } from '../aws-endpoint/protocol.ts';
import { objectOr } from '../stack/template.ts';
import { attributeError, md5, md5OfMessageAttributes } from './message-attributes.ts';

/** Name of the extra attribute. */
const CARRIER = 'bridge.local.carried';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const MESSAGE_GROUP_ID = /^[A-Za-z0-9!-/:-@[-`{-~]{1,128}$/;

const BEYOND_BMP = /[\u{10000}-\u{10FFFF}]/u;

/** Why SQS refuses a message, in its words; `undefined` when it accepts the message. */
export function messageError(message: JsonObject): string | undefined {
  const group = message['MessageGroupId'];
  if (group !== undefined && !(typeof group === 'string' && MESSAGE_GROUP_ID.test(group))) {
    return `Value ${JSON.stringify(group)} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  }
  return attributeError(objectOr(message['MessageAttributes']));
}

/** Encodes characters beyond U+FFFF as `%` and their code; `%` itself too. */
function encode(body: string): string {
  return body.replaceAll(
    /[%\u{10000}-\u{10FFFF}]/gu,
    (char) => `%${char.codePointAt(0)?.toString(16)};`,
  );
}

function decode(body: string): string {
  return body.replaceAll(/%([0-9a-f]+);/g, (_, code: string) =>
    String.fromCodePoint(parseInt(code, 16)),
  );
}

/** Converts a message that is being sent to one that fauxqs accepts. */
export function toFauxqs(message: JsonObject): JsonObject {
  const body = textOf(message, 'MessageBody') ?? '';
  const group = textOf(message, 'MessageGroupId');
  const encoded = BEYOND_BMP.test(body);
  if (!encoded && group === undefined) return message;
  return {
    ...message,
    MessageBody: encoded ? encode(body) : body,
    MessageAttributes: {
      ...objectOr(message['MessageAttributes']),
      [CARRIER]: { DataType: 'String', StringValue: JSON.stringify({ group, encoded }) },
    },
  };
}

/** Adds the digests of a sent message to SQS's answer. */
export function sentAnswer(answer: JsonObject, message: JsonObject): JsonObject {
  const attributes = objectOr(message['MessageAttributes']);
  return {
    ...answer,
    MD5OfMessageBody: md5(textOf(message, 'MessageBody') ?? ''),
    ...(Object.keys(attributes).length === 0
      ? {}
      : { MD5OfMessageAttributes: md5OfMessageAttributes(attributes) }),
  };
}

/** Compares a name with requested names and prefixes (`name.*`). */
function isRequested(name: string, requested: readonly string[]): boolean {
  return requested.some(
    (pattern) =>
      pattern === name ||
      pattern === 'All' ||
      (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -2))),
  );
}

function carriedIn(attributes: JsonObject): JsonObject {
  const text = textOf(objectOr(attributes[CARRIER]), 'StringValue');
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  return objectOr(value);
}

/** Names of attributes that a receiver requested. */
export interface RequestedAttributes {
  /** `MessageAttributeNames`. */
  readonly messageAttributes: readonly string[];
  /** `MessageSystemAttributeNames`, or the older `AttributeNames`. */
  readonly systemAttributes: readonly string[];
}

/** Converts a message of fauxqs to the one that SQS would return to this receiver. */
export function fromFauxqs(message: JsonObject, requested: RequestedAttributes): JsonObject {
  const {
    MessageAttributes: all,
    MD5OfMessageAttributes: _,
    Attributes: system,
    ...rest
  } = message;
  const { group, encoded } = carriedIn(objectOr(all));
  const body = textOf(message, 'Body') ?? '';
  const original = encoded === true ? decode(body) : body;
  const attributes = Object.fromEntries(
    Object.entries(objectOr(all)).filter(
      ([name]) => name !== CARRIER && isRequested(name, requested.messageAttributes),
    ),
  );
  const hasGroup =
    typeof group === 'string' && isRequested('MessageGroupId', requested.systemAttributes);
  return {
    ...rest,
    Body: original,
    MD5OfBody: encoded === true ? md5(original) : message['MD5OfBody'],
    ...(isJsonObject(system) || hasGroup
      ? { Attributes: { ...objectOr(system), ...(hasGroup ? { MessageGroupId: group } : {}) } }
      : {}),
    ...(Object.keys(attributes).length === 0
      ? {}
      : {
          MessageAttributes: attributes,
          MD5OfMessageAttributes: md5OfMessageAttributes(attributes),
        }),
  };
}
