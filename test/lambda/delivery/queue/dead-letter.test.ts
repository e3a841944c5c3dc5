import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { deadLetterEntry } from '../../../../lambda/delivery/queue/dead-letter.ts';
import type { QueuedMessage } from '../../../../lambda/delivery/candidate.ts';
import {
  DEAD_LETTER_ATTRIBUTES,
  FAILURE_REASONS,
  readDeduplicated,
} from '../../../../lambda/shared/message.ts';
import { anyTextOf } from '../../../support/any-text.ts';
import { NOW, queued } from '../../../support/delivery-fixtures.ts';
import { RUNS } from '../../../support/runs.ts';
import { sqsRefusal } from '../../../support/sqs-rules.ts';

function entry(detail: string, message: QueuedMessage = queued(), status?: number) {
  const disposition = { kind: 'deadLetter', reason: 'rejected', detail, status } as const;
  return deadLetterEntry({ message, disposition }, '7', NOW);
}

describe('a dead letter', () => {
  test('has the body as it was, its group, and every attribute of the contract', () => {
    const message = queued({ id: 'm7', receiveCount: 3 });
    expect(entry('400 invalid event', message, 400)).toEqual({
      Id: '7',
      MessageBody: message.body,
      MessageGroupId: 'shop',
      MessageAttributes: {
        FailureReason: { DataType: 'String', StringValue: 'rejected' },
        FailureDetail: { DataType: 'String', StringValue: '400 invalid event' },
        HttpStatus: { DataType: 'Number', StringValue: '400' },
        ReceiveCount: { DataType: 'Number', StringValue: '3' },
        FailedAt: { DataType: 'String', StringValue: '2026-03-01T12:00:00.000Z' },
        OriginalMessageId: { DataType: 'String', StringValue: 'm7' },
      },
    });
  });

  test('has no status when there was no answer, and no group when it came without one', () => {
    const { groupId: _, ...message } = queued();
    const deadLetter = entry('reset', message);
    expect(deadLetter.MessageAttributes).not.toHaveProperty('HttpStatus');
    expect(deadLetter).not.toHaveProperty('MessageGroupId');
  });

  test('says for how many events it stands, as the body of a replay would', () => {
    const standsFor = { count: 3, first: NOW - 9_000, last: NOW - 1_000, ratio: 2 };
    const disposition = { kind: 'deadLetter', reason: 'rejected', detail: 'x', standsFor } as const;
    const written = deadLetterEntry({ message: queued(), disposition }, '0', NOW);
    const attribute = written.MessageAttributes?.['StandsFor'];
    expect(attribute?.DataType).toBe('String');
    const json: unknown = JSON.parse(attribute?.StringValue ?? '');
    expect(json).toEqual({
      count: 3,
      first: '2026-03-01T11:59:51.000Z',
      last: '2026-03-01T11:59:59.000Z',
      ratio: 2,
    });
    expect(readDeduplicated(json)).toEqual(standsFor);
    expect(entry('x').MessageAttributes).not.toHaveProperty('StandsFor');
  });

  test('has at most ten attributes: SQS takes no more', () => {
    const standsFor = { count: 3, first: NOW, last: NOW };
    const disposition = {
      kind: 'deadLetter',
      reason: 'rejected',
      detail: 'x',
      status: 400,
      standsFor,
    } as const;
    const written = deadLetterEntry({ message: queued(), disposition }, '0', NOW);
    expect(Object.keys(written.MessageAttributes ?? {}).toSorted()).toEqual(
      Object.values(DEAD_LETTER_ATTRIBUTES).toSorted(),
    );
    expect(Object.keys(written.MessageAttributes ?? {}).length).toBeLessThanOrEqual(10);
  });

  test.each(FAILURE_REASONS)('says the reason %s', (reason) => {
    const deadLetter = deadLetterEntry(
      { message: queued(), disposition: { kind: 'deadLetter', reason, detail: 'x' } },
      '0',
      NOW,
    );
    expect(deadLetter.MessageAttributes?.['FailureReason']?.StringValue).toBe(reason);
  });

  test('says something even when there is nothing to say: SQS takes no empty attribute', () => {
    expect(entry('').MessageAttributes?.['FailureDetail']?.StringValue).toBe('No detail.');
  });

  test.each([
    ['NUL', 'a\u0000b', 'a\uFFFDb'],
    ['escape', 'a\u001Bb', 'a\uFFFDb'],
    ['half a surrogate pair', 'a\uD83Db', 'a\uFFFDb'],
    ['U+FFFE and U+FFFF', 'a\uFFFE\uFFFFb', 'a\uFFFD\uFFFDb'],
    ['tab, line feed, carriage return', 'a\t\n\rb', 'a\t\n\rb'],
    ['a whole pair', 'a😀b', 'a😀b'],
  ])('has %s as SQS takes it', (_, detail, written) => {
    expect(entry(detail).MessageAttributes?.['FailureDetail']?.StringValue).toBe(written);
  });

  test('has a detail that SQS takes and that is at most 1 KB, whatever PagerDuty says', () => {
    const details = fc.oneof(
      anyTextOf({ maxLength: 1500 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 3000 })
        .map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(details, (detail) => {
        const written = entry(detail).MessageAttributes?.['FailureDetail']?.StringValue ?? '';
        expect(sqsRefusal(written)).toBeUndefined();
        expect(Buffer.byteLength(written)).toBeLessThanOrEqual(1024);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });
});
