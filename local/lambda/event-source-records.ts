/** Lambda's records of SQS messages, and the evaluation of a function's answer. */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import { objectOr } from '../stack/template.ts';

/** A record in the event of an invocation for SQS messages. */
export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: JsonObject;
  readonly messageAttributes: JsonObject;
  readonly md5OfMessageAttributes?: string;
  readonly md5OfBody: string;
  readonly eventSource: 'aws:sqs';
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

function messageAttribute(attribute: JsonObject): JsonObject {
  const { StringValue, BinaryValue, DataType } = attribute;
  return {
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}

/**
 * Converts a received message to a record.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
 */
export function toRecord(message: JsonObject, queueArn: string): SqsRecord {
  const digest = message['MD5OfMessageAttributes'];
  return {
    messageId: String(message['MessageId']),
    receiptHandle: String(message['ReceiptHandle']),
    body: String(message['Body']),
    attributes: objectOr(message['Attributes']),
    messageAttributes: Object.fromEntries(
      Object.entries(objectOr(message['MessageAttributes'])).map(([name, attribute]) => [
        name,
        messageAttribute(objectOr(attribute)),
      ]),
    ),
    ...(typeof digest === 'string' ? { md5OfMessageAttributes: digest } : {}),
    md5OfBody: String(message['MD5OfBody']),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  };
}

/**
 * Records of a batch that the mapping deletes after a successful invocation. With
 * `ReportBatchItemFailures`, an answer that is not valid fails the whole batch:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 *
 * @param payload the function's answer as JSON
 * @param reportsItemFailures `ReportBatchItemFailures` is set
 */
export function recordsToDelete(
  records: readonly SqsRecord[],
  payload: string,
  reportsItemFailures: boolean,
): readonly SqsRecord[] {
  if (!reportsItemFailures) return records;
  const answer: unknown = JSON.parse(payload);
  if (answer === null) return records;
  if (!isJsonObject(answer)) return [];
  const failures = answer['batchItemFailures'] ?? [];
  if (!Array.isArray(failures)) return [];
  const known = new Set(records.map(({ messageId }) => messageId));
  const failed = new Set<string>();
  for (const failure of failures) {
    const id: unknown = isJsonObject(failure) ? failure['itemIdentifier'] : undefined;
    if (typeof id !== 'string' || !known.has(id)) return [];
    failed.add(id);
  }
  return records.filter(({ messageId }) => !failed.has(messageId));
}
