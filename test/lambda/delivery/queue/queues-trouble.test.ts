import { afterEach, describe, expect, test } from '@jest/globals';

import type { DeadLetter } from '../../../../lambda/delivery/queue/dead-letter.ts';
import type { QueuedMessage } from '../../../../lambda/delivery/candidate.ts';
import { settle } from '../../../../lambda/delivery/settle.ts';
import { queued } from '../../../support/delivery-fixtures.ts';
import {
  answerJson,
  type BatchEntry,
  type BatchReply,
  done,
  failedEntry,
  faultySqsBench,
  type QueueBench,
} from '../../../support/delivery-sqs.ts';

const DEAD_LETTERS: readonly DeadLetter[] = Array.from({ length: 25 }, (_, index) => ({
  message: queued({ id: `m${index}` }),
  disposition: { kind: 'deadLetter', reason: 'rejected', status: 400, detail: '400 invalid event' },
}));

/** Fails the entries at odd positions. */
const isOdd = ({ Id }: BatchEntry): boolean => Number(Id) % 2 === 1;
const isEven = (entry: BatchEntry): boolean => !isOdd(entry);

const partly: BatchReply = (entries, response) => {
  answerJson(response, 200, {
    Successful: entries.filter(isEven).map(done),
    Failed: entries.filter(isOdd).map(failedEntry),
  });
};
const forgetful: BatchReply = (entries, response) => {
  answerJson(response, 200, { Successful: entries.filter(isEven).map(done) });
};

/** Ways in which the whole of a call fails. */
const TROUBLES: readonly (readonly [string, BatchReply])[] = [
  [
    'all entries',
    (entries, response) => {
      answerJson(response, 200, { Successful: [], Failed: entries.map(failedEntry) });
    },
  ],
  [
    'HTTP 500',
    (_, response) => {
      answerJson(response, 500, { __type: 'InternalFailure', message: 'Internal failure' });
    },
  ],
  [
    'access denied',
    (_, response) => {
      answerJson(response, 403, { __type: 'AccessDeniedException', message: 'Not allowed' });
    },
  ],
  [
    'an answer that names no entry',
    (_, response) => {
      answerJson(response, 200, {});
    },
  ],
  [
    'an answer that is not JSON',
    (_, response) => {
      response.writeHead(200).end('<html>All is well</html>');
    },
  ],
  [
    'an answer that breaks off',
    (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"Successful":[');
      response.destroy();
    },
  ],
  ['no answer', () => undefined],
  [
    'a connection that breaks',
    (_, response) => {
      response.destroy();
    },
  ],
];

/** A deadline that a hanging SQS soon reaches. */
function soon(): number {
  return Date.now() + 400;
}

function ids(messages: Iterable<QueuedMessage>): string[] {
  return Array.from(messages, ({ messageId }) => messageId);
}

describe('when SQS fails', () => {
  let bench: QueueBench | undefined;
  const start = async (reply: BatchReply): Promise<QueueBench> => {
    bench = await faultySqsBench(reply);
    return bench;
  };
  afterEach(async () => bench?.close());

  test.each([
    ['names as failed', partly],
    ['does not name at all', forgetful],
  ])('what it %s counts as not written, entry by entry', async (_, reply) => {
    const { queues } = await start(reply);
    const unwritten = ids(await queues.sendToDeadLetterQueue(DEAD_LETTERS, Date.now() + 5_000));
    // Batches of ten: positions within the batch, not within the list.
    const odd = DEAD_LETTERS.filter((__, index) => (index % 10) % 2 === 1);
    expect(unwritten.toSorted()).toEqual(ids(odd.map(({ message }) => message)).toSorted());
  });

  test.each(TROUBLES)('with %s, no dead letter counts as written', async (_, reply) => {
    const { queues, log } = await start(reply);
    const unwritten = await queues.sendToDeadLetterQueue(DEAD_LETTERS, soon());
    expect(ids(unwritten).toSorted()).toEqual(
      ids(DEAD_LETTERS.map(({ message }) => message)).toSorted(),
    );
    expect(log.lines.length).toBeGreaterThan(0);
    expect(log.lines.every(({ level }) => level === 'error')).toBe(true);
    expect(log.text()).not.toContain('Recommendation');
  });

  test.each(TROUBLES)(
    'with %s, deferring fails without an exception, and says so',
    async (_, reply) => {
      const { queues, log } = await start(reply);
      const deferrals = DEAD_LETTERS.map(({ message }) => ({ message, wait: 5_000 }));
      await queues.defer(deferrals, soon());
      expect(log.lines.length).toBeGreaterThan(0);
    },
  );

  test('one batch of several, the others are done', async () => {
    const { queues } = await start((entries, response) => {
      if (String(entries[0]?.['MessageBody']).includes('"request-m10"')) {
        answerJson(response, 400, { __type: 'InvalidParameterValue', message: 'No' });
      } else answerJson(response, 200, { Successful: entries.map(done) });
    });
    const unwritten = await queues.sendToDeadLetterQueue(DEAD_LETTERS, Date.now() + 5_000);
    expect(ids(unwritten).toSorted()).toEqual(
      Array.from({ length: 10 }, (_, index) => `m${10 + index}`).toSorted(),
    );
  });

  test('by changing the body on its way, the dead letter is not trusted', async () => {
    const { queues } = await start((entries, response) => {
      const wrong = entries.map((entry) => done({ ...entry, MessageBody: 'other' }));
      answerJson(response, 200, { Successful: wrong });
    });
    expect((await queues.sendToDeadLetterQueue(DEAD_LETTERS, Date.now() + 5_000)).size).toBe(25);
  });

  test('by hanging, settling a thousand messages is over in time, and keeps what it must', async () => {
    const { queues } = await start(() => undefined);
    const processed = Array.from({ length: 1000 }, (_, index) => {
      const kinds = [
        { kind: 'delivered' },
        { kind: 'deadLetter', reason: 'rejected', detail: '400' },
        { kind: 'waiting', cause: 'unavailable', wait: 1, detail: '503' },
      ] as const;
      return { message: queued(), disposition: kinds[index % 3] ?? kinds[0] };
    });
    const startedAt = Date.now();
    const { keep, tally } = await settle(processed, queues, { retryAfter: 1, until: soon() });
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    expect(tally).toEqual({ delivered: 334, deduplicated: 0, deadLettered: 0, waiting: 666 });
    expect(keep).toHaveLength(666);
  });
});
