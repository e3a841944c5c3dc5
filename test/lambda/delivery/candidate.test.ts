import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readCandidate } from '../../../lambda/delivery/candidate.ts';
import { replayBody, writeEventMessage } from '../../../lambda/shared/message.ts';
import { routeTable } from '../../../lambda/shared/routes.ts';
import {
  candidate,
  type MessageOptions,
  NOW,
  queued,
  ROUTES,
} from '../../support/delivery-fixtures.ts';
import { anyText } from '../../support/any-text.ts';
import { eventText } from '../../support/event-text.ts';
import { thresholdBody } from '../../support/glasnostic.ts';
import { jsonText } from '../../support/json-text.ts';
import { RUNS } from '../../support/runs.ts';

const META = { receivedAt: new Date(NOW).toISOString(), requestId: 'r1' };

describe('a message that can never be delivered', () => {
  test.each([
    { what: 'no JSON', body: 'hello', reason: 'malformed', detail: 'The body is not JSON.' },
    { what: 'a list', body: '[]', reason: 'malformed', detail: 'The body is not a JSON object.' },
    {
      what: 'another version',
      body: '{"version":2}',
      reason: 'malformed',
      detail: 'The body has version 2; this bridge reads version 1.',
    },
    {
      what: 'no time of receipt',
      body: '{"version":1,"event":{}}',
      reason: 'malformed',
      detail: 'receivedAt is not a time.',
    },
    {
      what: 'no event',
      body: writeEventMessage(META, 'null'),
      reason: 'malformed',
      detail: 'The event is not a JSON object.',
    },
    {
      what: 'an event without an environment',
      body: writeEventMessage(META, '{"type":"EVENT"}'),
      reason: 'malformed',
      detail: 'environment is missing',
    },
    {
      what: 'no EVENT',
      body: writeEventMessage(META, '{"type":"PING"}'),
      reason: 'malformed',
      detail: 'The type is "PING", not "EVENT".',
    },
    {
      what: 'an event without a route',
      body: writeEventMessage(META, JSON.stringify(thresholdBody({ environment: { id: 'x' } }))),
      reason: 'no_route',
      detail: 'No route of the stage takes this event any more.',
    },
    {
      what: 'an event that is ignored now',
      body: writeEventMessage(META, JSON.stringify(thresholdBody({ view: { id: 'ignored' } }))),
      reason: 'no_route',
      detail: 'The route that takes this event now ignores it.',
    },
  ])('$what: $reason', ({ body, reason, detail }) => {
    const message = queued({ body });
    expect(readCandidate(message, ROUTES)).toEqual({
      kind: 'undeliverable',
      undeliverable: { message, reason, detail },
    });
  });

  test('never throws, whatever its body', () => {
    const bodies = fc.oneof(
      anyText,
      jsonText,
      jsonText.map((event) => writeEventMessage(META, event)),
      eventText.map((event) => writeEventMessage(META, event)),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const read = readCandidate(queued({ body }), ROUTES);
        const says = read.kind === 'candidate' ? read.candidate.service : read.undeliverable.detail;
        expect(says).not.toBe('');
      }),
      { ...RUNS, numRuns: 60 },
    );
  });
});

describe('a message that is an event with a route', () => {
  test('has its service, severity, dedup key, request ID and times', () => {
    expect(candidate({ id: 'x', value: 60 })).toMatchObject({
      service: 'shop',
      severity: 'critical',
      dedupKey: 'glasnostic:a:4:requests',
      requestId: 'request-x',
      receivedAt: new Date(NOW - 1000).toISOString(),
      acceptedAt: NOW - 1000,
      isReplay: false,
      occurredAt: NOW - 1000,
      standsFor: { count: 1, first: NOW - 1000, last: NOW - 1000 },
    });
  });

  test('has the incident of the severity step that it, or what it stands for, reached', () => {
    const over = [{ ratio: 2, severity: 'critical', ownIncident: true }] as const;
    const routes = routeTable([
      { environment: 'a', service: 'shop', severity: { default: 'warning', over } },
    ]);
    const keyOf = (options: MessageOptions): string | undefined => {
      const read = readCandidate(queued(options), routes);
      return read.kind === 'candidate' ? read.candidate.dedupKey : undefined;
    };
    const deduplicated = { count: 2, first: NOW - 9_000, last: NOW - 5_000, ratio: 2 };
    expect(keyOf({ value: 59 })).toBe('glasnostic:a:4:requests');
    expect(keyOf({ value: 60 })).toBe('glasnostic:a:4:requests:critical');
    expect(keyOf({ value: 42, deduplicated })).toBe('glasnostic:a:4:requests:critical');
  });

  test('stands for the events that a replay deduplicated into it, at the highest severity', () => {
    const deduplicated = { count: 2, first: NOW - 9_000, last: NOW - 5_000, ratio: 2 };
    const standsFor = { count: 3, first: NOW - 9_000, last: NOW - 1_000, ratio: 2 };
    expect(candidate({ value: 42, deduplicated })).toMatchObject({
      severity: 'critical',
      standsFor,
    });
    expect(candidate({ value: 60, deduplicated: { ...deduplicated, ratio: 1.2 } })).toMatchObject({
      severity: 'critical',
      standsFor,
    });
    // A route without steps has one severity, however far over the threshold something was.
    expect(candidate({ environment: 'b', deduplicated })).toMatchObject({ severity: 'error' });
    expect(candidate({ deduplicated: { ...deduplicated, ratio: undefined } }).severity).toBe(
      'warning',
    );
  });

  test('happened when it says, but not after it was received', () => {
    expect(candidate({ at: NOW - 9_000, received: NOW }).occurredAt).toBe(NOW - 9_000);
    expect(candidate({ at: NOW + 9_000, received: NOW }).occurredAt).toBe(NOW);
  });

  test('was accepted when ingest received it or when it was put on the queue, whichever was first', () => {
    expect(candidate({ received: NOW - 5, sentAt: NOW }).acceptedAt).toBe(NOW - 5);
    // The clock of ingest was ahead.
    expect(candidate({ received: NOW, sentAt: NOW - 5 }).acceptedAt).toBe(NOW - 5);
    // A replay is as old as its event.
    const replay = candidate({ received: NOW - 9_000, sentAt: NOW, isReplay: true });
    expect(replay).toMatchObject({ acceptedAt: NOW - 9_000, message: { sentAt: NOW } });
  });

  test('is a replay only when its body says so', () => {
    expect(candidate().isReplay).toBe(false);
    expect(candidate({ isReplay: true }).isReplay).toBe(true);
    const body = replayBody(replayBody(queued().body));
    expect(candidate({ body }).isReplay).toBe(true);
  });

  test('happened when it was received if its own time is missing or cannot be read', () => {
    for (const time of [undefined, 'yesterday', {}, -1]) {
      const body = writeEventMessage(
        META,
        JSON.stringify(thresholdBody({ environment: { id: 'a' }, time })),
      );
      const read = readCandidate(queued({ body }), ROUTES);
      expect(read).toMatchObject({ kind: 'candidate', candidate: { occurredAt: NOW } });
    }
  });
});
