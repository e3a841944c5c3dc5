/** Bodies that cannot become a page: counted by status, and logged so that you can see what came. */

import { describe, expect, test } from '@jest/globals';

import type { WebhookRequest } from '../../../lambda/ingest/request.ts';
import { METRICS } from '../../../lambda/shared/metrics.ts';
import { thresholdBody } from '../../support/glasnostic.ts';
import { ingestBench, TOKEN } from '../../support/ingest.ts';

/** A token that does not fit a URL path, which a header can still carry. */
const UNFIT = 'ab/cd+ef==ab/cd+ef==';

const base64 = (bytes: Buffer): Partial<WebhookRequest> => ({
  body: bytes.toString('base64'),
  isBase64Encoded: true,
});

/** Posts a request that must be refused, and returns its only log line. */
async function lineOf(request: Partial<WebhookRequest>, token = TOKEN) {
  const bench = ingestBench({
    readSecret: async (version) => (version === 'AWSCURRENT' ? token : undefined),
  });
  const answer = await bench.post({ pathParameters: { token }, ...request });
  expect(bench.sent).toEqual([]);
  const lines = bench.log.lines.filter(({ level }) => level !== 'error');
  expect(lines).toHaveLength(1);
  const [line] = lines;
  return { status: answer.statusCode, line, body: String(line?.['body']) };
}

const large = 'x'.repeat(300_000);
const noEnvironment = JSON.stringify({ ...thresholdBody(), environment: { ID: 'e' } });

describe('is counted by its status, and logged with what came', () => {
  test.each<[string, Partial<WebhookRequest>, number, object]>([
    ['no body', {}, 400, { detail: 'The body is not JSON.', body: '' }],
    ['no JSON', { body: 'a=1&b=2' }, 400, { detail: 'The body is not JSON.', body: 'a=1&b=2' }],
    ['no object', { body: '[1]' }, 400, { body: '[1]' }],
    [
      'no UTF-8',
      base64(Buffer.from([0x7b, 0xff, 0x7d])),
      400,
      { detail: 'The body is not UTF-8.', body: '{\uFFFD}' },
    ],
    ['too much', { body: large }, 413, { body: `${'x'.repeat(2_045)}…` }],
    ['too much in base64', base64(Buffer.from(large)), 413, { body: `${'x'.repeat(2_045)}…` }],
    [
      'no environment',
      { body: noEnvironment },
      422,
      {
        errors: [{ path: 'environment.id', message: 'is missing' }],
        body: noEnvironment,
      },
    ],
  ])('%s', async (_, request, status, fields) => {
    const { status: answered, line } = await lineOf(request);
    expect(answered).toBe(status);
    const metric = `RequestsRefused${status}`;
    expect(Object.keys(METRICS)).toContain(metric);
    expect(line).toMatchObject({
      level: 'warn',
      message: 'Request refused',
      RequestsRefused: 1,
      [metric]: 1,
    });
    expect(line).toMatchObject({ status, request_id: 'request-1', ...fields });
  });
});

describe('the log line has at most 2 KB of the body', () => {
  test.each(['x', 'é', '😀', '\0'])('of %j', async (char) => {
    const { body } = await lineOf({ body: char.repeat(5_000) });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(2_048);
    expect(Buffer.byteLength(body)).toBeGreaterThan(2_040);
  });
});

describe('the log line has no token', () => {
  test.each<[string, string]>([
    ['in no JSON', `url=https://x/webhook/${TOKEN}&a`],
    ['across the end of the 2 KB', `${'x'.repeat(2_030)}${TOKEN}`],
    ['in too much', `{"url":"https://x/webhook/${TOKEN}","a":"${large}"}`],
    ['in nothing but tokens', TOKEN.repeat(10_000)],
    ['in an object', `{"url":"https://x/webhook/${TOKEN}"}`],
    ['in an object of another type', `{"type":"X","url":"https://x/webhook/${TOKEN}"}`],
  ])('%s', async (_, body) => {
    for (const request of [{ body }, base64(Buffer.from(body))]) {
      const { line } = await lineOf(request);
      const text = JSON.stringify(line);
      expect(text).toContain('"body"');
      // Not even the beginning of one.
      expect(text).not.toContain(TOKEN.slice(0, 12));
    }
  });

  test.each([
    'ab/cd+ef==ab/cd+ef==',
    String.raw`ab\/cd+ef==ab\/cd+ef==`,
    encodeURIComponent(UNFIT),
  ])('that was sent as %s', async (sent) => {
    const headers = { authorization: `Bearer ${UNFIT}` };
    const body = `{"url":"https://x/webhook/${sent}"}`;
    const { line } = await lineOf({ body, headers, pathParameters: {} }, UNFIT);
    expect(line?.['body']).toBe('{"url":"https://x/webhook/[token]"}');
  });
});

test('a stranger\u2019s body is never logged', async () => {
  const { status, line } = await lineOf({ body: 'secret', pathParameters: { token: 'wrong' } });
  expect(status).toBe(401);
  expect(JSON.stringify(line)).not.toContain('secret');
});

test('the texts of an event are cut in log fields', async () => {
  const id = 'i'.repeat(10_000);
  const body = JSON.stringify(
    thresholdBody({ environment: { id }, view: { id }, content: { metric: id } }),
  );
  const { post, log } = ingestBench();
  expect((await post({ body })).statusCode).toBe(202);
  const cut = `${'i'.repeat(254)}…`;
  expect(log.lines).toEqual([
    expect.objectContaining({ environment: cut, view: cut, metric: cut }),
  ]);
});

test('a token that is cut off with the end of the body is not logged either', async () => {
  // So long and so often that the redacted text is short enough for its end to be logged.
  const token = 'abcdefghij'.repeat(60);
  const { status, body } = await lineOf({ body: token.repeat(500) }, token);
  expect(status).toBe(413);
  expect(body).toMatch(/^\[token\]/);
  expect(body).not.toContain('abcdefghij');
});
