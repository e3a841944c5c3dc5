import type { MessageAttributeValue, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';

import {
  DEAD_LETTER_ATTRIBUTES,
  MAX_FAILURE_DETAIL_BYTES,
  writeDeduplicated,
} from '../../shared/message.ts';
import { replaceRefused } from '../../shared/sqs-text.ts';
import { cutBytes } from '../../shared/text.ts';
import type { Disposition } from '../disposition.ts';
import type { QueuedMessage } from '../candidate.ts';

/** A message for the dead-letter queue, and the reason. */
export interface DeadLetter {
  readonly message: QueuedMessage;
  readonly disposition: Extract<Disposition, { kind: 'deadLetter' }>;
}

/**
 * The batch entry of a dead letter: the body as received, and attributes that give the reason.
 *
 * @param id ID of the entry within its batch
 * @param failedAt milliseconds since 1970
 */
export function deadLetterEntry(
  deadLetter: DeadLetter,
  id: string,
  failedAt: number,
): SendMessageBatchRequestEntry {
  const { message, disposition } = deadLetter;
  const detail = cutBytes(replaceRefused(disposition.detail), MAX_FAILURE_DETAIL_BYTES);
  const { status, standsFor } = disposition;
  return {
    Id: id,
    MessageBody: message.body,
    ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
    MessageAttributes: {
      [DEAD_LETTER_ATTRIBUTES.reason]: text(disposition.reason),
      // SQS refuses an empty attribute.
      [DEAD_LETTER_ATTRIBUTES.detail]: text(detail || 'No detail.'),
      ...(status === undefined ? {} : { [DEAD_LETTER_ATTRIBUTES.httpStatus]: number(status) }),
      [DEAD_LETTER_ATTRIBUTES.receiveCount]: number(message.receiveCount),
      [DEAD_LETTER_ATTRIBUTES.failedAt]: text(new Date(failedAt).toISOString()),
      [DEAD_LETTER_ATTRIBUTES.originalMessageId]: text(message.messageId),
      ...(standsFor === undefined
        ? {}
        : { [DEAD_LETTER_ATTRIBUTES.standsFor]: text(writeDeduplicated(standsFor)) }),
    },
  };
}

function text(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: value };
}

function number(value: number): MessageAttributeValue {
  return { DataType: 'Number', StringValue: String(value) };
}
