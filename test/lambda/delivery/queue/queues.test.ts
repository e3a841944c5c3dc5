import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';

import type { DeadLetter } from '../../../../lambda/delivery/queue/dead-letter.ts';
import type { QueuedMessage } from '../../../../lambda/delivery/candidate.ts';
import { queued } from '../../../support/delivery-fixtures.ts';
import { fauxqsBench } from '../../../support/delivery-sqs.ts';

type Bench = Awaited<ReturnType<typeof fauxqsBench>>;

/** The messages of a queue, each invisible for six minutes from now. */
async function receiveAll({ sqs }: Bench, url: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        VisibilityTimeout: 360,
      }),
    );
    if (Messages.length === 0) return all;
    all.push(...Messages);
  }
}

function inSeconds(seconds: number): number {
  return Date.now() + seconds * 1000;
}

describe('the queues of delivery', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await fauxqsBench();
    for (const QueueName of ['events', 'dead']) {
      await bench.sqs.send(new CreateQueueCommand({ QueueName }));
    }
  });
  afterAll(async () => bench.close());

  test('defer each message by its own wait, however many there are', async () => {
    for (let first = 0; first < 30; first += 10) {
      const Entries = Array.from({ length: 10 }, (_, i) => ({
        Id: String(i),
        MessageBody: String(first + i),
      }));
      const command = new SendMessageBatchCommand({ QueueUrl: bench.urls.events, Entries });
      await bench.sqs.send(command);
    }
    const received = await receiveAll(bench, bench.urls.events);
    const deferrals = received.slice(0, 27).map(({ MessageId, ReceiptHandle, Body }, index) => ({
      message: queued({ id: MessageId ?? '', body: Body ?? '' }),
      handle: ReceiptHandle ?? '',
      wait: 20_000 + index * 100_000,
    }));
    await bench.queues.defer(
      deferrals.map(({ message, handle, wait }) => ({
        message: { ...message, receiptHandle: handle },
        wait,
      })),
      inSeconds(10),
    );
    for (const { handle, wait } of deferrals) {
      const left = await bench.invisibleFor(handle);
      expect(left).toBeGreaterThan(wait - 15_000);
      expect(left).toBeLessThanOrEqual(wait);
    }
    // Those that were not deferred come back when their visibility timeout ends.
    for (const { ReceiptHandle } of received.slice(27)) {
      const left = await bench.invisibleFor(ReceiptHandle ?? '');
      expect(left).toBeGreaterThan(340_000);
      expect(left).toBeLessThanOrEqual(360_000);
    }
    expect(bench.log.lines).toEqual([]);
  });

  test('write dead letters of any size, with their body and reason', async () => {
    const deadLetters: DeadLetter[] = Array.from({ length: 23 }, (_, index) => {
      const large = JSON.stringify({ version: 1, index, text: 'ü'.repeat(100_000) });
      const body = index % 2 === 0 ? large : `not JSON ${index} ü`;
      return {
        message: { ...queued({ id: `dead-${index}`, receiveCount: 3 }), body },
        disposition: {
          kind: 'deadLetter',
          reason: 'rejected',
          status: 400,
          detail: `400 no ${index}`,
        },
      };
    });
    expect(await bench.queues.sendToDeadLetterQueue(deadLetters, inSeconds(10))).toEqual(
      new Set<QueuedMessage>(),
    );
    const written = await receiveAll(bench, bench.urls.deadLetters);
    expect(written).toHaveLength(deadLetters.length);
    expect(new Set(written.map(({ Body }) => Body))).toEqual(
      new Set(deadLetters.map(({ message }) => message.body)),
    );
    const one = written.find(({ Body }) => Body === 'not JSON 7 ü');
    const attributes = Object.entries(one?.MessageAttributes ?? {}).map(
      ([name, { StringValue }]) => [name, StringValue],
    );
    expect(Object.fromEntries(attributes)).toMatchObject({
      FailureReason: 'rejected',
      FailureDetail: '400 no 7',
      HttpStatus: '400',
      ReceiveCount: '3',
      OriginalMessageId: 'dead-7',
    });
  });

  test('defer what SQS knows, and log a receipt that it does not know', async () => {
    const before = bench.log.lines.length;
    await bench.queues.defer([{ message: queued(), wait: 1000 }], inSeconds(10));
    expect(bench.log.lines.slice(before)).toMatchObject([
      { level: 'error', message: 'Deferring a message failed' },
    ]);
  });

  test('make no call when there is nothing to do', async () => {
    await bench.queues.defer([], 0);
    expect(await bench.queues.sendToDeadLetterQueue([], 0)).toEqual(new Set());
  });
});
