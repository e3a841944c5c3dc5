import { describe, expect, test } from '@jest/globals';

import {
  isAccepted,
  readTokens,
  redactTokens,
  REFRESH_INTERVAL,
} from '../../../lambda/ingest/token.ts';
import { ingestBench, TOKEN } from '../../support/ingest.ts';
import { sampleText } from '../../support/glasnostic.ts';

const OTHER = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6';
const body = sampleText('view-threshold');
const at = (token: string): { body: string; pathParameters: { token: string } } => ({
  body,
  pathParameters: { token },
});

/** A secret whose versions can be changed, as a rotation does, or made unreadable. */
function rotatingSecret() {
  const versions: { AWSCURRENT: string | undefined; AWSPREVIOUS: string | undefined } = {
    AWSCURRENT: TOKEN,
    AWSPREVIOUS: undefined,
  };
  let isDown = false;
  return {
    read: async (stage: keyof typeof versions) => {
      await Promise.resolve();
      if (isDown) throw new Error('Secrets Manager is down');
      return versions[stage];
    },
    rotate: (next: string) => {
      versions.AWSPREVIOUS = versions.AWSCURRENT;
      versions.AWSCURRENT = next;
    },
    set: (down: boolean) => {
      isDown = down;
    },
  };
}

describe('a token', () => {
  test.each([
    ['the current one', TOKEN, true],
    ['the previous one', OTHER, true],
    ['another one', 'x'.repeat(32), false],
    ['none', '', false],
    ['the beginning of one', TOKEN.slice(0, -1), false],
    ['one with more behind it', `${TOKEN}x`, false],
    ['one in another case', TOKEN.toLowerCase(), false],
    ['one with a blank', ` ${TOKEN}`, false],
    ['one of 10 MB', 'x'.repeat(10_000_000), false],
  ])('%s', (_, token, isRight) => {
    expect(isAccepted(token, [TOKEN, OTHER])).toBe(isRight);
  });

  test('is never accepted when there is no accepted token', () => {
    expect(isAccepted('', [])).toBe(false);
  });
});

describe('the versions of the token', () => {
  test('are the current and the previous one', async () => {
    expect(await readTokens(async (stage) => `${stage}-value`)).toEqual([
      'AWSCURRENT-value',
      'AWSPREVIOUS-value',
    ]);
  });

  test('lose the line break at the end of a file', async () => {
    expect(await readTokens(async (stage) => `${stage}-value\n`)).toEqual([
      'AWSCURRENT-value',
      'AWSPREVIOUS-value',
    ]);
  });

  test.each([undefined, '', '\n'])('leave out a previous one that is %j', async (previous) => {
    expect(await readTokens(async (stage) => (stage === 'AWSCURRENT' ? TOKEN : previous))).toEqual([
      TOKEN,
    ]);
  });
});

describe('the token of a request', () => {
  test.each<[string, object, number]>([
    ['the right token in the path', at(TOKEN), 202],
    [
      'the right token in the header',
      { body, pathParameters: {}, headers: { authorization: `Bearer ${TOKEN}` } },
      202,
    ],
    ['a wrong one', at(OTHER), 401],
    ['none', { body, pathParameters: {} }, 401],
    [
      'a wrong one in the path, the right one in the header',
      { ...at(OTHER), headers: { authorization: `Bearer ${TOKEN}` } },
      401,
    ],
  ])('%s', async (_, request, status) => {
    expect((await ingestBench().post(request)).statusCode).toBe(status);
  });

  test('the response to a wrong token reveals nothing about it or about the body', async () => {
    const { post } = ingestBench();
    const answers = await Promise.all([
      post(at(OTHER)),
      post({ ...at('x'), body: 'not JSON' }),
      post({ ...at(TOKEN.slice(0, -1)), body: 'x'.repeat(10_000_000) }),
      post({ pathParameters: {}, body: '\uD800' }),
    ]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(JSON.parse(answers[0]?.body ?? '')).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'The token is missing or wrong.',
    });
  });

  test('a request without a token does not read the secret', async () => {
    const { post, reads } = ingestBench();
    await post({ body, pathParameters: {} });
    expect(reads()).toBe(0);
  });

  test('10,000 wrong tokens read the secret at most once per 10 s', async () => {
    const { post, reads, wait } = ingestBench();
    for (let second = 0; second < 20; second++) {
      const flood = Array.from({ length: 500 }, async (_, i) => post(at(`wrong-${second}-${i}`)));
      const answers = await Promise.all(flood);
      expect(answers.every(({ statusCode }) => statusCode === 401)).toBe(true);
      wait(1_000);
    }
    expect(reads()).toBeLessThanOrEqual(3);
    expect((await post(at(TOKEN))).statusCode).toBe(202);
  });
});

