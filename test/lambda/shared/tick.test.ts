import { describe, expect, test } from '@jest/globals';

import {
  isTick,
  readEventMessage,
  replayBody,
  TICK_BODY,
  writeEventMessage,
} from '../../../lambda/shared/message.ts';

describe('a tick', () => {
  test.each([
    TICK_BODY,
    '{"tick":true}',
    '{"version":2,"tick":true,"sent":"2026-03-01T12:00:00Z"}',
    ` {"tick": true}\n`,
  ])('is %j', (body) => {
    expect(isTick(body)).toBe(true);
  });

  test.each([
    '',
    'tick',
    'true',
    'null',
    '[true]',
    '{"tick":1}',
    '{"tick":"true"}',
    '{"event":{"tick":true}}',
    '{"version":1,"tick":true',
    `{"tick":true,"text":"${'x'.repeat(200)}"}`,
  ])('is not %j', (body) => {
    expect(isTick(body)).toBe(false);
  });

  test('is no event, whatever its event says', () => {
    const meta = { receivedAt: '2026-03-01T12:00:00Z', requestId: 'r' };
    for (const event of ['{}', '{"tick":true}', '[true]', '"tick"']) {
      const body = writeEventMessage(meta, event);
      expect([isTick(body), isTick(replayBody(body))]).toEqual([false, false]);
    }
  });

  test('is not a message that another version of the bridge takes for an event', () => {
    expect(readEventMessage(TICK_BODY)).toBe('receivedAt is not a time.');
  });
});
