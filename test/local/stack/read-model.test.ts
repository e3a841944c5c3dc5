import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { evaluate, NO_VALUE } from '../../../local/stack/intrinsics.ts';
import { readStackModel } from '../../../local/stack/read-model.ts';
import { readStackTemplate } from '../../../local/stack/template.ts';

const directory = fileURLToPath(new URL('../fixtures/stack', import.meta.url));
const template = readStackTemplate({ directory, artifactId: 'fixture', stackName: 'stack' });
const place = {
  region: 'eu-west-1',
  awsUrl: 'http://127.0.0.1:1',
  apiUrl: 'http://127.0.0.1:2',
};
const model = readStackModel(template, place);

describe('the model of a template', () => {
  test('queues have their attributes and their dead-letter queue', () => {
    const [deadLetters, events] = model.queues;
    expect(deadLetters).toEqual({
      logicalId: 'DeadLetters',
      name: 'stack-DeadLetters',
      url: 'http://127.0.0.1:1/000000000000/stack-DeadLetters',
      arn: 'arn:aws:sqs:eu-west-1:000000000000:stack-DeadLetters',
      attributes: { MessageRetentionPeriod: '1209600' },
    });
    expect(events?.deadLetterArn).toBe(deadLetters?.arn);
    expect(events?.attributes).toEqual({
      VisibilityTimeout: '90',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters?.arn, maxReceiveCount: 7 }),
    });
  });

  test('secrets have a value or the rules for one', () => {
    expect(model.secrets.map(({ initial }) => initial)).toEqual([
      expect.objectContaining({ length: 20, excludePunctuation: true, excludeCharacters: '0O' }),
      '{}',
    ]);
  });

  test("functions that are invoked have their settings or Lambda's defaults; others are omitted", () => {
    expect(model.functions).toEqual([
      {
        logicalId: 'Api',
        name: 'stack-Api',
        arn: 'arn:aws:lambda:eu-west-1:000000000000:function:stack-Api',
        handler: 'index.handler',
        codeFolder: `${directory}/assets/api`,
        timeoutSeconds: 9,
        memoryMB: 256,
        environment: {
          QUEUE_URL: 'http://127.0.0.1:1/000000000000/stack-Events',
          SECRET: 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:stack-Token-local1',
          // oxlint-disable-next-line no-template-curly-in-string -- the syntax of CloudFormation
          PLACE: 'eu-west-1/000000000000/${literal}',
          LIMIT: '5',
        },
        reservedConcurrency: 3,
        roleArn: 'arn:aws:iam::000000000000:role/stack-Role',
        logGroupName: 'stack-Logs',
        logFormat: 'JSON',
        logLevel: 'WARN',
      },
      expect.objectContaining({
        name: 'stack-Worker',
        timeoutSeconds: 3,
        memoryMB: 128,
        logGroupName: '/aws/lambda/stack-Worker',
        logFormat: 'Text',
      }),
    ]);
  });

  test('the mapping and the route have their functions', () => {
    expect(model.mappings).toEqual([
      {
        queueArn: 'arn:aws:sqs:eu-west-1:000000000000:stack-Events',
        functionName: 'stack-Worker',
        enabled: true,
        batchSize: 250,
        batchWindowSeconds: 4,
        maxConcurrency: 6,
        reportsItemFailures: true,
      },
    ]);
    expect(model.routes).toEqual([{ routeKey: 'POST /hook/{token}', functionName: 'stack-Api' }]);
    expect(model.throttle).toEqual({ ratePerSecond: 40, burst: 80 });
  });

  test('a table has its key', () => {
    expect(model.tables).toEqual([
      {
        name: 'stack-Table',
        arn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/stack-Table',
        attributes: [{ AttributeName: 'id', AttributeType: 'S' }],
        keys: [{ AttributeName: 'id', KeyType: 'HASH' }],
      },
    ]);
  });

  test('a schedule has its rate, its queue and its role', () => {
    expect(model.schedules).toEqual([
      {
        name: 'stack-Schedule',
        enabled: true,
        everySeconds: 120,
        queueArn: 'arn:aws:sqs:eu-west-1:000000000000:stack-Events',
        input: 'tick',
        roleArn: 'arn:aws:iam::000000000000:role/stack-Role',
      },
    ]);
  });

  test.each([
    ['another expression', { ScheduleExpression: 'cron(0 3 * * ? *)' }],
    ['another target', { Target: { Arn: 'arn:aws:lambda:eu-west-1:0:function:f' } }],
  ])('a schedule with %s is named in an error', (_, change) => {
    const resources = template.resources.map(({ properties, ...resource }) =>
      Object.assign(resource, {
        properties: resource.logicalId === 'Schedule' ? { ...properties, ...change } : properties,
      }),
    );
    expect(() => readStackModel({ ...template, resources }, place)).toThrow(
      /^Schedule has .*local/,
    );
  });

  test('both forms of an HTTP API URL become the local one', () => {
    expect(model.outputs).toEqual({
      Url: 'http://127.0.0.1:2/hook',
      Endpoint: 'http://127.0.0.1:2',
      AlarmName: 'stack-Alarm',
    });
  });
});

describe('intrinsic functions', () => {
  const references = {
    ref: (name: string) => (name === 'AWS::NoValue' ? NO_VALUE : `ref-${name}`),
    attribute: (id: string, attribute: string) => `${id}-${attribute}`,
  };

  test.each([
    [{ Ref: 'A' }, 'ref-A'],
    [{ 'Fn::GetAtt': ['A', 'Arn'] }, 'A-Arn'],
    [{ 'Fn::GetAtt': 'A.Nested.Value' }, 'A-Nested.Value'],
    [{ 'Fn::Join': [':', ['a', { Ref: 'B' }, 1]] }, 'a:ref-B:1'],
    // oxlint-disable-next-line no-template-curly-in-string -- the syntax of CloudFormation
    [{ 'Fn::Sub': ['${X}-${A.Arn}', { X: { Ref: 'Y' } }] }, 'ref-Y-A-Arn'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': ['-', 'a-b-c'] }] }, 'b'],
    [{ a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] }, { b: [1] }],
    [
      { Ref: 'A', Other: 1 },
      { Ref: 'A', Other: 1 },
    ],
  ])('%j is %j', (value, expected) => {
    expect(evaluate(value, references)).toEqual(expected);
  });

  test('an unknown one is named in the error', () => {
    expect(() => evaluate({ 'Fn::Cidr': [] }, references)).toThrow(/uses Fn::Cidr/);
  });
});
