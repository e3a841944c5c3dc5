/** SQS's checks and digests of message attributes. */

import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';

/** Most attributes of a message. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
const MAX_ATTRIBUTES = 10;

/** Characters that SQS refuses, in a body as in an attribute. */
const REFUSED_CHARACTERS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Transport types in the digest. */
const STRING_TRANSPORT = 1;
const BINARY_TRANSPORT = 2;

/** MD5 in hexadecimal. */
export function md5(data: string | Buffer): string {
  return createHash('md5').update(data).digest('hex');
}

function lengthPrefixed(data: string | Buffer): Buffer {
  const bytes = Buffer.from(data);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * `MD5OfMessageAttributes`.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function md5OfMessageAttributes(attributes: JsonObject): string {
  const parts = Object.entries(attributes)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, attribute]) => {
      if (!isJsonObject(attribute)) return [];
      const { DataType: type, StringValue: text, BinaryValue: binary } = attribute;
      const isText = typeof text === 'string';
      const value = isText ? text : Buffer.from(String(binary), 'base64');
      const transport = Buffer.from([isText ? STRING_TRANSPORT : BINARY_TRANSPORT]);
      return [lengthPrefixed(name), lengthPrefixed(String(type)), transport, lengthPrefixed(value)];
    });
  return md5(Buffer.concat(parts));
}

/**
 * Checks a message's attributes as SQS does and fauxqs does not.
 *
 * @returns SQS's error message; `undefined` when SQS accepts the attributes
 */
export function attributeError(attributes: JsonObject): string | undefined {
  const entries = Object.entries(attributes);
  if (entries.length > MAX_ATTRIBUTES) {
    return `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`;
  }
  for (const [name, attribute] of entries) {
    const {
      DataType: type,
      StringValue: text,
      BinaryValue: binary,
    } = isJsonObject(attribute) ? attribute : {};
    if (typeof type !== 'string' || !/^(?:String|Number|Binary)(?:\.|$)/.test(type)) {
      return `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`;
    }
    if ((text ?? binary ?? '') === '') {
      return `Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`;
    }
    if (typeof text === 'string' && REFUSED_CHARACTERS.test(text)) {
      return `Message (user) attribute '${name}' contains characters outside of the allowed set.`;
    }
    if (type.startsWith('Number') && Number.isNaN(Number(text))) {
      return `Can't cast the value of message (user) attribute '${name}' to a number.`;
    }
  }
  return undefined;
}
