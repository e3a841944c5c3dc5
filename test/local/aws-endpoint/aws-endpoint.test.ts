import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { QUEUE_ARN, SECRET_ARN, startHarness, type EndpointHarness } from './harness.ts';

let harness: EndpointHarness;

beforeEach(async () => {
  harness = await startHarness();
});

afterEach(() => harness.stop());

function send() {
  return harness.sqs.send(new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: 'x' }));
}

async function waiting(): Promise<number> {
  return (await harness.aws.queues.inspect('events')).ready.length;
}

describe('callers', () => {
  test('an unknown one is refused', async () => {
    const stranger = new SQSClient({
      region: 'us-east-1',
      endpoint: harness.aws.url,
      credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' },
      maxAttempts: 1,
    });
    await expect(
      stranger.send(new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: 'x' })),
    ).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    stranger.destroy();
  });

  test('their calls are counted per operation', async () => {
    await send();
    await send();
    await harness.sqs.send(new ReceiveMessageCommand({ QueueUrl: harness.queueUrl }));
    const counts = Object.entries(harness.aws.callCounts());
    expect(counts.map(([name, count]) => [name.split(' ')[1], count])).toEqual([
      ['sqs:SendMessage', 2],
      ['sqs:ReceiveMessage', 1],
    ]);
  });

  test('the authorizer checks IAM actions on ARNs, and its refusal is an AccessDenied', async () => {
    await harness.stop();
    const asked: string[] = [];
    harness = await startHarness(({ caller, action, resourceArn }) => {
      asked.push(`${caller.name} ${action} ${resourceArn}`);
      return action === 'sqs:DeleteMessage'
        ? { action, resourceArn, because: 'because of this test' }
        : undefined;
    });
    await harness.sqs.send(
      new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: 'x' }),
    );
    await expect(
      harness.sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: harness.queueUrl,
          Entries: [{ Id: 'a', ReceiptHandle: 'b' }],
        }),
      ),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        `User: arn:aws:sts::0:assumed-role/tester/tester is not authorized to perform: sqs:DeleteMessage on resource: ${QUEUE_ARN} because of this test`,
      ),
    });
    await harness.secrets.send(new GetSecretValueCommand({ SecretId: SECRET_ARN }));
    expect(asked).toEqual([
      `tester sqs:SendMessage ${QUEUE_ARN}`,
      `tester sqs:DeleteMessage ${QUEUE_ARN}`,
      `tester secretsmanager:GetSecretValue ${SECRET_ARN}`,
    ]);
  });
});

describe('faults', () => {
  test('an error answer, a number of times, for one operation of one caller', async () => {
    harness.aws.faults.add({
      caller: 'tester',
      action: 'sqs:SendMessage',
      times: 2,
      effect: { kind: 'respond', status: 500, code: 'InternalError' },
    });
    harness.aws.faults.add({ caller: 'other', effect: { kind: 'reset' } });
    await harness.sqs.send(new ReceiveMessageCommand({ QueueUrl: harness.queueUrl }));
    await expect(send()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    await expect(send()).rejects.toMatchObject({ name: 'InternalError' });
    await send();
    expect(await waiting()).toBe(1);
  });

  test('a batch that fails in part', async () => {
    harness.aws.faults.add({ effect: { kind: 'partial', fraction: 0.5 } });
    const ids = ['a', 'b', 'c'];
    const result = await harness.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: harness.queueUrl,
        Entries: ids.map((Id) => ({ Id, MessageBody: Id })),
      }),
    );
    expect(result.Failed?.map(({ Id }) => Id)).toEqual(['a', 'b']);
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['c']);
    expect(await waiting()).toBe(1);
  });

  test('a lost answer: the operation is done, but the caller gets no answer', async () => {
    harness.aws.faults.add({ times: 1, effect: { kind: 'lose-answer' } });
    await expect(send()).rejects.toThrow('socket hang up');
    expect(await waiting()).toBe(1);
  });

  test('a broken connection: the operation is not done', async () => {
    const remove = harness.aws.faults.add({ effect: { kind: 'reset' } });
    await expect(send()).rejects.toThrow('socket hang up');
    remove();
    expect(await waiting()).toBe(0);
    await send();
  });

  test('no answer until the caller gives up', async () => {
    harness.aws.faults.add({ times: 1, effect: { kind: 'hang' } });
    const sent = harness.sqs.send(
      new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: 'x' }),
      {
        abortSignal: AbortSignal.timeout(50),
      },
    );
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    expect(await waiting()).toBe(0);
  });
});
