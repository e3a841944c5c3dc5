import { describe, expect, test } from '@jest/globals';
import { decide, readPolicy, type PolicyRequest } from '../../../local/iam/policy.ts';

const ROLE = 'arn:aws:iam::000000000000:role/delivery';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:events';

const send: PolicyRequest = {
  roleArn: ROLE,
  action: 'sqs:SendMessage',
  resourceArn: QUEUE,
  secureTransport: 'true',
};

const statement = (change: object = {}): object => ({
  Effect: 'Allow',
  Action: 'sqs:SendMessage',
  Resource: QUEUE,
  ...change,
});

const read = (...statements: object[]) =>
  readPolicy('Policy', { Version: '2012-10-17', Statement: statements });

const TLS_ONLY = read(
  statement({
    Effect: 'Deny',
    Action: 'sqs:*',
    Principal: { AWS: '*' },
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  }),
);

const NOT_ALLOWED = 'because no identity-based policy allows the sqs:SendMessage action';

describe('the policy of a role', () => {
  test.each([
    ['the action on the resource', statement(), undefined],
    [
      'lists of both',
      statement({ Action: ['x:Y', 'sqs:SendMessage'], Resource: ['r', QUEUE] }),
      undefined,
    ],
    ['another case of the action', statement({ Action: 'SQS:sendmessage' }), undefined],
    ['every action of the service', statement({ Action: 'sqs:*' }), undefined],
    ['a pattern of actions', statement({ Action: 'sqs:Send?essage' }), undefined],
    ['a pattern of resources', statement({ Resource: 'arn:aws:sqs:*:*:ev*' }), undefined],
    ['everything', statement({ Action: '*', Resource: '*' }), undefined],
    ['another action', statement({ Action: 'sqs:SendMessages' }), NOT_ALLOWED],
    ['the start of an action', statement({ Action: 'sqs:Send' }), NOT_ALLOWED],
    ['another resource', statement({ Resource: `${QUEUE}-other` }), NOT_ALLOWED],
    ['another case of the resource', statement({ Resource: QUEUE.toUpperCase() }), NOT_ALLOWED],
    ['a dot, which is no wildcard', statement({ Action: 'sqs.SendMessage' }), NOT_ALLOWED],
    [
      'a condition that does not hold',
      statement({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      NOT_ALLOWED,
    ],
    [
      'a condition that holds, written as a boolean',
      statement({ Condition: { Bool: { 'aws:SecureTransport': true } } }),
      undefined,
    ],
  ])('allows %s', (_, allow, expected) => {
    expect(decide(send, read(allow))).toBe(expected);
  });

  test('allows nothing when it is empty', () => {
    expect(decide(send, [])).toBe(NOT_ALLOWED);
  });

  test('denies what another statement allows', () => {
    const statements = read(statement(), statement({ Effect: 'Deny', Action: 'sqs:*' }));
    expect(decide(send, statements)).toBe('with an explicit deny in an identity-based policy');
  });
});

describe('the policy of a queue', () => {
  test('that denies calls without TLS allows nothing by itself', () => {
    const allow = read(statement());
    expect(decide(send, allow, TLS_ONLY)).toBeUndefined();
    expect(decide({ ...send, secureTransport: 'false' }, allow, TLS_ONLY)).toBe(
      'with an explicit deny in a resource-based policy',
    );
    expect(decide(send, [], TLS_ONLY)).toBe(NOT_ALLOWED);
  });

  test.each([
    ['everyone', '*', undefined],
    ['the role', { AWS: [ROLE] }, undefined],
    ['another role', { AWS: `${ROLE}-2` }, NOT_ALLOWED],
    ['a service', { Service: 'sns.amazonaws.com' }, NOT_ALLOWED],
  ])('allows %s', (_, Principal, expected) => {
    expect(decide(send, [], read(statement({ Principal })))).toBe(expected);
  });
});

describe('what cannot be evaluated is refused when it is read', () => {
  test.each([
    ['NotAction', { NotAction: 'sqs:DeleteQueue' }],
    ['NotResource', { NotResource: '*' }],
    ['NotPrincipal', { NotPrincipal: '*' }],
    ['another condition', { Condition: { StringEquals: { 'aws:SourceAccount': '1' } } }],
    ['another key', { Condition: { Bool: { 'aws:ViaAWSService': 'true' } } }],
    ['a federated principal', { Principal: { Federated: 'x' } }],
    ['a policy variable', { Resource: `${QUEUE}-\${aws:username}` }],
    ['an effect of another name', { Effect: 'Maybe' }],
  ])('%s', (_, change) => {
    expect(() => read(statement(change))).toThrow(
      /^The policy Policy of the template has something at Statement\.0.* that the local bridge cannot evaluate/,
    );
  });

  test('a value that is not a document', () => {
    expect(() => readPolicy('Policy', 'x')).toThrow('The policy Policy');
  });
});
