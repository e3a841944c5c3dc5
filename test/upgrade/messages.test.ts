/**
 * Messages and dead letters of released versions, which may be in the queues when a stage is
 * upgraded. The files are never written again.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';

import { replayBody, TICK_BODY, writeEventMessage } from '../../lambda/shared/message.ts';
import { readEventMessage as readByOldVersion } from './0.1.0/read-message.ts';
import { readDeadLetterLine, readMessage } from './read.ts';

const VERSIONS = readdirSync(import.meta.dirname).filter((name) => /^\d/.test(name));

const expectedSchema = v.object({
  messages: v.array(v.string()),
  deadLetters: v.array(v.string()),
});

describe.each(VERSIONS)('version %s', (version) => {
  const text = (file: string) => readFileSync(join(import.meta.dirname, version, file), 'utf8');
  const lines = (file: string) => text(file).trimEnd().split('\n');
  const expected = v.parse(expectedSchema, JSON.parse(text('expected.json')));

  test('messages are read with kind, subject, severity and count', () => {
    expect(lines('messages.jsonl').map(readMessage)).toEqual(expected.messages);
  });

  test('dead letters are read with reason, status, service, counts and event', () => {
    expect(lines('dead-letters.jsonl').map(readDeadLetterLine)).toEqual(expected.deadLetters);
  });
});

describe('messages of this version, after a rollback to 0.1.0', () => {
  const META = { receivedAt: '2026-11-27T12:00:00.000Z', requestId: 'request-1' };
  const event = { type: 'EVENT', environment: { id: 'env' }, view: { id: '4' } };
  const body = writeEventMessage(META, JSON.stringify(event));
  const deduplicated = { count: 12, first: 1_000, last: 2_000, ratio: 2.5 };

  test.each([
    ['an event', body, undefined],
    [
      'a test event',
      writeEventMessage(META, JSON.stringify({ ...event, bridgeTest: true })),
      undefined,
    ],
    ['a replayed dead letter', replayBody(body), undefined],
    ['a replayed dead letter that stands for others', replayBody(body, deduplicated), deduplicated],
  ])('%s is read with its time, its request and its count', (_, text, count) => {
    expect(readByOldVersion(text)).toMatchObject({
      ...META,
      event: { environment: { id: 'env' }, view: { id: '4' } },
      deduplicated: count,
    });
  });

  test('a tick becomes a dead letter with the reason malformed, as the documents say', () => {
    expect(readByOldVersion(TICK_BODY)).toBe('receivedAt is not a time.');
  });
});
