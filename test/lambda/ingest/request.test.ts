import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { bodyOf, MAX_BODY_BYTES, tokenOf } from '../../../lambda/ingest/request.ts';
import { anyText } from '../../support/any-text.ts';
import { RUNS } from '../../support/runs.ts';

const requestContext = { requestId: 'r' };

describe('the token', () => {
  test.each<[string, object, string | undefined]>([
    ['in the path', { pathParameters: { token: 'abc' } }, 'abc'],
    ['in the header', { headers: { authorization: 'Bearer abc' } }, 'abc'],
    ['in the header, in lower case', { headers: { authorization: 'bearer abc' } }, 'abc'],
    ['between blanks', { headers: { authorization: 'Bearer   abc  ' } }, 'abc'],
    [
      'in the path before the one in the header',
      { pathParameters: { token: 'abc' }, headers: { authorization: 'Bearer def' } },
      'abc',
    ],
    [
      'in the header when the path has an empty one',
      { pathParameters: { token: '' }, headers: { authorization: 'Bearer def' } },
      'def',
    ],
    ['of another scheme', { headers: { authorization: 'Basic abc' } }, undefined],
    ['of two words', { headers: { authorization: 'Bearer abc def' } }, undefined],
    ['without a scheme', { headers: { authorization: 'abc' } }, undefined],
    ['empty', { headers: { authorization: 'Bearer ' } }, undefined],
    ['nowhere', {}, undefined],
    ['in neither of two empty places', { headers: {}, pathParameters: {} }, undefined],
  ])('%s', (_, request, token) => {
    expect(tokenOf({ requestContext, ...request })).toBe(token);
  });

  test('is found in linear time', () => {
    const authorization = `Bearer ${' '.repeat(50_000)}${'x '.repeat(50_000)}`;
    const started = performance.now();
    expect(tokenOf({ requestContext, headers: { authorization } })).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

const base64 = (bytes: Buffer | string): object => ({
  body: Buffer.from(bytes).toString('base64'),
  isBase64Encoded: true,
});

describe('the body', () => {
  test.each<[string, object, object]>([
    ['is text', { body: '{"a":"ü😀"}' }, { kind: 'text', text: '{"a":"ü😀"}' }],
    ['may be in base64', base64('{"a":"ü😀"}'), { kind: 'text', text: '{"a":"ü😀"}' }],
    ['may be missing', {}, { kind: 'text', text: '' }],
    ['may be null', { body: null }, { kind: 'text', text: '' }],
    ['loses its byte order mark', { body: '\uFEFF{}' }, { kind: 'text', text: '{}' }],
    ['loses it in base64 as well', base64('\uFEFF{}'), { kind: 'text', text: '{}' }],
    ['keeps NUL, which the JSON parser refuses', { body: '\0' }, { kind: 'text', text: '\0' }],
    [
      'that is not UTF-8 is refused',
      base64(Buffer.from([0x22, 0xff, 0x22])),
      { kind: 'not-utf-8' },
    ],
    ['with a cut character is refused', base64(Buffer.from([0xf0, 0x9f])), { kind: 'not-utf-8' }],
    [
      'with an encoded surrogate is refused',
      base64(Buffer.from([0xed, 0xa0, 0x80])),
      { kind: 'not-utf-8' },
    ],
    ['with a lone surrogate is refused', { body: '"\uD800"' }, { kind: 'not-utf-8' }],
  ])('%s', (_, request, expected) => {
    expect(bodyOf({ requestContext, ...request })).toEqual(expected);
  });
});

describe('a body of 256 KiB', () => {
  const full = 'x'.repeat(MAX_BODY_BYTES);

  test.each<[string, object]>([
    ['as text', { body: full }],
    ['in base64', base64(full)],
    ['in characters of several bytes', { body: 'é'.repeat(MAX_BODY_BYTES / 2) }],
  ])('is accepted %s', (_, request) => {
    expect(bodyOf({ requestContext, ...request }).kind).toBe('text');
  });

  test.each<[string, object]>([
    ['as text', { body: `${full}x` }],
    ['in base64', base64(`${full}x`)],
    ['in characters of several bytes', { body: 'é'.repeat(MAX_BODY_BYTES / 2 + 1) }],
    ['10 MB', { body: 'x'.repeat(10_000_000) }],
    ['10 MB in base64', base64(Buffer.alloc(10_000_000))],
  ])('is the limit: %s is too large', (_, request) => {
    expect(bodyOf({ requestContext, ...request }).kind).toBe('too-large');
  });
});

test('any text of the right size is decoded unchanged, with base64 and without', () => {
  fc.assert(
    fc.property(anyText, (body) => {
      const expected = { kind: 'text', text: body.replace(/^\uFEFF/, '') };
      expect(bodyOf({ requestContext, body })).toEqual(expected);
      expect(bodyOf({ requestContext, ...base64(body) })).toEqual(expected);
    }),
    RUNS,
  );
});

test('any bytes are decoded, or refused as not UTF-8', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      const body = bodyOf({ requestContext, ...base64(Buffer.from(bytes)) });
      expect(body.kind === 'text' ? body.text.isWellFormed() : body.kind === 'not-utf-8').toBe(
        true,
      );
    }),
    RUNS,
  );
});
