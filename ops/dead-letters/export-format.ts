/** Dead letters as lines of JSON. A line holds all that was received, so that import can restore it. */

import { createHash } from 'node:crypto';

import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import * as v from 'valibot';

import type { ReceivedMessage } from '../aws/queue.ts';

/** Version of a line. Raised when a reader of the old version could not read the new one. */
const LINE_VERSION = 1;

/** One message attribute. Binary values are base64. */
interface LineAttribute {
  readonly dataType: string;
  readonly stringValue?: string | undefined;
  readonly binaryValue?: string | undefined;
}

/** One line of an export. */
export interface ExportedDeadLetter {
  readonly messageId: string;
  /** Exactly as it was received. */
  readonly body: string;
  readonly messageAttributes: Readonly<Record<string, LineAttribute>>;
  /** SQS's own attributes at the time of the export, `MessageGroupId` among them. */
  readonly attributes: Readonly<Record<string, string>>;
}

const lineSchema = v.object({
  version: v.literal(LINE_VERSION),
  messageId: v.pipe(v.string(), v.nonEmpty()),
  body: v.pipe(v.string(), v.nonEmpty()),
  messageAttributes: v.record(
    v.string(),
    v.object({
      dataType: v.string(),
      stringValue: v.optional(v.string()),
      binaryValue: v.optional(v.pipe(v.string(), v.base64())),
    }),
  ),
  attributes: v.record(v.string(), v.string()),
});

function toLineAttribute(attribute: MessageAttributeValue): LineAttribute {
  const { DataType = 'String', StringValue, BinaryValue } = attribute;
  const binaryValue = BinaryValue && Buffer.from(BinaryValue).toString('base64');
  return { dataType: DataType, stringValue: StringValue, binaryValue };
}

/** A received message, ready to be written. */
export function toExported(message: ReceivedMessage): ExportedDeadLetter {
  return {
    messageId: message.messageId,
    body: message.body,
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, value]) => [name, toLineAttribute(value)]),
    ),
    attributes: message.system,
  };
}

/** Writes a line, without its line break. */
export function writeLine(deadLetter: ExportedDeadLetter): string {
  return JSON.stringify({ version: LINE_VERSION, ...deadLetter });
}

/**
 * Reads a line.
 *
 * @returns the dead letter, or what is wrong with the line
 */
export function readLine(line: string): ExportedDeadLetter | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'it is not JSON';
  }
  const parsed = v.safeParse(lineSchema, value);
  if (parsed.success) {
    const { version: _, ...deadLetter } = parsed.output;
    return deadLetter;
  }
  const [issue] = parsed.issues;
  return `${v.getDotPath(issue) ?? 'the line'}: ${issue.message}`;
}

/** The attributes of a line, as SQS takes them. */
export function messageAttributes(
  deadLetter: ExportedDeadLetter,
): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries(deadLetter.messageAttributes).map(([name, attribute]) => {
      const { dataType, stringValue, binaryValue } = attribute;
      const BinaryValue =
        binaryValue === undefined ? undefined : Buffer.from(binaryValue, 'base64');
      return [name, { DataType: dataType, StringValue: stringValue, BinaryValue }];
    }),
  );
}

/**
 * Digest of body, attributes and message group. Equal for a dead letter, its line in an export, and
 * the dead letter that an import makes of that line.
 */
export function contentDigest(deadLetter: ExportedDeadLetter): string {
  const attributes = Object.entries(deadLetter.messageAttributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      dataType,
      stringValue ?? null,
      binaryValue ?? null,
    ]);
  const content = [deadLetter.body, deadLetter.attributes['MessageGroupId'] ?? null, attributes];
  return createHash('sha256').update(JSON.stringify(content)).digest('base64');
}
