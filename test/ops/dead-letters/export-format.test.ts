import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { ReceivedMessage } from '../../../ops/aws/queue.ts';
import {
  contentDigest,
  toExported,
  messageAttributes,
  readLine,
  writeLine,
} from '../../../ops/dead-letters/export-format.ts';
import { RUNS } from '../../support/runs.ts';

/** Text that can be in an SQS message: no lone surrogates, not empty. */
const text = fc.string({ minLength: 1, unit: 'grapheme' });

const attribute = fc.oneof(
  text.map((StringValue) => ({ DataType: 'String', StringValue })),
  fc.integer().map((value) => ({ DataType: 'Number.int', StringValue: String(value) })),
  fc
    .uint8Array({ minLength: 1 })
    .map((BinaryValue) => ({ DataType: 'Binary', BinaryValue: Uint8Array.from(BinaryValue) })),
);

const received: fc.Arbitrary<ReceivedMessage> = fc.record({
  messageId: fc.uuid(),
  receiptHandle: text,
  body: text,
  attributes: fc.dictionary(fc.stringMatching(/^[A-Za-z]{1,8}$/), attribute),
  system: fc.constantFrom<Record<string, string>>(
    { MessageGroupId: 'platform', SentTimestamp: '1' },
    { SentTimestamp: '2' },
  ),
});

describe('a line of an export', () => {
  test('holds everything of a message but its receipt handle', () => {
    fc.assert(
      fc.property(received, (message) => {
        const line = writeLine(toExported(message));
        expect(line).not.toContain('\n');
        const back = readLine(line);
        if (typeof back === 'string') throw new Error(back);
        expect(back.messageId).toBe(message.messageId);
        expect(back.body).toBe(message.body);
        expect(back.attributes).toEqual(message.system);
        const restored = Object.entries(messageAttributes(back)).map(([name, value]) => [
          name,
          value.BinaryValue === undefined
            ? value
            : { ...value, BinaryValue: Uint8Array.from(value.BinaryValue) },
        ]);
        expect(Object.fromEntries(restored)).toEqual(message.attributes);
        expect(contentDigest(back)).toBe(contentDigest(toExported(message)));
      }),
      RUNS,
    );
  });

  test.each([
    ['', 'it is not JSON'],
    ['{', 'it is not JSON'],
    ['[]', 'version'],
    ['{"version":2}', 'version'],
    ['{"version":1,"messageId":"a","body":"","messageAttributes":{},"attributes":{}}', 'body'],
    [
      '{"version":1,"messageId":"a","body":"b","messageAttributes":{"x":{"dataType":"Binary","binaryValue":"%"}},"attributes":{}}',
      'messageAttributes.x.binaryValue',
    ],
  ])('%j is none', (line, reason) => {
    expect(readLine(line)).toContain(reason);
  });
});

describe('the digest of a dead letter', () => {
  const base = toExported({
    messageId: 'id',
    receiptHandle: '',
    body: 'body',
    attributes: { a: { DataType: 'String', StringValue: '1' } },
    system: { MessageGroupId: 'platform', ApproximateReceiveCount: '1' },
  });

  test("does not depend on SQS's own attributes", () => {
    const later = {
      ...base,
      messageId: 'other',
      attributes: { MessageGroupId: 'platform', ApproximateReceiveCount: '9' },
    };
    expect(contentDigest(later)).toBe(contentDigest(base));
  });

  test.each([
    ['body', { body: 'other' }],
    ['group', { attributes: { MessageGroupId: 'network' } }],
    ['attributes', { messageAttributes: {} }],
    [
      'type of an attribute',
      { messageAttributes: { a: { dataType: 'Number', stringValue: '1' } } },
    ],
  ])('depends on its %s', (_, change) => {
    expect(contentDigest({ ...base, ...change })).not.toBe(contentDigest(base));
  });
});
