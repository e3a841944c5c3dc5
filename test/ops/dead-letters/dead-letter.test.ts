import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { replayBody } from '../../../lambda/shared/message.ts';
import { routeTable } from '../../../lambda/shared/routes.ts';
import type { ReceivedMessage } from '../../../ops/aws/queue.ts';
import { matches, type DeadLetterFilter } from '../../../ops/dead-letters/filter.ts';
import { CRASHED, incidentKeyOf, readDeadLetter } from '../../../ops/dead-letters/dead-letter.ts';
import { RUNS } from '../../support/runs.ts';
import { deadLetterMessage, NOON, ROUTES } from '../support/queues.ts';

function received(
  number: number,
  input: Parameters<typeof deadLetterMessage>[1] = {},
): ReceivedMessage {
  const { body, attributes = {}, groupId } = deadLetterMessage(number, input);
  return {
    messageId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    receiptHandle: 'handle',
    body,
    attributes,
    system: { SentTimestamp: String(NOON + 5), ...(groupId ? { MessageGroupId: groupId } : {}) },
  };
}

const read = (raw: ReceivedMessage) => readDeadLetter(raw, ROUTES);

describe('a dead letter', () => {
  test('has its reason and what it is about', () => {
    expect(read(received(7, { view: '9', service: 'network', failedAt: NOON + 60_000 }))).toEqual({
      id: '00000000-0000-4000-8000-000000000007',
      reason: 'rejected',
      detail: 'Refused for reason 7',
      httpStatus: 400,
      receiveCount: 1,
      failedAt: NOON + 60_000,
      originalMessageId: 'original-7',
      service: 'network',
      receivedAt: NOON,
      requestId: 'request-7',
      event: {
        kind: 'threshold-exceeded',
        environment: { id: 'env', name: 'Online Boutique' },
        view: { id: '9', name: 'View 9' },
        metric: 'requests',
        severity: 'warning',
        summary: 'View 9: requests 42 r/s exceeded threshold 30 r/s',
        dedupKey: 'glasnostic:env:9:requests',
        dedupKeyWithoutStep: 'glasnostic:env:9:requests',
        occurredAt: NOON,
        ratio: 1.4,
      },
    });
  });

  test('has the incident of its severity step, and counts as one with the lower ones', () => {
    const severity = {
      default: 'warning',
      over: [{ ratio: 1.4, severity: 'critical', ownIncident: true }],
    } as const;
    const own = readDeadLetter(
      received(7),
      routeTable([{ environment: 'env', service: 'network', severity }]),
    );
    expect(own.event?.dedupKey).toBe('glasnostic:env:4:requests:critical');
    expect(incidentKeyOf(own)).toBe('platform glasnostic:env:4:requests');
  });

  test('has the older events that it stands for', () => {
    const deduplicated = { count: 4, first: NOON - 60_000, last: NOON - 1_000, ratio: 3 };
    const raw = received(1);
    const deadLetter = read({ ...raw, body: replayBody(raw.body, deduplicated) });
    expect(deadLetter.deduplicated).toEqual(deduplicated);
    expect(deadLetter.event).toEqual(read(raw).event);
  });

  test('that SQS moved itself has no reason: the function crashed on it', () => {
    const deadLetter = read(received(1, { attributes: {} }));
    expect(deadLetter.reason).toBe(CRASHED);
    expect(deadLetter.detail).toMatch(/SQS moved it here itself/);
    // SQS keeps the time of the original message; there is no better one.
    expect(deadLetter.failedAt).toBe(NOON + 5);
  });

  test('without a message group has the service of its route', () => {
    const { system: _, ...raw } = received(1);
    expect(read({ ...raw, system: {} }).service).toBe('platform');
  });

  test('without an event is about no incident', () => {
    const deadLetter = read({
      ...received(1),
      body: '{"version":1,"receivedAt":"2026-08-28T12:00:00Z"}',
    });
    expect(deadLetter.problem).toBe('The event is not a JSON object.');
    expect(incidentKeyOf(deadLetter)).toBeUndefined();
  });

  test('of two services is about two incidents, even with one dedup key', () => {
    const [a, b] = ['platform', 'network'].map((service) => read(received(1, { service })));
    expect(a?.event?.dedupKey).toBe(b?.event?.dedupKey);
    expect(a && incidentKeyOf(a)).not.toBe(b && incidentKeyOf(b));
  });

  test('of any content can be read', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        fc.dictionary(fc.constantFrom('FailedAt', 'HttpStatus', 'FailureReason'), fc.string()),
        (body, attributes) => {
          const deadLetter = read({
            ...received(1),
            body,
            attributes: Object.fromEntries(
              Object.entries(attributes).map(([name, text]) => [
                name,
                { DataType: 'String', StringValue: text },
              ]),
            ),
          });
          expect(Number.isFinite(deadLetter.failedAt)).toBe(true);
          expect(deadLetter.event === undefined).toBe(deadLetter.problem !== undefined);
        },
      ),
      RUNS,
    );
  });
});

describe('a filter', () => {
  const deadLetter = read(received(7, { view: '9', service: 'network' }));

  test.each<[string, DeadLetterFilter, boolean]>([
    ['nothing', {}, true],
    ['its service', { service: ['network'] }, true],
    ['one of several services', { service: ['platform', 'network'] }, true],
    ['another service', { service: ['platform'] }, false],
    ['its view by ID', { view: ['9'] }, true],
    ['its view by name, in any case', { view: ['view 9'] }, true],
    ['a part of its view', { view: ['View'] }, false],
    ['its environment by name', { environment: ['ONLINE boutique'] }, true],
    ['another environment', { environment: ['other'] }, false],
    ['its reason', { reason: ['crashed', 'rejected'] }, true],
    ['another reason', { reason: ['crashed'] }, false],
    ['the first characters of its ID', { id: ['00000000-0000-4000-8000-000000000007'] }, true],
    ['another ID', { id: ['ffff'] }, false],
    ['the moment it failed, included', { since: NOON }, true],
    ['later than it failed', { since: NOON + 1 }, false],
    ['before the moment it failed, not included', { before: NOON }, false],
    ['before a later moment', { before: NOON + 1 }, true],
    ['all of several conditions', { service: ['network'], view: ['9'], since: NOON }, true],
    ['all but one of several conditions', { service: ['network'], view: ['8'] }, false],
  ])('for %s', (_, filter, taken) => {
    expect(matches(filter, deadLetter)).toBe(taken);
  });
});
