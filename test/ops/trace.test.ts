/** What became of one event. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { isJsonObject } from '../../lambda/shared/json.ts';
import { fateOf, idsOf, mentions, parseLines, stepsOf } from '../../ops/trace/trace.ts';
import { drained } from '../../testkit/scenario.ts';
import { type OperatedBridge, startOperatedBridge } from './support/bridge.ts';

describe('a line', () => {
  test.each([
    [{ request_id: 'a' }, true],
    [{ message_id: 'b' }, true],
    [{ request_ids: ['x', 'a'] }, true],
    [{ message_ids: ['b'] }, true],
    [{ request_id: 'aa', request_ids: ['ab'] }, false],
    [{ function_request_id: 'a' }, false],
  ])('%j is about the event: %s', (line, expected) => {
    expect(mentions(line, ['a', 'b'])).toBe(expected);
  });

  test('that is not a JSON object is left out', () => {
    expect(parseLines(['{"a":1}', '[1]', 'START', '{'])).toEqual([{ a: 1 }]);
  });
});

test('IDs of an event are those of the lines that pair them, with all message IDs of a replay', () => {
  const lines = [
    { request_id: 'r', message_id: 'm1' },
    { request_id: 'r', message_id: 'm2' },
    { request_id: 'other', message_id: 'm3' },
  ];
  expect(idsOf('r', lines)).toEqual(['r', 'm1', 'm2']);
  expect(idsOf('m2', lines)).toEqual(['m2', 'r']);
  expect(idsOf('x', lines)).toEqual(['x']);
});

test.each([
  [['Event accepted'], false, 'accepted'],
  [['Event accepted', 'Events wait', 'PagerDuty accepted an event'], false, 'delivered'],
  [['Event accepted', 'A PagerDuty call failed and will be retried'], false, 'waiting'],
  [['Event accepted', 'An event became a dead letter'], false, 'was_dead_letter'],
  [['Event accepted', 'An event became a dead letter'], true, 'dead_letter'],
  [['Event ignored'], false, 'ignored'],
  [['Request refused'], false, 'refused'],
  [['A line of another version'], false, 'unknown'],
  [[], false, 'unknown'],
] as const)('after %j, in the dead-letter queue %j, its fate is %s', (messages, isDead, fate) => {
  const lines = messages.map((message, at) => ({
    message,
    timestamp: new Date(at).toISOString(),
    request_id: 'r',
  }));
  expect(fateOf(stepsOf(lines.toReversed(), ['r']), isDead)).toBe(fate);
});

describe('on the local bridge', () => {
  let operated: OperatedBridge;

  beforeAll(async () => {
    operated = await startOperatedBridge();
  }, 60_000);

  afterAll(async () => {
    await operated.bridge.stop();
  });

  /** Message ID and request ID of the event that was accepted last. */
  const lastIds = (): readonly string[] => {
    const accepted = operated.bridge.journal
      .lines()
      .flatMap(({ fields = {} }) => (fields['message'] === 'Event accepted' ? [fields] : []));
    const { message_id: message, request_id: request } = accepted.at(-1) ?? {};
    return [String(message), String(request)];
  };

  test('an event is delivered, by its message ID and by its request ID', async () => {
    await operated.run(['send']);
    await drained(operated.bridge, 20);
    for (const id of lastIds()) {
      const { fate, ids, steps } = await operated.json('trace', id);
      expect(fate).toBe('delivered');
      expect(new Set([ids].flat())).toEqual(new Set(lastIds()));
      const messages = [steps].flat().map((step) => (isJsonObject(step) ? step['message'] : ''));
      expect(messages).toEqual(['Event accepted', 'PagerDuty accepted an event']);
    }
    const { stdout } = await operated.run(['trace', lastIds()[0] ?? '']);
    expect(stdout).toMatch(/^\S+Z {2}Event accepted {2}outcome=accepted/);
    expect(stdout).toMatch(/Delivered: PagerDuty accepted a call that stands for it\.\n$/);
  });

  test('a dead letter is found by both IDs, and named', async () => {
    await operated.refuse(['--view', 'dead']);
    for (const id of lastIds()) {
      const { code, stdout } = await operated.run(['trace', id]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/It is a dead letter\.\n\.\/bridge dlq show \S+\n$/);
    }
    await operated.cleanUp();
    expect(await operated.json('trace', lastIds()[1] ?? '')).toMatchObject({ fate: 'delivered' });
  });

  test('an ID that nothing names is an error with the next step', async () => {
    expect(await operated.run(['trace', 'not-there-at-all'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No log line.*--since.*\(local\)/),
    });
    expect(await operated.run(['trace', 'a "b" c d'])).toMatchObject({ code: 2 });
  });
});
