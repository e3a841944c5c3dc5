import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  classifyResponse,
  MAX_RETRY_AFTER,
  readRetryAfter,
} from '../../../lambda/pagerduty/outcome.ts';
import { anyTextOf } from '../../support/any-text.ts';
import { RUNS } from '../../support/runs.ts';

const NOW = Date.parse('2026-10-21T07:27:00Z');
const EVERY_STATUS = Array.from({ length: 500 }, (_, i) => i + 100);

/** The outcome of a status according to PagerDuty's documentation. */
function expected(status: number): string {
  if (status >= 200 && status < 300) return 'delivered';
  if (status === 429) return 'retry: throttled';
  if (status === 408) return 'retry: unavailable';
  if (status >= 400 && status < 500) return 'rejected';
  return 'retry: unavailable';
}

/** The outcome of a status according to the code. */
function decided(status: number, isBroken: boolean): string {
  const outcome = classifyResponse({ status, body: 'words', isBroken }, NOW);
  return outcome.kind === 'retry' ? `retry: ${outcome.cause}` : outcome.kind;
}

describe('the outcome of a call', () => {
  test('is decided for every status from 100 to 599', () => {
    const meanings = EVERY_STATUS.map((status) => `${status} ${decided(status, false)}`);
    expect(meanings).toEqual(EVERY_STATUS.map((status) => `${status} ${expected(status)}`));
  });

  test.each([100, 202, 302, 400, 429, 500, 599])('has the status %d', (status) => {
    expect(classifyResponse({ status, body: '' }, NOW)).toMatchObject({ status });
  });

  test('is retry for an incomplete refusal', () => {
    const rejected = EVERY_STATUS.filter((status) => decided(status, true) === 'rejected');
    expect(rejected).toEqual([]);
    expect(decided(400, true)).toBe('retry: unavailable');
    expect(decided(429, true)).toBe('retry: throttled');
  });

  test('is delivered for every 2xx, whatever the body is', () => {
    for (const body of ['', '<html>', '{"status":"invalid event"}', '\0']) {
      expect(classifyResponse({ status: 202, body, isBroken: true }, NOW)).toEqual({
        kind: 'delivered',
        status: 202,
      });
    }
  });
});

describe("the detail is PagerDuty's error text", () => {
  test.each<[string, string, string]>([
    [
      'message and errors',
      '{"status":"invalid event","message":"Event object is invalid","errors":["Length of summary","Bad source"]}',
      '400 Event object is invalid: Length of summary; Bad source',
    ],
    ['a message alone', '{"message":"No"}', '400 No'],
    ['errors alone', '{"errors":["a","b"]}', '400 a; b'],
    ['JSON of another form', '{"error":{"code":7}}', '400 {"error":{"code":7}}'],
    ['errors that are no list', '{"message":"No","errors":"x"}', '400 No'],
    [
      'errors that cannot be converted to text',
      '{"errors":[{"toString":1}]}',
      '400 {"errors":[{"toString":1}]}',
    ],
    ['a JSON text', '"no"', '400 "no"'],
    ['text', ' Bad Request\n', '400 Bad Request'],
    ['nothing', '', '400'],
  ])('%s', (_, body, detail) => {
    expect(classifyResponse({ status: 400, body }, NOW)).toMatchObject({
      kind: 'rejected',
      detail,
    });
  });

  test('in at most 900 bytes, and whole characters', () => {
    fc.assert(
      fc.property(anyTextOf({ minLength: 1 }), (text) => {
        const outcome = classifyResponse({ status: 500, body: text.repeat(500) }, NOW);
        const detail = outcome.kind === 'retry' ? outcome.detail : '';
        expect(Buffer.byteLength(detail)).toBeLessThanOrEqual(900);
        expect(detail.isWellFormed()).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('a refusal is about the key', () => {
  test.each<[boolean, string]>([
    [true, '{"message":"Invalid routing key"}'],
    [true, '{"errors":["Length of \'routing_key\' is incorrect (should be 32 characters)"]}'],
    [true, 'unknown Integration Key'],
    [true, 'service-key not found'],
    [false, '{"errors":["Length of \'summary\' is incorrect"]}'],
    [false, '{"message":"dedup_key is too long"}'],
    [false, ''],
  ])('%j when it says %s', (aboutKey, body) => {
    expect(classifyResponse({ status: 400, body }, NOW)).toMatchObject({
      kind: 'rejected',
      aboutKey,
    });
  });
});

describe('Retry-After', () => {
  test.each<[string, string | undefined, number | undefined]>([
    ['seconds', '5', 5_000],
    ['fractions of them', '1.5', 1_500],
    ['seconds between blanks', ' 30 ', 30_000],
    ['a date', 'Wed, 21 Oct 2026 07:28:00 GMT', 60_000],
    ['a date in the form of RFC 850', 'Wednesday, 21-Oct-26 07:28:00 GMT', 60_000],
    ['a date in the form of asctime', 'Wed Oct 21 07:28:00 2026', 60_000],
    ['an absurd number', '31536000', MAX_RETRY_AFTER],
    ['a number beyond all', '9'.repeat(400), MAX_RETRY_AFTER],
    ['an absurd date', 'Fri, 31 Dec 9999 23:59:59 GMT', MAX_RETRY_AFTER],
    ['a past date', 'Wed, 21 Oct 2015 07:28:00 GMT', undefined],
    ['this very moment', 'Wed, 21 Oct 2026 07:27:00 GMT', undefined],
    ['zero', '0', undefined],
    ['a negative number', '-5', undefined],
    ['two numbers', '5, 10', undefined],
    ['a number with a unit', '5s', undefined],
    ['a number in another notation', '1e3', undefined],
    ['a year that Date.parse would find', 'soon 2099', undefined],
    ['a date that is not of HTTP', '2026-10-21T07:28:00Z', undefined],
    ['a date that does not exist', 'Wed, 99 Foo 2026 07:28:00 GMT', undefined],
    ['words', 'later', undefined],
    ['nothing', '', undefined],
    ['no header', undefined, undefined],
  ])('%s', (_, header, wait) => {
    expect(readRetryAfter(header, NOW)).toBe(wait);
  });

  test('with any text is ignored, or a wait within the limit', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String)), (header) => {
        const wait = readRetryAfter(header, NOW) ?? 1;
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(MAX_RETRY_AFTER);
      }),
      RUNS,
    );
  });

  test.each([429, 500, 503, 408, 302])('is used with %d', (status) => {
    expect(classifyResponse({ status, body: '', retryAfter: '7' }, NOW)).toMatchObject({
      retryAfter: 7_000,
    });
  });

  test.each([202, 400])('is ignored with %d', (status) => {
    expect(classifyResponse({ status, body: '', retryAfter: '7' }, NOW)).not.toHaveProperty(
      'retryAfter',
    );
  });

  test('that cannot be read is left out', () => {
    const outcome = classifyResponse({ status: 429, body: '', retryAfter: 'later' }, NOW);
    expect(outcome).not.toHaveProperty('retryAfter');
  });
});
