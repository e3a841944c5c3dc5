import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  addDeduplicated,
  type DeduplicatedEvents,
  readEventMessage,
  withDeduplicated,
  writeEventMessage,
} from '../../../lambda/shared/message.ts';
import { anyText } from '../../support/any-text.ts';
import { jsonText } from '../../support/json-text.ts';
import { RUNS } from '../../support/runs.ts';
import { sqsRefusal } from '../../support/sqs-rules.ts';

const META = { receivedAt: '2022-04-03T17:52:25.000Z', requestId: 'request-1' };

describe('a message body', () => {
  test('keeps the text of the event byte for byte', () => {
    const text = '{ "value": 1.10, "id": 12345678901234567890, "a": 1e400,\n\t"a": "\\u0041" }';
    expect(writeEventMessage(META, text)).toBe(
      `{"version":1,"receivedAt":"2022-04-03T17:52:25.000Z","requestId":"request-1","event":${text}}`,
    );
  });

  test('is parsed to the values that were written', () => {
    expect(readEventMessage(writeEventMessage(META, '{"id":1}'))).toEqual({
      version: 1,
      ...META,
      event: { id: 1 },
    });
  });

  test('escapes characters that are legal in JSON and refused by SQS', () => {
    const body = writeEventMessage(META, '{"\uFFFE":"\uFFFF and \\\\\uFFFE"}');
    expect(sqsRefusal(body)).toBeUndefined();
    expect(readEventMessage(body)).toMatchObject({ event: { '\uFFFE': '\uFFFF and \\\uFFFE' } });
  });

  test('is accepted by SQS and parsed to the same value, for any JSON', () => {
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

/** Arbitrary deduplicated events. */
const deduplicated: fc.Arbitrary<DeduplicatedEvents> = fc.record(
  {
    count: fc.integer({ min: 1 }),
    first: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    last: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    ratio: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  },
  { requiredKeys: ['count', 'first', 'last'] },
);

describe('a message body with deduplicated events', () => {
  const THREE = { count: 3, first: 0, last: 60_000, ratio: 2.5 };

  test('has their count, period and ratio after the event', () => {
    expect(withDeduplicated(writeEventMessage(META, '{"id":12345678901234567890}'), THREE)).toBe(
      '{"version":1,"receivedAt":"2022-04-03T17:52:25.000Z","requestId":"request-1",' +
        '"event":{"id":12345678901234567890},"deduplicated":{"count":3,' +
        '"first":"1970-01-01T00:00:00.000Z","last":"1970-01-01T00:01:00.000Z","ratio":2.5}}',
    );
  });

  test('keeps the event byte for byte and has the summary once, for any event', () => {
    const event = fc.oneof(
      jsonText,
      // Events that contain text like that of the summary.
      deduplicated.map((one) => withDeduplicated('{"a":[{"deduplicated":{"count":1}},{}]}', one)),
      deduplicated.map((one) => `[${withDeduplicated('{"a":1}', one)}]`),
    );
    fc.assert(
      fc.property(event, deduplicated, deduplicated, (text, before, now) => {
        const bare = writeEventMessage(META, text);
        const body = withDeduplicated(withDeduplicated(bare, before), now);
        expect(body.startsWith(bare.slice(0, -1))).toBe(true);
        expect(body).toBe(withDeduplicated(`${bare}\n`, now));
        expect(readEventMessage(body)).toEqual({
          version: 1,
          ...META,
          event: JSON.parse(text),
          deduplicated: now,
        });
      }),
      RUNS,
    );
  });

  test('can have an infinite ratio', () => {
    const body = withDeduplicated(writeEventMessage(META, '{}'), { ...THREE, ratio: Infinity });
    expect(readEventMessage(body)).toMatchObject({ deduplicated: { ratio: Number.MAX_VALUE } });
  });

  test('is merged with the same result in any order', () => {
    fc.assert(
      fc.property(deduplicated, deduplicated, deduplicated, (a, b, c) => {
        expect(addDeduplicated(a, b)).toEqual(addDeduplicated(b, a));
        expect(addDeduplicated(addDeduplicated(a, b), c)).toEqual(
          addDeduplicated(a, addDeduplicated(b, c)),
        );
        const { count, first, last, ratio } = addDeduplicated(a, b);
        expect(count).toBe(a.count + b.count);
        expect(first).toBe(Math.min(a.first, b.first));
        expect(last).toBe(Math.max(a.last, b.last));
        expect(ratio ?? 0).toBe(Math.max(a.ratio ?? 0, b.ratio ?? 0));
      }),
      RUNS,
    );
  });

  test.each<[string, string]>([
    ['a number', '5'],
    ['null', 'null'],
    ['no count', '{}'],
    ['none', '{"count":0}'],
    ['a half', '{"count":1.5}'],
    ['more than can be counted', '{"count":9007199254740992}'],
    ['no first', '{"count":1}'],
    ['no last', `{"count":1,"first":"${META.receivedAt}"}`],
  ])('whose summary has %s is read as an event without one', (_, text) => {
    const body = `${writeEventMessage(META, '{}').slice(0, -1)},"deduplicated":${text}}`;
    expect(readEventMessage(body)).toEqual({
      version: 1,
      ...META,
      event: {},
      deduplicated: undefined,
    });
  });

  test('whose ratio is a text has no ratio', () => {
    const times = `"first":"${META.receivedAt}","last":"${META.receivedAt}"`;
    const note = `{"count":2,${times},"ratio":"2"}`;
    const body = `${writeEventMessage(META, '{}').slice(0, -1)},"deduplicated":${note}}`;
    const at = Date.parse(META.receivedAt);
    expect(readEventMessage(body)).toMatchObject({
      deduplicated: { count: 2, first: at, last: at },
    });
    expect(readEventMessage(body)).not.toHaveProperty('deduplicated.ratio');
  });
});

describe('a body that is not a message is refused with a sentence', () => {
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

  test('only the request ID may be missing', () => {
    const body = `{"version":1,"receivedAt":"${META.receivedAt}","event":{}}`;
    expect(readEventMessage(body)).toMatchObject({ requestId: '', event: {} });
  });
});
