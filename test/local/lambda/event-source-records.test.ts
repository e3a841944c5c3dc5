import { describe, expect, test } from '@jest/globals';
import { recordsToDelete, toRecord } from '../../../local/lambda/event-source-records.ts';

const QUEUE_ARN = 'arn:aws:sqs:eu-west-1:000000000000:events';

test('a message becomes a record of Lambda', () => {
  const message = {
    MessageId: 'id',
    ReceiptHandle: 'handle',
    Body: '{}',
    MD5OfBody: 'm',
    MD5OfMessageAttributes: 'n',
    Attributes: { ApproximateReceiveCount: '1', SentTimestamp: '5', MessageGroupId: 'g' },
    MessageAttributes: {
      Text: { DataType: 'String', StringValue: 't' },
      Bytes: { DataType: 'Binary', BinaryValue: 'AA==' },
    },
  };
  expect(toRecord(message, QUEUE_ARN)).toEqual({
    messageId: 'id',
    receiptHandle: 'handle',
    body: '{}',
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: '5', MessageGroupId: 'g' },
    messageAttributes: {
      Text: { stringValue: 't', stringListValues: [], binaryListValues: [], dataType: 'String' },
      Bytes: {
        binaryValue: 'AA==',
        stringListValues: [],
        binaryListValues: [],
        dataType: 'Binary',
      },
    },
    md5OfMessageAttributes: 'n',
    md5OfBody: 'm',
    eventSource: 'aws:sqs',
    eventSourceARN: QUEUE_ARN,
    awsRegion: 'eu-west-1',
  });
});

function failures(...ids: unknown[]) {
  return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
}

describe('an answer with ReportBatchItemFailures', () => {
  const records = ['a', 'b', 'c'].map((MessageId) => toRecord({ MessageId }, QUEUE_ARN));
  test.each([
    ['null', null, 'abc'],
    ['an empty object', {}, 'abc'],
    ['an empty list', failures(), 'abc'],
    ['a list that is null', { batchItemFailures: null }, 'abc'],
    ['some failures', failures('b', 'b'), 'ac'],
    ['every failure', failures('a', 'b', 'c'), ''],
    ['an ID that is not in the batch', failures('b', 'x'), ''],
    ['an empty ID', failures(''), ''],
    ['an ID that is null', failures(null), ''],
    ['an item without an ID', { batchItemFailures: [{ id: 'a' }] }, ''],
    ['an item that is no object', { batchItemFailures: ['a'] }, ''],
    ['a list that is none', { batchItemFailures: 'a' }, ''],
    ['text', 'done', ''],
    ['a list', [], ''],
  ])('%s', (_, answer, deleted) => {
    const done = recordsToDelete(records, JSON.stringify(answer), true);
    expect(done.map(({ messageId }) => messageId).join('')).toBe(deleted);
  });

  test('is ignored by a mapping without that setting', () => {
    expect(recordsToDelete(records, JSON.stringify(failures('a')), false)).toEqual(records);
  });
});
