import { describe, expect, test } from '@jest/globals';

import { explain, type Where } from '../../ops/aws/explain.ts';
import { isHopeless } from '../../ops/aws/faults.ts';
import { OperatorError } from '../../ops/errors.ts';

const AWS: Where = { stage: 'prod', region: 'eu-west-1', isLocal: false };
const HERE: Where = { stage: 'local', isLocal: true };

interface Shape {
  readonly message?: string;
  readonly code?: string;
  readonly status?: number;
  readonly cause?: Error;
}

function failure(name: string, { message = 'words', code, status, cause }: Shape = {}): Error {
  const error = new Error(message, cause === undefined ? {} : { cause });
  error.name = name;
  return Object.assign(
    error,
    code === undefined ? {} : { code },
    status === undefined ? {} : { $metadata: { httpStatusCode: status } },
  );
}

describe('a failure in one sentence', () => {
  test.each<[string, Error, Where, RegExp]>([
    [
      'an SSO session that ended',
      failure('CredentialsProviderError', { message: 'The SSO session has expired or is invalid' }),
      { ...AWS, profile: 'ops' },
      /^Your AWS credentials have expired; log in again, for instance with: aws sso login --profile ops$/,
    ],
    [
      'an SSO token that cannot be refreshed',
      failure('TokenProviderError', { message: 'Failed to refresh token' }),
      AWS,
      /credentials have expired/,
    ],
    [
      'throttling',
      failure('ThrottlingException', { status: 400 }),
      AWS,
      /^AWS throttles the call; wait a minute/,
    ],
    ['a timeout', failure('TimeoutError'), AWS, /^AWS cannot be reached .* \(no answer in time\)/],
    [
      'a connection that breaks',
      failure('Error', { cause: failure('Error', { code: 'ECONNRESET' }) }),
      AWS,
      /\(ECONNRESET\); check the network, and whether the region eu-west-1 is right/,
    ],
    [
      'a bridge that ended in the meantime',
      failure('Error', { code: 'ECONNREFUSED' }),
      HERE,
      /^The local bridge does not answer any more \(ECONNREFUSED\); see whether "npm start" still runs\.$/,
    ],
    [
      'a bridge that was started again in the meantime',
      failure('UnrecognizedClientException', { status: 403 }),
      HERE,
      /^The local bridge was started again in the meantime/,
    ],
    [
      'a secret that is gone',
      failure('ResourceNotFoundException', { status: 400 }),
      AWS,
      /^The secret .* is not there any more, or has no value; deploy the stage prod again\.$/,
    ],
    ['an explained error', new OperatorError('Do this.'), AWS, /^Do this\.$/],
    [
      'anything else',
      failure('Strange', { message: 'odd' }),
      AWS,
      /^It failed: odd \(run it again with --debug/,
    ],
  ])('%s', (_, error, where, sentence) => {
    expect(explain(error, where)).toMatch(sentence);
    expect(explain(error, where).split('\n')).toHaveLength(1);
  });
});

test.each<[string, Error, boolean]>([
  ['no permission', failure('AccessDeniedException', { status: 403 }), true],
  ['no such queue', failure('QueueDoesNotExist', { status: 400 }), true],
  ['no credentials', failure('CredentialsProviderError'), true],
  ['throttling', failure('ThrottlingException', { status: 400 }), false],
  ["AWS's own fault", failure('InternalFailure', { status: 500 }), false],
  ['a timeout', failure('TimeoutError'), false],
  ['a broken connection', failure('Error', { code: 'ECONNRESET' }), false],
])('%s: whether another attempt is hopeless', (_, error, hopeless) => {
  expect(isHopeless(error)).toBe(hopeless);
});
