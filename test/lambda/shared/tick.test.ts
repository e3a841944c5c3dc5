import { expect, test } from '@jest/globals';
import { isTick, TICK_BODY } from '../../../lambda/shared/tick.ts';

test('the body of a tick is the one that every stage sends', () => {
  expect(TICK_BODY).toBe('{"version":1,"tick":true}');
});

test.each([TICK_BODY, '{ "tick": true, "version": 1, "newer": [1] }'])('%s is a tick', (body) => {
  expect(isTick(body)).toBe(true);
});

test.each([
  ['an event', '{"version":1,"receivedAt":"2026-11-26T10:00:00Z","event":{"tick":true}}'],
  ['another version', '{"version":2,"tick":true}'],
  ['another value', '{"version":1,"tick":"true"}'],
  ['no object', '["tick"]'],
  ['no JSON', '{"tick"'],
  ['nothing', ''],
  ['a large body', `{"version":1,"tick":true,"padding":"${' '.repeat(1_000)}"}`],
])('%s is no tick', (_, body) => {
  expect(isTick(body)).toBe(false);
});
