import { describe, expect, test } from '@jest/globals';

import type { JsonObject } from '../../lambda/shared/json.ts';
import { accountingOf, differenceOf } from '../../local/console/accounting.ts';
import {
  addCall,
  NO_OPERATOR_MESSAGES,
  type OperatorMessages,
} from '../../local/console/operator-messages.ts';
import { accountingText } from '../../local/console/page/accounting-text.ts';

const NOW = 1_000_000;

const FIGURES = {
  totals: { accepted: 10, delivered: 1, deduplicated: 2 },
  queue: { ready: 1, inFlight: 2, delayed: 0 },
  deadLetters: 3,
  deduplicatedByReplay: 1,
  purged: 0,
  operatorMessages: { ...NO_OPERATOR_MESSAGES, deleted: 1 },
};

function accounting(change: Partial<typeof FIGURES> = {}) {
  const figures = { ...FIGURES, ...change };
  const difference = differenceOf(figures, undefined, NOW);
  return accountingOf({ ...figures, difference, at: NOW });
}

describe('the accounting', () => {
  test('counts what replays deduplicated, and is balanced when every event is somewhere', () => {
    expect(accounting()).toEqual({
      accepted: 10,
      added: 0,
      delivered: 1,
      deduplicated: 3,
      waiting: 3,
      deadLetters: 3,
      removed: 0,
      purged: 0,
      balanced: true,
    });
  });

  test.each<[string, Partial<OperatorMessages>, object, string]>([
    [
      'a discard',
      { deleted: 3 },
      { deadLetters: 1 },
      '10 accepted = 1 delivered + 3 deduplicated + 3 in the queue + 1 dead letter + 2 removed by a command',
    ],
    [
      'an import',
      { imported: 5 },
      { deadLetters: 8 },
      '10 accepted + 5 put in by a command = 1 delivered + 3 deduplicated + 3 in the queue + 8 dead letters',
    ],
    [
      'a replay',
      { events: 2, deleted: 3 },
      { deadLetters: 1, queue: { ready: 5, inFlight: 0, delayed: 0 } },
      '10 accepted = 1 delivered + 3 deduplicated + 5 in the queue + 1 dead letter',
    ],
    [
      'a message that is no event',
      { foreign: 1 },
      { deadLetters: 4 },
      '10 accepted + 1 put in by a command = 1 delivered + 3 deduplicated + 3 in the queue + 4 dead letters',
    ],
    [
      'an event that was sent by hand',
      { events: 1 },
      { deadLetters: 4 },
      '10 accepted + 1 put in by a command = 1 delivered + 3 deduplicated + 3 in the queue + 4 dead letters',
    ],
    [
      'a purge',
      {},
      { deadLetters: 0, purged: 3 },
      '10 accepted = 1 delivered + 3 deduplicated + 3 in the queue + 0 dead letters + 3 purged',
    ],
  ])('adds up after %s', (_, messages, change, text) => {
    const operatorMessages = { ...FIGURES.operatorMessages, ...messages };
    const view = accounting({ ...change, operatorMessages });
    expect(view.balanced).toBe(true);
    expect(accountingText(view)).toBe(text);
  });

  test('says after ten seconds that it does not add up, and not while the difference changes', () => {
    const missing = { ...FIGURES, deadLetters: 1 };
    const first = differenceOf(missing, undefined, NOW);
    const viewAt = (at: number) =>
      accountingOf({ ...missing, difference: differenceOf(missing, first, at), at });
    expect(viewAt(NOW + 9_999).wrong).toBeUndefined();
    expect(viewAt(NOW + 10_000).wrong).toEqual({ events: 2, since: NOW });
    expect(accountingText(viewAt(NOW + 10_000))).toMatch(
      /^Does not add up since \d\d:\d\d:\d\d: 2 events missing\. 10 accepted ≠ 1 delivered/,
    );
    const tooMany = differenceOf({ ...FIGURES, deadLetters: 4 }, first, NOW + 20_000);
    expect(tooMany).toEqual({ events: -1, since: NOW + 20_000 });
    expect(differenceOf(FIGURES, first, NOW + 20_000)).toBeUndefined();
  });
});

function call(operation: string, input: JsonObject, body: JsonObject = {}, status = 200) {
  const answer = { status, body };
  return { caller: 'operator', service: 'sqs', operation, input, answer } as const;
}

describe('messages of the operator', () => {
  const event = JSON.stringify({
    version: 1,
    receivedAt: '2026-01-01T00:00:00.000Z',
    requestId: 'r',
    event: {},
  });

  const batch = {
    Entries: [
      { Id: 'a', MessageBody: '{}' },
      { Id: 'b', MessageBody: 'x' },
    ],
  };
  const oneDone = { Successful: [{ Id: 'b' }], Failed: [{ Id: 'a' }] };

  test.each([
    ['one that is an event', call('SendMessage', { MessageBody: event }), true, { events: 1 }],
    ['one that is none', call('SendMessage', { MessageBody: '{}' }), true, { foreign: 1 }],
    [
      'one of two to the dead letters',
      call('SendMessageBatch', batch, oneDone),
      false,
      { imported: 1 },
    ],
    ['a deletion', call('DeleteMessage', {}), false, { deleted: 1 }],
    ['a deletion of one of two', call('DeleteMessageBatch', batch, oneDone), false, { deleted: 1 }],
    ['a refused deletion', call('DeleteMessage', {}, {}, 400), false, {}],
    ['a reading', call('ReceiveMessage', {}), false, {}],
  ])('%s', (_, made, isEventsQueue, change) => {
    expect(addCall(NO_OPERATOR_MESSAGES, made, isEventsQueue)).toEqual({
      ...NO_OPERATOR_MESSAGES,
      ...change,
    });
  });
});
