/**
 * Carries through fauxqs 2.4.1 what it loses: the message group of a message on a standard queue
 * (it drops `MessageGroupId`) and characters beyond U+FFFF (it refuses them, SQS does not). Both
 * travel in a message attribute of the carrier's own, which never leaves the local AWS gateway.
 */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { attributeError, md5, md5OfMessageAttributes } from './message-attributes.ts';
import { textOf } from '../aws-endpoint/protocol.ts';
import { objectOr } from '../stack/template.ts';

const CARRIED = 'bridge.local.carried';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const MESSAGE_GROUP_ID = /^[A-Za-z0-9!-/:-@[-`{-~]{1,128}$/;

const BEYOND_BMP = /[\u{10000}-\u{10FFFF}]/u;

/** What the SQS parameter check has to say against a message, `undefined` when nothing. */
export function messageError(message: JsonObject): string | undefined {
  const group = message['MessageGroupId'];
  if (group !== undefined && !(typeof group === 'string' && MESSAGE_GROUP_ID.test(group))) {
    return `Value ${JSON.stringify(group)} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  }
  return attributeError(objectOr(message['MessageAttributes']));
}

/** Rewrites a message, as it is sent, to what fauxqs takes. */
export function toFauxqs(message: JsonObject): JsonObject {
  const body = textOf(message, 'MessageBody') ?? '';
  const group = textOf(message, 'MessageGroupId');
  const encoded = BEYOND_BMP.test(body);
  if (!encoded && group === undefined) return message;
  return {
    ...message,
    MessageBody: encoded
      ? body.replaceAll(
          /[%\u{10000}-\u{10FFFF}]/gu,
          (char) => `%${char.codePointAt(0)?.toString(16)};`,
        )
      : body,
    MessageAttributes: {
      ...objectOr(message['MessageAttributes']),
      [CARRIED]: { DataType: 'String', StringValue: JSON.stringify({ group, encoded }) },
    },
  };
}

/** The digests of a sent message, as SQS would answer them. */
export function sentDigests(message: JsonObject): JsonObject {
  const attributes = objectOr(message['MessageAttributes']);
  return {
    MD5OfMessageBody: md5(textOf(message, 'MessageBody') ?? ''),
    ...(Object.keys(attributes).length === 0
      ? {}
      : { MD5OfMessageAttributes: md5OfMessageAttributes(attributes) }),
  };
}

/** Names and prefixes (`name.*`) of `MessageAttributeNames`. */
function isAskedFor(name: string, asked: readonly string[]): boolean {
  return asked.some(
    (pattern) =>
      pattern === name ||
      pattern === 'All' ||
      (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -2))),
  );
}

function carriedIn(attributes: JsonObject): JsonObject {
  const text = textOf(objectOr(attributes[CARRIED]), 'StringValue');
  if (text === undefined) return {};
  const value: unknown = JSON.parse(text);
  return objectOr(value);
}

/** What a receiver asked for. */
export interface Asked {
  /** `MessageAttributeNames`. */
  readonly messageAttributes: readonly string[];
  /** `MessageSystemAttributeNames`, or the older `AttributeNames`. */
  readonly systemAttributes: readonly string[];
}

/** Turns a message as fauxqs gives it into what SQS would give to a receiver that asked so. */
export function fromFauxqs(message: JsonObject, asked: Asked): JsonObject {
  const {
    MessageAttributes: all,
    MD5OfMessageAttributes: _,
    Attributes: system,
    ...rest
  } = message;
  const { group, encoded } = carriedIn(objectOr(all));
  const body = textOf(message, 'Body') ?? '';
  const original =
    encoded === true
      ? body.replaceAll(/%([0-9a-f]+);/g, (__, code: string) =>
          String.fromCodePoint(parseInt(code, 16)),
        )
      : body;
  const attributes = Object.fromEntries(
    Object.entries(objectOr(all)).filter(
      ([name]) => name !== CARRIED && isAskedFor(name, asked.messageAttributes),
    ),
  );
  const hasGroup =
    typeof group === 'string' && isAskedFor('MessageGroupId', asked.systemAttributes);
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
