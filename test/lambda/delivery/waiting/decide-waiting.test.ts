import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { Candidate } from '../../../../lambda/delivery/candidate.ts';
import type { WaitCause } from '../../../../lambda/delivery/disposition.ts';
import {
  mayStandFor,
  decideWaiting,
  newestAcceptedAt,
  type WaitDecision,
  type WaitingEvent,
  type WaitingInput,
} from '../../../../lambda/delivery/waiting/decide-waiting.ts';
import { urgency } from '../../../../lambda/pagerduty/severity.ts';
import { candidate, NOW } from '../../../support/delivery-fixtures.ts';
import { RUNS } from '../../../support/runs.ts';

const DAY = 86_400_000;
const WINDOW = 15_000;
const WARNING = 42;
const CRITICAL = 90;

const DECISION: WaitDecision = { cause: 'unavailable', detail: '503 down', waitOf: () => 10_000 };

function decide(
  events: readonly Candidate[],
  {
    decision,
    ...changes
  }: Partial<Omit<WaitingInput, 'decision'>> & {
    readonly decision?: Partial<WaitDecision>;
  } = {},
) {
  return decideWaiting(events, {
    decision: { ...DECISION, ...decision },
    alreadyWaiting: [],
    deduplicationWindow: WINDOW,
    giveUpAfter: DAY,
    minInvisibleTime: 300_000,
    now: NOW,
    ...changes,
  });
}

const ends = (...given: Parameters<typeof decide>): string[] =>
  decide(...given).processed.map(({ disposition }) => disposition.kind);

function known(acceptedAt: number, changes: Partial<WaitingEvent> = {}): WaitingEvent {
  const invisibleUntil = NOW + 60_000;
  return { messageId: 'k', acceptedAt, severity: 'warning', invisibleUntil, ...changes };
}

describe('an event stands', () => {
  test.each([
    { what: 'at its first receive for itself', options: {}, more: 0 },
    { what: 'received before for others', options: { receiveCount: 2 }, more: WINDOW },
    { what: 'replayed for others', options: { isReplay: true }, more: WINDOW },
    { what: 'both for others', options: { isReplay: true, receiveCount: 9 }, more: WINDOW },
  ])('$what: until $more ms after it was accepted', ({ options, more }) => {
    const event = candidate({ at: NOW - 60_000, ...options });
    expect(newestAcceptedAt(event, WINDOW)).toBe(NOW - 60_000 + more);
  });
});

describe('a waiting event may stand for another', () => {
  const at = NOW - 60_000;
  test.each<[string, Parameters<typeof candidate>[0], boolean]>([
    ['accepted at the same time', { at }, true],
    ['accepted before', { at: at - DAY }, true],
    ['accepted up to a window after it', { at: at + WINDOW }, true],
    ['accepted later than that', { at: at + WINDOW + 1 }, false],
    ['received before, accepted at the same time', { at, receiveCount: 2 }, true],
    ['received before, accepted later', { at: at + 1, receiveCount: 2 }, false],
    ['replayed, accepted later', { at: at + 1, isReplay: true }, false],
    ['of a higher severity', { at, value: CRITICAL }, false],
  ])('%s: %s', (_, options, expected) => {
    const waiting = { acceptedAt: at, severity: 'warning' } as const;
    expect(mayStandFor(waiting, candidate(options), WINDOW)).toBe(expected);
  });

  test('of a lower severity', () => {
    const waiting = { acceptedAt: at, severity: 'critical' } as const;
    expect(mayStandFor(waiting, candidate({ at }), WINDOW)).toBe(true);
  });
});

const knownUntil = (time: number) => ({
  alreadyWaiting: [known(NOW - 5_000, { invisibleUntil: time })],
});

