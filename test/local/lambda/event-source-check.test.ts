import { expect, test } from '@jest/globals';
import type { Authorizer } from '../../../local/iam/authorization.ts';
import { success } from '../../../local/aws-endpoint/protocol.ts';
import { checkEventSource, type EventSource } from '../../../local/lambda/event-source-check.ts';
import type { FunctionModel, MappingModel, QueueModel } from '../../../local/stack/model.ts';

const queue: QueueModel = {
  logicalId: 'Events',
  name: 'events',
  url: 'http://127.0.0.1:1/000000000000/events',
  arn: 'arn:aws:sqs:us-east-1:000000000000:events',
  attributes: {},
};
const mapping: MappingModel = {
  queueArn: queue.arn,
  functionName: 'worker',
  enabled: true,
  batchSize: 10,
  batchWindowSeconds: 0,
  maxConcurrency: 2,
  reportsItemFailures: true,
};
const fn: FunctionModel = {
  logicalId: 'Worker',
  name: 'worker',
  arn: 'arn:aws:lambda:us-east-1:000000000000:function:worker',
  handler: 'index.handler',
  codeFolder: '.',
  timeoutSeconds: 60,
  memoryMB: 128,
  environment: {},
  roleArn: 'arn:aws:iam::000000000000:role/worker',
  logGroupName: 'worker',
  logFormat: 'JSON',
};

const everything: Authorizer = () => undefined;
const notDelete: Authorizer = ({ action, resourceArn }) =>
  action === 'sqs:DeleteMessage' ? { action, resourceArn, because: 'of this test' } : undefined;

function sourceWith(visibilityTimeout: number): EventSource {
  return {
    mapping,
    queue,
    pool: { fn },
    aws: {
      call: async () =>
        Promise.resolve(success({ Attributes: { VisibilityTimeout: String(visibilityTimeout) } })),
    },
    caller: { name: fn.name, roleArn: fn.roleArn },
  };
}

test('a visibility timeout equal to the function timeout is accepted', async () => {
  await expect(checkEventSource(sourceWith(60), everything)).resolves.toBeUndefined();
});

test('a visibility timeout below the function timeout is refused', async () => {
  await expect(checkEventSource(sourceWith(59), everything)).rejects.toThrow(
    'Queue visibility timeout: 59 seconds is less than Function timeout: 60 seconds.',
  );
});

test('a role without an action of the pollers is refused, with the missing grant', async () => {
  await expect(checkEventSource(sourceWith(60), notDelete)).rejects.toThrow(
    'grant sqs:DeleteMessage on Events to the role of Worker',
  );
});
