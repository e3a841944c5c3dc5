import { describe, expect, test } from '@jest/globals';
import { defineStage } from '../../config/define-stage.ts';
import type { StageInput } from '../../config/stage.ts';
import { warningsOf } from '../../config/warnings.ts';

const smallest: StageInput = {
  name: 'small',
  routes: [{ environment: '*', service: 'platform' }],
};

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const BOUNDARY = 'arn:aws:iam::123456789012:policy/boundary';
const vpc = { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] };
const proxy = { url: 'http://proxy.example.com:3128' };

/** The error, without the heading. */
function mistake(change: object): string {
  try {
    defineStage({ ...smallest, ...change });
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').slice(1).join('\n').trim() : '';
  }
  return '';
}

const CHARACTERS = 'letters, digits, spaces and _ . : / = + - @';
const NO_KEY = `is not the key of a tag; use 1 to 128 ${CHARACTERS}, and do not begin with aws:`;
const NO_PROXY_URL =
  'stages.small.proxy.url: cannot be used; write scheme, host and port without user and password, such as http://proxy.example.com:3128';

describe('a mistake in an option for platform teams names the path and the fix', () => {
  test.each<[string, object, string]>([
    ['a tag of AWS', { tags: { 'aws:team': 'a' } }, `stages.small.tags.aws:team: ${NO_KEY}`],
    ['a tag without a key', { tags: { '': 'a' } }, `stages.small.tags: ${NO_KEY}`],
    [
      'a number as a tag',
      { tags: { centre: 4711 } },
      `stages.small.tags.centre: 4711 is not the value of a tag; use a text of at most 256 ${CHARACTERS}`,
    ],
    [
      'a tag with a character that AWS refuses',
      { tags: { team: 'a&b' } },
      `stages.small.tags.team: "a&b" is not the value of a tag; use a text of at most 256 ${CHARACTERS}`,
    ],
    [
      'too many tags',
      { tags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, 'x'])) },
      'stages.small.tags: has 51 tags; AWS allows at most 50',
    ],
    [
      'the name of a boundary',
      { permissionsBoundaryArn: 'boundary' },
      'stages.small.permissionsBoundaryArn: "boundary" cannot be used; write the ARN of a managed policy, such as arn:aws:iam::123456789012:policy/boundary',
    ],
    [
      'a boundary of another account',
      { account: '111122223333', region: 'eu-west-1', permissionsBoundaryArn: BOUNDARY },
      'stages.small.permissionsBoundaryArn: is in account 123456789012, the stage in 111122223333; IAM takes policies of its own account',
    ],
    [
      'a path without slashes',
      { iamPath: 'applications' },
      'stages.small.iamPath: "applications" cannot be used; begin and end with a slash, such as /applications/bridge/',
    ],
    [
      'the alias of a key',
      {
        customerManagedKey: true,
        customerManagedKeyArn: 'arn:aws:kms:eu-west-1:123456789012:alias/pages',
      },
      'stages.small.customerManagedKeyArn: "arn:aws:kms:eu-west-1:123456789012:alias/pages" cannot be used; write the ARN of a key, not of an alias, such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ],
    [
      'a key that nothing uses',
      { customerManagedKeyArn: KEY },
      'stages.small.customerManagedKeyArn: is set, but customerManagedKey is not; add customerManagedKey: true',
    ],
    [
      'a key of another region',
      { region: 'us-east-1', customerManagedKey: true, customerManagedKeyArn: KEY },
      'stages.small.customerManagedKeyArn: is in eu-west-1, the stage in us-east-1; services take keys of their own region',
    ],
    [
      'a network without subnets',
      { vpc: { ...vpc, subnetIds: [] } },
      'stages.small.vpc.subnetIds: has 0 entries; Lambda takes 1 to 16',
    ],
    [
      'a security group as a subnet',
      { vpc: { ...vpc, subnetIds: ['sg-0a1b2c3d'] } },
      'stages.small.vpc.subnetIds[0]: "sg-0a1b2c3d" cannot be used; write an ID such as subnet-0a1b2c3d',
    ],
    [
      'a network without security groups',
      { vpc: { subnetIds: vpc.subnetIds } },
      'stages.small.vpc.securityGroupIds: is missing; write a list of IDs such as sg-0a1b2c3d',
    ],
    ['a proxy with a password', { proxy: { url: 'http://me:secret@proxy:3128' } }, NO_PROXY_URL],
    ['a proxy of another protocol', { proxy: { url: 'socks5://proxy:1080' } }, NO_PROXY_URL],
    ['a proxy without a scheme', { proxy: { url: 'proxy.example.com:3128' } }, NO_PROXY_URL],
    [
      'a URL that needs no proxy',
      { proxy: { ...proxy, noProxy: ['https://sqs.eu-west-1.amazonaws.com'] } },
      'stages.small.proxy.noProxy[0]: "https://sqs.eu-west-1.amazonaws.com" cannot be used; write a host in lower case, or a point and the end of names, such as .amazonaws.com',
    ],
    [
      'FIPS endpoints in Europe',
      { region: 'eu-west-1', fipsEndpoints: true },
      'stages.small.fipsEndpoints: is on, but eu-west-1 has no FIPS endpoints; use a region of the USA or Canada, or remove it',
    ],
    [
      'an unknown architecture',
      { architecture: 'amd64' },
      'stages.small.architecture: "amd64" is not offered; use one of arm64, x86_64',
    ],
    [
      'a qualifier that is too long',
      { bootstrapQualifier: 'platform-team' },
      'stages.small.bootstrapQualifier: "platform-team" cannot be used; a qualifier is 1 to 10 lower-case letters and digits',
    ],
  ])('%s', (_, change, message) => {
    expect(mistake(change)).toBe(message);
  });
});

test.each<[string, object]>([
  ['a boundary of AWS', { permissionsBoundaryArn: 'arn:aws:iam::aws:policy/PowerUserAccess' }],
  ['FIPS endpoints of GovCloud', { region: 'us-gov-west-1', fipsEndpoints: true }],
  [
    'a multi-Region key',
    {
      customerManagedKey: true,
      customerManagedKeyArn: `arn:aws:kms:eu-west-1:123456789012:key/mrk-${'a'.repeat(32)}`,
    },
  ],
  ['a proxy over TLS', { proxy: { url: 'https://proxy.example.com' } }],
  ['a tag in another script', { tags: { Kostenträger: 'Größe 1' } }],
])('%s can be used', (_, change) => {
  expect(mistake(change)).toBe('');
});

test('a proxy without a network is probably a mistake', () => {
  const stage = defineStage({ ...smallest, proxy });
  expect(warningsOf(stage)).toEqual([expect.stringMatching(/^proxy is set without vpc: /)]);
  expect(warningsOf(defineStage({ ...smallest, proxy, vpc }))).toEqual([]);
});
