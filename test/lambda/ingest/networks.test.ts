import { describe, expect, test } from '@jest/globals';
import { ingest } from '../../../lambda/ingest/ingest.ts';
import { addressFilter } from '../../../lambda/ingest/networks.ts';

test.each([undefined, ''])('without a list (%p) every address may post', (list) => {
  expect(addressFilter(list)('198.51.100.7')).toBe(true);
  expect(addressFilter(list)(undefined)).toBe(true);
});

test.each([
  ['203.0.113.0', true],
  ['203.0.113.255', true],
  ['203.0.114.0', false],
  ['2001:db8:ffff::1', true],
  ['2001:db9::1', false],
  ['', false],
  ['not an address', false],
  [undefined, false],
])('with a list, %p may post: %p', (address, allowed) => {
  expect(addressFilter('203.0.113.0/24,2001:db8::/32')(address)).toBe(allowed);
});

test.each(['203.0.113.0', '203.0.113.0/33', 'all', '203.0.113.0/24,'])(
  'a list that cannot be read (%p) is refused',
  (list) => {
    expect(() => addressFilter(list)).toThrow('is not a network; use CIDR notation.');
  },
);

const post = async (
  sourceIp: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; asked: number }> => {
  let asked = 0;
  const answer = await ingest(
    { headers, requestContext: { requestId: 'r', http: { sourceIp } } },
    {
      stage: 'test',
      verifyToken: async () => {
        asked += 1;
        return undefined;
      },
      isAllowedAddress: addressFilter('203.0.113.0/24'),
      routes: () => undefined,
      enqueue: async () => 'id',
      log: { info() {}, warn() {}, error() {} },
      now: () => 0,
    },
    10_000,
  );
  return { status: answer.statusCode, asked };
};

describe('a request from another network', () => {
  const bearer = { authorization: 'Bearer t' };

  test('is answered like one with a wrong token, before the token and the body are read', async () => {
    expect(await post('198.51.100.7', bearer)).toEqual({ status: 401, asked: 0 });
    expect(await post('203.0.113.7', bearer)).toEqual({ status: 401, asked: 1 });
  });

  test('cannot claim another address in a header', async () => {
    const headers = { ...bearer, 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' };
    expect(await post('198.51.100.7', headers)).toEqual({ status: 401, asked: 0 });
  });
});
