import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  addDeduplicated,
  type DeduplicatedEvents,
  readDeduplicated,
  readEventMessage,
  replayBody,
  writeDeduplicated,
  writeEventMessage,
} from '../../../lambda/shared/message.ts';
import { parseJson } from '../../../lambda/shared/json.ts';
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
      isReplay: false,
      deduplicated: undefined,
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
          event: parseJson(text),
          isReplay: false,
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

/** Events that look like what a replay writes behind an event. */
const lookAlike: fc.Arbitrary<string> = fc.oneof(
  jsonText,
  deduplicated.map((one) =>
    replayBody('{"a":[{"replayed":true},{"deduplicated":{"count":1}}]}', one),
  ),
  deduplicated.map((one) => `[${replayBody('{"a":1}', one)}]`),
  fc.constantFrom('{"replayed":true}', '{"a":1,"replayed":true}', '{"a":{},"deduplicated":{}}'),
);

describe('the body of a replay', () => {
  const EVENT = '{"id":12345678901234567890}';
  const BARE = writeEventMessage(META, EVENT);
  const HEAD = `{"version":1,"receivedAt":"2022-04-03T17:52:25.000Z","requestId":"request-1","event":${EVENT}`;
  const THREE = { count: 3, first: 0, last: 60_000, ratio: 2.5 };
  const WRITTEN =
    '{"count":3,"first":"1970-01-01T00:00:00.000Z","last":"1970-01-01T00:01:00.000Z","ratio":2.5}';

  test.each([
    { what: 'alone', body: replayBody(BARE), written: `${HEAD},"replayed":true}` },
    {
      what: 'with the events that it stands for',
      body: replayBody(BARE, THREE),
      written: `${HEAD},"replayed":true,"deduplicated":${WRITTEN}}`,
    },
    { what: 'twice', body: replayBody(replayBody(BARE)), written: `${HEAD},"replayed":true}` },
    {
      what: 'with others than before',
      body: replayBody(replayBody(BARE, { ...THREE, count: 9 }), THREE),
      written: `${HEAD},"replayed":true,"deduplicated":${WRITTEN}}`,
    },
    {
      what: 'with none, although it stood for some before',
      body: replayBody(replayBody(BARE, THREE)),
      written: `${HEAD},"replayed":true}`,
    },
    {
      what: 'after an edited export, with a line break at its end',
      body: replayBody(`${BARE}\n`),
      written: `${HEAD},"replayed":true}`,
    },
  ])('says it behind the event: $what', ({ body, written }) => {
    expect(body).toBe(written);
    expect(readEventMessage(body)).toMatchObject({ isReplay: true });
  });

  test('whatever its event, keeps it byte by byte, and is read as it was written', () => {
    const note = fc.option(deduplicated, { nil: undefined, freq: 3 });
    fc.assert(
      fc.property(lookAlike, note, note, (text, before, now) => {
        const bare = writeEventMessage(META, text);
        const body = replayBody(replayBody(bare, before), now);
        expect(body.startsWith(bare.slice(0, -1))).toBe(true);
        expect(body).toBe(replayBody(bare, now));
        expect(sqsRefusal(body)).toBeUndefined();
        expect(readEventMessage(body)).toEqual({
          version: 1,
          ...META,
          event: parseJson(text),
          deduplicated: now,
          isReplay: true,
        });
      }),
      RUNS,
    );
  });

  test.each(['"true"', '1', 'null', 'false', '{}'])('is none when it says %s', (text) => {
    const body = `${BARE.slice(0, -1)},"replayed":${text}}`;
    expect(readEventMessage(body)).toMatchObject({ isReplay: false });
  });

  test('is none when only its event says so', () => {
    const body = writeEventMessage(META, '{"replayed":true}');
    expect(readEventMessage(body)).toMatchObject({ isReplay: false });
  });
});

describe('events that another one stands for', () => {
  test('are read as they were written, in bodies and attributes', () => {
    fc.assert(
      fc.property(deduplicated, (one) => {
        expect(readDeduplicated(JSON.parse(writeDeduplicated(one)))).toEqual(one);
      }),
      RUNS,
    );
  });

  test('may be infinitely far over the threshold', () => {
    const written = writeDeduplicated({ count: 3, first: 0, last: 1, ratio: Infinity });
    expect(readDeduplicated(JSON.parse(written))).toMatchObject({ ratio: Number.MAX_VALUE });
  });

  test('add up, in any order', () => {
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
    ['a list', '[]'],
  ])('that are %s are left out, and the event is read', (_, text) => {
    expect(readDeduplicated(JSON.parse(text))).toBeUndefined();
    const body = `${writeEventMessage(META, '{}').slice(0, -1)},"deduplicated":${text}}`;
    expect(readEventMessage(body)).toEqual({
      version: 1,
      ...META,
      event: {},
      isReplay: false,
      deduplicated: undefined,
    });
  });

  test('with a ratio that is no number have none', () => {
    const times = `"first":"${META.receivedAt}","last":"${META.receivedAt}"`;
    const note = `{"count":2,${times},"ratio":"2 times"}`;
    const body = `${writeEventMessage(META, '{}').slice(0, -1)},"deduplicated":${note}}`;
    const at = Date.parse(META.receivedAt);
    expect(readEventMessage(body)).toMatchObject({
      deduplicated: { count: 2, first: at, last: at },
    });
    expect(readEventMessage(body)).not.toHaveProperty('deduplicated.ratio');
  });
});

describe('a body that is not a message of the bridge is refused, with a sentence that says why', () => {
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
