import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readEventMessage, writeEventMessage } from '../../../lambda/shared/message.ts';
import { anyText } from '../../support/any-text.ts';
import { jsonText } from '../../support/json-text.ts';
import { RUNS } from '../../support/runs.ts';
import { sqsRefusal } from '../../support/sqs-rules.ts';

const META = { receivedAt: '2022-04-03T17:52:25.000Z', requestId: 'request-1' };

describe('a message body', () => {
  test('carries the event as it was received, byte by byte', () => {
    const text = '{ "value": 1.10, "id": 12345678901234567890, "a": 1e400,\n\t"a": "\\u0041" }';
    expect(writeEventMessage(META, text)).toBe(
      `{"version":1,"receivedAt":"2022-04-03T17:52:25.000Z","requestId":"request-1","event":${text}}`,
    );
  });

  test('is read as what was written', () => {
    expect(readEventMessage(writeEventMessage(META, '{"id":1}'))).toEqual({
      version: 1,
      ...META,
      event: { id: 1 },
    });
  });

  test('escapes what is legal in JSON and refused by SQS', () => {
    const body = writeEventMessage(META, '{"\uFFFE":"\uFFFF and \\\\\uFFFE"}');
    expect(sqsRefusal(body)).toBeUndefined();
    expect(readEventMessage(body)).toMatchObject({ event: { '\uFFFE': '\uFFFF and \\\uFFFE' } });
  });

  test('whatever JSON it carries, SQS takes it and reading gives the same value', () => {
    fc.assert(
      fc.property(jsonText, anyText, (text, requestId) => {
        const body = writeEventMessage({ ...META, requestId }, text);
        // The request ID is API Gateway's, and plain.
        expect(sqsRefusal(writeEventMessage(META, text))).toBeUndefined();
        expect(readEventMessage(body)).toEqual({
          version: 1,
          receivedAt: META.receivedAt,
          requestId,
          event: JSON.parse(text),
        });
      }),
      RUNS,
    );
  });
});

describe('a body that is not a message of ours is told from one, in words', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  test.each<[string, string, string]>([
    ['no JSON', 'hello', 'The body is not JSON.'],
    ['nothing', '', 'The body is not JSON.'],
    ['an array', '[]', 'The body is not a JSON object.'],
    ['null', 'null', 'The body is not a JSON object.'],
    ['no version', '{}', 'The body has no version number; this bridge reads version 1.'],
    ['a later version', '{"version":2}', 'The body has version 2; this bridge reads version 1.'],
    [
      'a version as text',
      '{"version":"1"}',
      'The body has no version number; this bridge reads version 1.',
    ],
    [
      'a version of 100,000 levels',
      `{"version":${deep}}`,
      'The body has no version number; this bridge reads version 1.',
    ],
    ['no time', '{"version":1}', 'receivedAt is not a time.'],
    ['a time that is none', '{"version":1,"receivedAt":"soon"}', 'receivedAt is not a time.'],
    ['a time as a number', '{"version":1,"receivedAt":5}', 'receivedAt is not a time.'],
  ])('%s', (_, body, words) => {
    expect(readEventMessage(body)).toBe(words);
  });

  test('only the request ID may be missing: a replayed event can do without', () => {
    const body = `{"version":1,"receivedAt":"${META.receivedAt}","event":{}}`;
    expect(readEventMessage(body)).toMatchObject({ requestId: '', event: {} });
  });
});