describe('events that cannot be sent now', () => {
  test('wait: the most severe and newest stands for the others', () => {
    const events = [
      candidate({ id: 'new', at: NOW - 1_000 }),
      candidate({ id: 'critical', at: NOW - 5_000, value: CRITICAL }),
      candidate({ id: 'old', at: NOW - 9_000 }),
    ];
    const { processed, waiting } = decide(events);
    expect(
      processed.map(({ candidate: { message }, disposition }) => [
        message.messageId,
        disposition.kind,
      ]),
    ).toEqual([
      ['critical', 'waiting'],
      ['new', 'deduplicated'],
      ['old', 'deduplicated'],
    ]);
    expect(waiting).toEqual([
      known(NOW - 5_000, {
        messageId: 'critical',
        severity: 'critical',
        invisibleUntil: NOW + 10_000,
      }),
    ]);
  });

  test('are deduplicated into one that waits already, and do not replace it', () => {
    const events = [candidate({ at: NOW - 1_000 })];
    const before = [known(NOW - 5_000)];
    expect(decide(events, { alreadyWaiting: before })).toMatchObject({
      processed: [{ disposition: { kind: 'deduplicated' } }],
      waiting: before,
    });
  });

  test('are not deduplicated into one that may have come back in the meantime', () => {
    const event = [candidate({ at: NOW - 1_000 })];
    expect(ends(event, knownUntil(NOW + 1))).toEqual(['deduplicated']);
    expect(ends(event, knownUntil(NOW))).toEqual(['waiting']);
  });

  test('wait beside it if they are newer than it may stand for; it is forgotten as superfluous', () => {
    const before = known(NOW - 20_000, { invisibleUntil: NOW + 5_000 });
    const { processed, waiting } = decide([candidate({ id: 'new' })], { alreadyWaiting: [before] });
    expect(processed).toMatchObject([{ disposition: { kind: 'waiting', wait: 10_000 } }]);
    expect(waiting).toMatchObject([{ messageId: 'new' }]);
  });

  test('wait beside it if it stays longer', () => {
    const before = known(NOW - 20_000, { invisibleUntil: NOW + 15_000 });
    const { waiting } = decide([candidate({ id: 'new' })], { alreadyWaiting: [before] });
    expect(waiting.map(({ messageId }) => messageId)).toEqual(['k', 'new']);
  });

  test('may be relied on for five function timeouts at most: deferring them may fail', () => {
    const decision = { waitOf: () => 900_000 };
    const { waiting } = decide([candidate()], { decision });
    expect(waiting).toMatchObject([{ invisibleUntil: NOW + 300_000 }]);
  });

  test('leave only as many waiting as there are windows and severities, not events', () => {
    const events = Array.from({ length: 600 }, (_, i) =>
      candidate({ at: NOW - i * 100, value: i % 2 === 0 ? WARNING : CRITICAL }),
    );
    const count = ends(events).filter((kind) => kind === 'waiting').length;
    expect(count).toBeLessThanOrEqual(5);
  });

  test('are each waiting, or covered by one that waits', () => {
    const event = fc.record({
      ago: fc.integer({ min: 0, max: 90_000 }),
      value: fc.constantFrom(WARNING, CRITICAL),
      receiveCount: fc.constantFrom(1, 1, 2),
      isReplay: fc.constantFrom(false, false, true),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (all) => {
        const events = all.map(({ ago, ...options }) => candidate({ ...options, at: NOW - ago }));
        const { processed } = decide(events);
        expect(processed).toHaveLength(events.length);
        const kept = processed.filter(({ disposition }) => disposition.kind === 'waiting');
        for (const { candidate: one, disposition } of processed) {
          if (disposition.kind === 'waiting') continue;
          const isSafe = kept.some(
            ({ candidate: other }) =>
              urgency(other.severity) >= urgency(one.severity) &&
              newestAcceptedAt(one, WINDOW) <= other.acceptedAt + WINDOW,
          );
          expect(isSafe).toBe(true);
        }
      }),
      { ...RUNS, numRuns: 100 },
    );
  });
});

const after = (age: number, decision: Partial<WaitDecision> = {}, receiveCount = 1) =>
  decide([candidate({ at: NOW - age, receiveCount })], { decision: { status: 503, ...decision } })
    .processed[0]?.disposition;

describe('giving up', () => {
  test.each<WaitCause>([
    'unavailable',
    'unanswered',
    'unreachable',
    'circuit_open',
    'incident_failing',
    'key_missing',
    'key_refused',
    'internal_error',
  ])('because of %s: at the age of the stage and not before', (cause) => {
    expect(after(DAY - 1, { cause })).toEqual({
      kind: 'waiting',
      cause,
      wait: 10_000,
      detail: '503 down',
      status: 503,
    });
    expect(after(DAY, { cause })).toEqual({
      kind: 'deadLetter',
      reason: 'retries_exhausted',
      status: 503,
      detail: 'Not delivered in 1 d. 503 down',
    });
  });

  test.each<WaitCause>([
    'paced',
    'out_of_time',
    'update_due',
    'throttled',
    'key_throttled',
    'incident_resolving',
  ])('never because of %s: it says nothing against the event', (cause) => {
    expect(after(13 * DAY, { cause })?.kind).toBe('waiting');
  });

  test('counts the age since the event was put on the queue: a replay has its full time', () => {
    const replay = candidate({ at: NOW - 9 * DAY, sentAt: NOW - 1_000, isReplay: true });
    expect(ends([replay])).toEqual(['waiting']);
  });

  test('takes the age at which a call last failed: an old event is tried before it', () => {
    const decision = { cause: 'circuit_open', failedAt: NOW - 30_000 } as const;
    expect(after(DAY + 29_999, decision)?.kind).toBe('waiting');
    expect(after(DAY + 30_000, decision)?.kind).toBe('deadLetter');
  });

  test.each<WaitCause>(['unavailable', 'paced', 'update_due'])(
    'at 950 receives, before SQS moves the message itself: %s',
    (cause) => {
      expect(after(1_000, { cause }, 949)).toMatchObject({ kind: 'waiting' });
      expect(after(1_000, { cause }, 950)).toMatchObject({
        kind: 'deadLetter',
        reason: 'retries_exhausted',
        detail: 'Not delivered in 1 s and 950 receives. 503 down',
      });
    },
  );

  test('does not happen to an event that a waiting one covers', () => {
    const old = candidate({ at: NOW - 2 * DAY });
    expect(ends([old], { alreadyWaiting: [known(NOW - 5_000)] })).toEqual(['deduplicated']);
  });

  test('of one event does not let it stand for another', () => {
    const events = [
      candidate({ at: NOW - 2 * DAY, value: CRITICAL }),
      candidate({ at: NOW - 2 * DAY }),
    ];
    expect(ends(events)).toEqual(['deadLetter', 'deadLetter']);
  });

  test('waits longer and longer from 800 receives on', () => {
    expect([800, 801, 900].map((receives) => after(1_000, {}, receives))).toMatchObject([
      { wait: 10_000 },
      { wait: 30_000 },
      { wait: 3_000_000 },
    ]);
  });

  test('keeps the detail within what a dead letter takes', () => {
    const dead = after(DAY, { detail: 'ü'.repeat(2000) });
    if (dead?.kind !== 'deadLetter') throw new Error('Not given up.');
    expect(Buffer.byteLength(dead.detail)).toBeLessThanOrEqual(1024);
  });
});
