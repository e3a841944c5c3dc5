import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { classifyResponse, readRetryAfter } from '../../../lambda/pagerduty/outcome.ts';
import { anyTextOf } from '../../support/any-text.ts';
import { RUNS } from '../../support/runs.ts';

const NOW = Date.parse('2026-10-21T07:27:00Z');
const EVERY_STATUS = Array.from({ length: 500 }, (_, i) => i + 100);

const BODIES = {
  empty: '',
  text: 'words',
  page: '<html>404 Not Found</html>',
  list: '["status"]',
  textInJson: '"success"',
  object: '{}',
  otherObject: '{"error":"Forbidden","code":2010}',
  success: '{"status":"success","message":"Event processed","dedup_key":"k"}',
  invalid: '{"status":"invalid event","message":"Event object is invalid","errors":["x"]}',
  message: '{"message":"No"}',
  errors: '{"errors":["x"]}',
  throttle: '{"status":"throttle exceeded","message":"Requests are arriving too quickly"}',
} as const;
type Body = keyof typeof BODIES;
const BODY_NAMES = Object.keys(BODIES).filter((name): name is Body => Object.hasOwn(BODIES, name));

/** Bodies of the form that PagerDuty documents for a refusal. */
const REFUSALS: readonly Body[] = ['success', 'invalid', 'message', 'errors', 'throttle'];
const OBJECTS: readonly Body[] = ['object', 'otherObject', ...REFUSALS];

/** The meaning of a status with a body, as the table of the delivery rules has it. */
function expected(status: number, body: Body): string {
  if (status === 202) return 'delivered';
  if (status >= 200 && status < 300 && body === 'success') return 'delivered';
  if (status === 429) return 'retry: throttled';
  if (status === 400 && REFUSALS.includes(body)) return 'rejected';
  if (status === 413 && OBJECTS.includes(body)) return 'rejected';
  return 'retry: unavailable';
}

/** The meaning of a status with a body, as the code has it. */
function decided(status: number, body: Body, isBroken = false): string {
  const outcome = classifyResponse({ status, body: BODIES[body], isBroken }, NOW);
  return outcome.kind === 'retry' ? `retry: ${outcome.cause}` : outcome.kind;
}

describe('the outcome of a call', () => {
  test.each(BODY_NAMES)(
    'is decided for every status from 100 to 599, with a body like %s',
    (body) => {
      const meanings = EVERY_STATUS.map((status) => `${status} ${decided(status, body)}`);
      expect(meanings).toEqual(EVERY_STATUS.map((status) => `${status} ${expected(status, body)}`));
    },
  );

  test.each([100, 202, 302, 400, 429, 500, 599])('has the status %d', (status) => {
    expect(classifyResponse({ status, body: BODIES.invalid }, NOW)).toMatchObject({ status });
  });

  test.each<[string, number, Body]>([
    ['a 404 of a load balancer', 404, 'page'],
    ['a 404 with JSON', 404, 'invalid'],
    ['a 403 of a proxy', 403, 'otherObject'],
    ['a 401', 401, 'message'],
    ['a 400 that is no answer of the API', 400, 'otherObject'],
    ['a 413 of a load balancer', 413, 'page'],
    ['a page of a proxy that swallowed the event', 200, 'page'],
    ['an empty 200', 200, 'empty'],
    ['a 201 that does not say success', 201, 'invalid'],
  ])('%s is tried again: it says nothing about the event', (_, status, body) => {
    expect(decided(status, body)).toBe('retry: unavailable');
  });

  test('a refusal or a success that broke off is tried again: the rest of it is not known', () => {
    for (const body of BODY_NAMES) {
      for (const status of EVERY_STATUS.filter((each) => each !== 202)) {
        expect(decided(status, body, true)).toBe(
          status === 429 ? 'retry: throttled' : 'retry: unavailable',
        );
      }
    }
  });

  test('a 202 is delivered, whatever its body', () => {
    for (const body of ['', '<html>', BODIES.invalid, '\0']) {
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
    ['errors that are not text', '{"errors":[{"toString":1}]}', '400 {"toString":1}'],
    [
      'errors that are nested too deeply to write',
      `{"errors":[${'['.repeat(200_000)}${']'.repeat(200_000)}]}`,
      '400 (an error that is nested too deeply)',
    ],
    ['a JSON text', '"no"', '400 "no"'],
    ['text', ' Bad Request\n', '400 Bad Request'],
    ['nothing', '', '400'],
  ])('%s', (_, body, detail) => {
    expect(classifyResponse({ status: 400, body }, NOW)).toMatchObject({ detail });
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
    [true, '{"message":"unknown Integration Key"}'],
    [true, '{"message":"service-key not found"}'],
    [true, '{"message":"x","errors":["service_key is not a number"]}'],
    [false, '{"errors":["Length of \'summary\' is incorrect"]}'],
    [false, '{"message":"dedup_key is too long"}'],
    [false, '{"errors":[]}'],
  ])('%j when it says %s', (aboutKey, body) => {
    expect(classifyResponse({ status: 400, body }, NOW)).toMatchObject({
      kind: 'rejected',
      aboutKey,
    });
  });
});

const MOST = 300_000;

describe('Retry-After', () => {
  test.each<[string, string | undefined, number | undefined]>([
    ['seconds', '5', 5_000],
    ['fractions of them', '1.5', 1_500],
    ['seconds between blanks', ' 30 ', 30_000],
    ['a date', 'Wed, 21 Oct 2026 07:28:00 GMT', 60_000],
    ['a date in the form of RFC 850', 'Wednesday, 21-Oct-26 07:28:00 GMT', 60_000],
    ['a date in the form of asctime', 'Wed Oct 21 07:28:00 2026', 60_000],
    ['the longest wait', '300', MOST],
    ['more than that', '301', MOST],
    ['a year', '31536000', MOST],
    ['a number beyond all', '9'.repeat(400), MOST],
    ['a date in the far future', 'Fri, 31 Dec 9999 23:59:59 GMT', MOST],
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
    expect(readRetryAfter(header, NOW, MOST)).toBe(wait);
  });

  test('of any text is nothing, or a wait within the limit', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String)), (header) => {
        const wait = readRetryAfter(header, NOW, MOST) ?? 1;
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(MOST);
      }),
      RUNS,
    );
  });

  test.each([429, 500, 503, 408, 302])('is used with %d', (status) => {
    expect(classifyResponse({ status, body: '', retryAfter: '7' }, NOW)).toMatchObject({
      retryAfter: 7_000,
    });
  });

  test.each([
    { status: 429, most: 300_000 },
    { status: 503, most: 60_000 },
    { status: 500, most: 60_000 },
    { status: 404, most: 60_000 },
  ])('is at most $most ms with $status', ({ status, most }) => {
    expect(classifyResponse({ status, body: '', retryAfter: '3600' }, NOW)).toMatchObject({
      retryAfter: most,
    });
  });

  test.each([202, 400])('means nothing with %d', (status) => {
    const outcome = classifyResponse({ status, body: BODIES.invalid, retryAfter: '7' }, NOW);
    expect(outcome.kind).not.toBe('retry');
    expect(outcome).not.toHaveProperty('retryAfter');
  });

  test('that cannot be read is left out', () => {
    const outcome = classifyResponse({ status: 429, body: '', retryAfter: 'later' }, NOW);
    expect(outcome).not.toHaveProperty('retryAfter');
  });
});