describe('a rotation', () => {
  test('accepts the new token at once, and still the old one', async () => {
    const secret = rotatingSecret();
    const { post, wait } = ingestBench({ readSecret: secret.read });
    expect((await post(at(TOKEN))).statusCode).toBe(202);
    secret.rotate(OTHER);
    wait(REFRESH_INTERVAL);
    expect((await post(at(OTHER))).statusCode).toBe(202);
    expect((await post(at(TOKEN))).statusCode).toBe(202);
  });

  test('refuses a revoked token within a minute while the secret can be read', async () => {
    const secret = rotatingSecret();
    const { post, wait } = ingestBench({ readSecret: secret.read });
    await post(at(TOKEN));
    secret.rotate(OTHER);
    secret.rotate('c'.repeat(32));
    wait(60_000);
    expect((await post(at(TOKEN))).statusCode).toBe(401);
    expect((await post(at(OTHER))).statusCode).toBe(202);
  });

  test('refuses a revoked token within 15 minutes while the secret cannot be read', async () => {
    const secret = rotatingSecret();
    const { post, wait } = ingestBench({ readSecret: secret.read });
    await post(at(TOKEN));
    secret.rotate(OTHER);
    secret.rotate('c'.repeat(32));
    secret.set(true);
    for (let minute = 1; minute < 15; minute++) {
      wait(60_000);
      expect((await post(at(TOKEN))).statusCode).toBe(202);
    }
    wait(60_000);
    // Also the others, because no token is known any more.
    for (const token of [TOKEN, OTHER]) {
      const { statusCode, headers } = await post(at(token));
      expect([statusCode, headers['retry-after']]).toEqual([503, '30']);
    }
    secret.set(false);
    wait(1_000);
    expect((await post(at(TOKEN))).statusCode).toBe(401);
    expect((await post(at(OTHER))).statusCode).toBe(202);
  });
});

describe('a secret that cannot be read', () => {
  test('still accepts a cached token', async () => {
    const secret = rotatingSecret();
    const { post, wait } = ingestBench({ readSecret: secret.read });
    await post(at(TOKEN));
    secret.set(true);
    wait(899_999);
    expect((await post(at(TOKEN))).statusCode).toBe(202);
  });

  test('makes the response to an unknown token 503, until it can be read', async () => {
    const secret = rotatingSecret();
    const bench = ingestBench({ readSecret: secret.read });
    expect((await bench.post(at(TOKEN))).statusCode).toBe(202);
    secret.rotate(OTHER);
    secret.set(true);
    bench.wait(REFRESH_INTERVAL);
    const answer = await bench.post(at(OTHER));
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '30' } });
    expect((await bench.post(at(TOKEN))).statusCode).toBe(202);
    secret.set(false);
    bench.wait(REFRESH_INTERVAL);
    expect((await bench.post(at(OTHER))).statusCode).toBe(202);
    expect((await bench.post(at('wrong'))).statusCode).toBe(401);
  });

  test('and never was read makes every response 503, until it can be read', async () => {
    const secret = rotatingSecret();
    const { post, wait, sent } = ingestBench({ readSecret: secret.read });
    secret.set(true);
    const answer = await post(at(TOKEN));
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '30' } });
    expect(sent).toEqual([]);
    secret.set(false);
    wait(1_000);
    expect((await post(at(TOKEN))).statusCode).toBe(202);
  });
});

describe('a token that does not fit a URL', () => {
  test.each([
    ['ab/cd+ef==ab/cd+ef==', 1],
    ['..', 1],
    ['Zq3v9LkX0aYtB7uWcR1sHdE5mGfJ2nP8', 0],
    ['a.b_c~d-e', 0],
  ])('%s: %d errors in the log, and no token', async (token, errors) => {
    const { post, log } = ingestBench({
      readSecret: async (version) => (version === 'AWSCURRENT' ? token : undefined),
    });
    const headers = { authorization: `Bearer ${token}` };
    expect((await post({ body, pathParameters: {}, headers })).statusCode).toBe(202);
    const lines = log.lines.filter(({ level }) => level === 'error');
    expect(lines).toHaveLength(errors);
    for (const { message } of lines) expect(message).toContain('./bridge token rotate');
    expect(log.text()).not.toContain(token);
  });
});

describe('tokens in an event are redacted', () => {
  test.each<[string, string, string]>([
    [
      'in the URL of its webhook',
      `{"url":"https://x/webhook/${TOKEN}"}`,
      '{"url":"https://x/webhook/[token]"}',
    ],
    ['anywhere else', `{"${TOKEN}":["a${TOKEN}b"]}`, '{"[token]":["a[token]b"]}'],
    ['the previous one too', `{"a":"${OTHER}${TOKEN}"}`, '{"a":"[token][token]"}'],
    ['and keeps the rest', '{"a": 1.0}', '{"a": 1.0}'],
  ])('%s', (_, sent, kept) => {
    expect(redactTokens(sent, [TOKEN, OTHER])).toBe(kept);
  });

  test.each<[string, string]>([
    ['{"url":"https://x/webhook/t","type":"t"}', '{"url":"https://x/webhook/[token]","type":"t"}'],
    [
      String.raw`{"url":"https:\/\/x\/webhook\/t"}`,
      String.raw`{"url":"https:\/\/x\/webhook\/[token]"}`,
    ],
  ])('a short one only in the webhook URL, because it may be any word: %s', (sent, kept) => {
    expect(redactTokens(sent, ['t'])).toBe(kept);
  });
});
