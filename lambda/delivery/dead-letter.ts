import type { MessageAttributeValue, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';

import { DEAD_LETTER_ATTRIBUTES, MAX_FAILURE_DETAIL_BYTES } from '../shared/message.ts';
import { replaceRefused } from '../shared/sqs-text.ts';
import { cutBytes } from '../shared/text.ts';
import type { Disposition } from './disposition.ts';
import type { QueuedMessage } from './intake.ts';

/** A message that is given up, and why. */
export interface DeadLetter {
  readonly message: QueuedMessage;
  readonly disposition: Extract<Disposition, { kind: 'dead' }>;
}

function text(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: value };
}

function number(value: number): MessageAttributeValue {
  return { DataType: 'Number', StringValue: String(value) };
}

/**
 * The entry for the dead-letter queue: the same body, and why it could not be delivered.
 *
 * @param id of the entry within its batch
 * @param failedAt milliseconds since 1970
 */
export function deadLetterEntry(
  letter: DeadLetter,
  id: string,
  failedAt: number,
): SendMessageBatchRequestEntry {
  const { message, disposition } = letter;
  const detail = cutBytes(replaceRefused(disposition.detail), MAX_FAILURE_DETAIL_BYTES);
  const { status } = disposition;
  return {
    Id: id,
    MessageBody: message.body,
    ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
    MessageAttributes: {
      [DEAD_LETTER_ATTRIBUTES.reason]: text(disposition.reason),
      // SQS takes no empty attribute.
      [DEAD_LETTER_ATTRIBUTES.detail]: text(detail || 'No detail.'),
      ...(status === undefined ? {} : { [DEAD_LETTER_ATTRIBUTES.httpStatus]: number(status) }),
      [DEAD_LETTER_ATTRIBUTES.receiveCount]: number(message.receiveCount),
      [DEAD_LETTER_ATTRIBUTES.failedAt]: text(new Date(failedAt).toISOString()),
      [DEAD_LETTER_ATTRIBUTES.originalMessageId]: text(message.messageId),
    },
  };
}
