import type { SQSRecord } from 'aws-lambda';

import type { QueuedMessage } from '../candidate.ts';

/**
 * Converts a record of the event source mapping.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function queuedMessage(record: SQSRecord): QueuedMessage {
  const { ApproximateReceiveCount, SentTimestamp, MessageGroupId } = record.attributes;
  return {
    messageId: record.messageId,
    receiptHandle: record.receiptHandle,
    body: record.body,
    receiveCount: Number(ApproximateReceiveCount),
    sentAt: Number(SentTimestamp),
    groupId: MessageGroupId,
  };
}
