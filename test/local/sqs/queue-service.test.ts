import {
  DeleteMessageCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TICK_BODY } from '../../../lambda/shared/message.ts';
import { startHarness, type EndpointHarness } from '../aws-endpoint/harness.ts';

let harness: EndpointHarness;

beforeEach(async () => {
  harness = await startHarness();
});

afterEach(() => harness.stop());

async function receive(names: string[] = ['All']) {
  const { Messages: messages = [] } = await harness.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: harness.queueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: names,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return messages;
}

function attribute(text: string) {
  return { DataType: 'String', StringValue: text };
}

function attributesOf(text: string) {
  return { A: attribute(text) };
}

describe('SQS through the AWS endpoint', () => {
  test('keeps the message group and characters beyond U+FFFF, which fauxqs does not', async () => {
    const body = '{"view":"🔥 100 % on fire %1f525;"}';
    // The SDK itself checks the digests of bodies, both ways.
    await harness.sqs.send(
      new SendMessageCommand({
        QueueUrl: harness.queueUrl,
        MessageBody: body,
        MessageGroupId: 'service',
      }),
    );
    const [message] = await receive();
    expect(message?.Body).toBe(body);
    expect(message?.Attributes?.['MessageGroupId']).toBe('service');
    expect(message?.MessageAttributes).toBeUndefined();
  });

  test('returns the requested message attributes, and no others', async () => {
    const { MD5OfMessageAttributes: sent } = await harness.sqs.send(
      new SendMessageCommand({
        QueueUrl: harness.queueUrl,
        MessageBody: 'x',
        MessageGroupId: 'g',
        MessageAttributes: { Reason: attribute('rejected'), Status: attribute('400') },
      }),
    );
    // The digest of the documentation's algorithm, from another implementation of it.
    expect(sent).toBe('46f16457dbb28b0a6e11b385e7c203ba');
    const seen = (await harness.aws.queues.inspect('events')).ready[0];
    expect(seen?.attributes).toEqual({ Reason: attribute('rejected'), Status: attribute('400') });
    const [message] = await receive(['Other.*', 'Status']);
    expect(Object.keys(message?.MessageAttributes ?? {})).toEqual(['Status']);
  });

  test('refuses entries of a batch that SQS refuses, one by one', async () => {
    const result = await harness.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: harness.queueUrl,
        Entries: [
          { Id: 'good', MessageBody: 'x', MessageAttributes: attributesOf('fine 🔥') },
          { Id: 'empty', MessageBody: 'x', MessageAttributes: attributesOf('') },
          { Id: 'control', MessageBody: 'x', MessageAttributes: attributesOf('\u0001') },
          { Id: 'group', MessageBody: 'x', MessageGroupId: 'no spaces' },
          { Id: 'body', MessageBody: '\uFFFE' },
        ],
      }),
    );
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(result.Failed?.map(({ Id, Code }) => [Id, Code]).toSorted()).toEqual([
      ['body', 'InvalidMessageContents'],
      ['control', 'InvalidParameterValue'],
      ['empty', 'InvalidParameterValue'],
      ['group', 'InvalidParameterValue'],
    ]);
  });

  test('reads the messages of a queue without receiving them', async () => {
    await harness.sqs.send(
      new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: '🔥' }),
    );
    await harness.sqs.send(
      new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: 'b' }),
    );
    expect((await receive()).length).toBe(2);
    await harness.sqs.send(
      new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: 'c' }),
    );
    const { ready, inFlight } = await harness.aws.queues.inspect('events');
    expect(ready.map(({ body, receiveCount }) => [body, receiveCount])).toEqual([['c', 0]]);
    expect(inFlight.map(({ body, receiveCount }) => [body, receiveCount])).toEqual([
      ['🔥', 1],
      ['b', 1],
    ]);
  });

  test.each([
    { state: 'ready', settings: {}, received: false },
    { state: 'in flight', settings: {}, received: true },
    { state: 'delayed', settings: { DelaySeconds: 60 }, received: false },
  ])('has the time of the oldest message, also when it is $state', async (one) => {
    const { aws, queueUrl, sqs } = harness;
    const send = async (settings: object = {}): Promise<void> => {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x', ...settings }));
    };
    expect(await aws.queues.oldest('events')).toBeUndefined();
    const before = Date.now();
    await send(one.settings);
    const after = Date.now();
    if (one.received) await receive();
    const oldest = (await aws.queues.oldest('events')) ?? 0;
    expect(oldest).toBeGreaterThanOrEqual(before);
    expect(oldest).toBeLessThanOrEqual(after);
    await send();
    expect(await aws.queues.oldest('events')).toBe(oldest);
  });

  test('leaves out messages on request when it looks for the oldest', async () => {
    const { aws, queueUrl, sqs } = harness;
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x' }));
    expect(await aws.queues.oldest('events', new Set(['other']))).toBeDefined();
    const except = new Set(['other', sent.MessageId ?? '']);
    expect(await aws.queues.oldest('events', except)).toBeUndefined();
  });

  test('counts what a purge removed, without ticks, and without what its receiver deletes later', async () => {
    const { aws, queueUrl, sqs } = harness;
    const send = async (MessageBody: string): Promise<unknown> =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    const purge = async (): Promise<unknown> =>
      sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
    await send('a');
    await send('b');
    const [{ ReceiptHandle } = {}] = await receive();
    await send('c');
    await send(TICK_BODY);
    expect(aws.queues.purged('events')).toBe(0);
    await purge();
    expect(aws.queues.purged('events')).toBe(3);
    for (const _ of ['first', 'again']) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      expect(aws.queues.purged('events')).toBe(2);
    }
    await expect(
      sqs.send(new PurgeQueueCommand({ QueueUrl: `${queueUrl}-other` })),
    ).rejects.toThrow('does not exist');
  });

  test('counts a purge exactly while messages are sent', async () => {
    const { queues } = harness.aws;
    const input = { QueueUrl: harness.queueUrl };
    const send = () => queues.call('SendMessage', { ...input, MessageBody: 'x' });
    const purge = () => queues.call('PurgeQueue', input);
    const calls = Array.from({ length: 100 }, (_, index) => (index % 10 === 5 ? purge() : send()));
    await Promise.all(calls);
    const { ready } = await queues.inspect('events');
    expect(queues.purged('events') + ready.length).toBe(90);
  });

  test('a receive waits until a message is sent', async () => {
    const poll = () =>
      harness.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: harness.queueUrl, WaitTimeSeconds: 20 }),
      );
    const waiting = poll();
    await harness.sqs.send(
      new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: 'x' }),
    );
    expect((await waiting).Messages?.map(({ Body }) => Body)).toEqual(['x']);
  });

  test('a receive returns a message whose visibility timeout ends while it waits', async () => {
    const receiveWith = (settings: object) =>
      harness.sqs.send(new ReceiveMessageCommand({ QueueUrl: harness.queueUrl, ...settings }));
    await harness.sqs.send(
      new SendMessageCommand({ QueueUrl: harness.queueUrl, MessageBody: 'x' }),
    );
    await receiveWith({ VisibilityTimeout: 1 });
    expect((await receiveWith({})).Messages).toBeUndefined();
    expect((await receiveWith({ WaitTimeSeconds: 20 })).Messages?.length).toBe(1);
  });

  test('stopping the AWS endpoint ends every poll', async () => {
    const receive20 = { QueueUrl: harness.queueUrl, WaitTimeSeconds: 20 };
    const caller = { name: 'tester' };
    const waiting = harness.aws.call(caller, 'sqs', 'ReceiveMessage', receive20);
    await harness.aws.stop();
    expect((await waiting).body['Messages']).toBeUndefined();
  });
});
