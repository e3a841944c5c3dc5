/**
 * Messages and dead letters of released versions, which may be in the queues when a stage is
 * upgraded. The files are never written again.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

import { readCandidate } from '../../lambda/delivery/candidate.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { routeTable } from '../../lambda/shared/routes.ts';
import { replayBody, TICK_BODY, writeEventMessage } from '../../lambda/shared/message.ts';
import { readDeadLetter } from '../../ops/dead-letters/dead-letter.ts';
import { readEventMessage as readByOldVersion } from './0.1.0/read-message.ts';

const ROUTES = routeTable([
  {
    environment: '*',
    service: 'platform',
    severity: { default: 'warning', over: [{ ratio: 2, severity: 'critical' }] },
  },
]);

function lines(file: string): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, '0.1.0', file), 'utf8');
  return text.trimEnd().split('\n');
}

describe('messages of version 0.1.0', () => {
  test.each(
    lines('messages.jsonl').map((body, index) => [
      index,
      body,
      [
        'threshold-exceeded 4:requests warning 1',
        'threshold-exceeded 4:requests critical 1',
        'threshold-exceeded 4:requests warning 1',
        'limit-reached 7:concurrency warning 1',
        'segmentation-denied SEGMENTATION:segmentation-denied warning 1',
        'threshold-exceeded 4:requests critical 1',
        'threshold-exceeded 4:requests warning 1',
        'threshold-exceeded 4:latency warning 1',
        'threshold-exceeded 4:requests warning 1',
        'threshold-exceeded 4:requests critical 13',
      ][index],
    ]),
  )('message %i is read as before', (_, body, expected) => {
    const read = readCandidate(
      { messageId: 'm', receiptHandle: 'r', body: String(body), receiveCount: 1, sentAt: 0 },
      ROUTES,
    );
    if (read.kind !== 'candidate') throw new Error(read.undeliverable.detail);
    const { event, dedupKey, severity, standsFor } = read.candidate;
    const subject = dedupKey.split(':').slice(2).join(':');
    expect(`${event.kind} ${subject} ${severity} ${standsFor.count}`).toBe(expected);
  });
});

describe('dead letters of version 0.1.0', () => {
  test('are read with reason, detail, service and event', () => {
    const read = lines('dead-letters.jsonl').map((line) => {
      const { body, attributes, groupId } = JSON.parse(line);
      if (typeof body !== 'string' || !isJsonObject(attributes)) throw new Error(line);
      return readDeadLetter(
        {
          messageId: 'm',
          receiptHandle: 'r',
          body,
          attributes: Object.fromEntries(
            Object.entries(attributes).map(([name, value]) => {
              const { DataType, StringValue } = isJsonObject(value) ? value : {};
              return [name, { DataType: String(DataType), StringValue: String(StringValue) }];
            }),
          ),
          system: { MessageGroupId: String(groupId) },
        },
        ROUTES,
      );
    });
    expect(read.map(({ reason, httpStatus, service }) => [reason, httpStatus, service])).toEqual([
      ['rejected', 400, 'platform'],
      ['retries_exhausted', 503, 'platform'],
      ['retries_exhausted', undefined, 'platform'],
      ['no_route', undefined, 'platform'],
      ['rejected', 400, 'platform'],
      ['rejected', 400, 'platform'],
      ['retries_exhausted', 503, 'platform'],
      ['retries_exhausted', undefined, 'platform'],
      ['no_route', undefined, 'platform'],
      ['malformed', undefined, 'platform'],
    ]);
    expect(read.filter(({ event }) => event !== undefined)).toHaveLength(9);
    expect(read.map(({ receiveCount }) => receiveCount)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 1]);
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
