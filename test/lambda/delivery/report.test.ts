import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import type { QueuedMessage } from '../../../lambda/delivery/candidate.ts';
import { updateLevels } from '../../../lambda/delivery/levels.ts';
import { reportBatch } from '../../../lambda/delivery/report.ts';
import { settle } from '../../../lambda/delivery/settle.ts';
import {
  type DeliveryBench,
  deliveryBench,
  OUTCOMES,
  viewOf,
} from '../../support/delivery-bench.ts';
import { fakeKeys, KEYS, NOW, queued, ROUTES } from '../../support/delivery-fixtures.ts';
import { recordingLog } from '../../support/recording-log.ts';

/** Delivers a batch to working queues, and resolves to its log. */
async function logOf(
  bench: DeliveryBench,
  messages: readonly QueuedMessage[],
  unwritten: readonly QueuedMessage[] = [],
) {
  const deadline = bench.context.now() + 60_000;
  const report = await deliverBatch(messages, deadline, bench.context);
  const queues = {
    sendToDeadLetterQueue: async () => new Set(unwritten),
    defer: async () => undefined,
  };
  const batch = await settle(report.processed, queues, { retryAfter: 1, until: NOW });
  const log = recordingLog();
  const levels = updateLevels(bench.context.state, report, batch, {
    retryAfter: 1,
    now: bench.context.now(),
  });
  reportBatch(report, batch, log, {
    stage: 'test',
    routes: ROUTES,
    levels,
    begin: NOW - 1_500,
    now: NOW,
  });
  return log;
}

describe('the report of a batch', () => {
  test('says of an accepted call which events it stands for', async () => {
    const { lines } = await logOf(deliveryBench(), [queued({ id: 'x' }), queued({ id: 'y' })]);
    expect(lines[0]).toEqual({
      level: 'info',
      message: 'PagerDuty accepted an event',
      outcome: 'delivered',
      status: 202,
      pagerduty_service: 'shop',
      severity: 'warning',
      call_class: 'opener',
      dedup_key: 'glasnostic:a:4:requests',
      environment: 'a',
      view: '4',
      events: 2,
      request_ids: ['request-x', 'request-y'],
      delay_ms: 1000,
    });
  });

  test('says why a call failed, and why PagerDuty refused an event', async () => {
    const bench = deliveryBench((event) =>
      viewOf(event) === '1' ? OUTCOMES.unavailable : OUTCOMES.refused,
    );
    const { lines } = await logOf(bench, [queued({ view: '1' }), queued({ view: '2', id: 'bad' })]);
    expect(lines.slice(0, 2)).toMatchObject([
      { level: 'warn', outcome: 'retry', cause: 'unavailable', status: 503, detail: '503 down' },
      { level: 'error', outcome: 'rejected', status: 400, detail: '400 invalid event' },
    ]);
    expect(lines).toContainEqual({
      level: 'error',
      message: 'Events became dead letters',
      events: 1,
      reason: 'rejected: 400 invalid event',
      message_ids: ['bad'],
    });
  });

  test('has a line for each dead letter, with its event', async () => {
    const bench = deliveryBench(() => OUTCOMES.refused);
    const { lines } = await logOf(bench, [queued({ id: 'x' })]);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'An event became a dead letter',
        outcome: 'dead_lettered',
        reason: 'rejected',
        message_id: 'x',
        request_id: 'request-x',
        environment: 'a',
        view: '4',
        dedup_key: 'glasnostic:a:4:requests',
      }),
    );
  });

  test('has no such line when the dead letter could not be written: the event is still in the queue', async () => {
    const message = queued({ id: 'x' });
    const { lines } = await logOf(
      deliveryBench(() => OUTCOMES.refused),
      [message],
      [message],
    );
    const names = lines.map(({ message: what }) => what);
    expect(names).not.toContain('An event became a dead letter');
  });

  test('has one line for each reason to wait, with the number of events and ten of their IDs', async () => {
    const batch = Array.from({ length: 500 }, (_, view) =>
      queued({ environment: 'keyless', view: String(view) }),
    );
    const { lines } = await logOf(deliveryBench(), batch);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'error',
      message: 'Events wait for an integration key',
      events: 500,
      message_ids: batch.slice(0, 10).map(({ messageId }) => messageId),
    });
  });

  test('counts the ends of the events, and the calls', async () => {
    const bench = deliveryBench((event) =>
      viewOf(event) === '1' ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );
    const batch = [
      queued({ view: '1' }),
      queued({ view: '2' }),
      queued({ view: '2' }),
      queued({ body: 'x' }),
      queued({ environment: 'keyless' }),
    ];
    const { lines } = await logOf(bench, batch);
    expect(lines.at(-1)).toMatchObject({
      message: 'Batch settled',
      delivered: 1,
      deduplicated: 1,
      deadLettered: 1,
      waiting: 2,
      calls: 2,
      Stage: 'test',
      EventsDelivered: 1,
      EventsDeduplicated: 1,
      EventsDeadLettered: 1,
      PagerDutyUnavailable: 1,
      FailedCallStatus: [503],
      IntegrationKeyMissing: 1,
      DeliveryDelay: [1000],
    });
    expect(lines.at(-1)).not.toHaveProperty('PagerDutyRefused');
  });

  test('logs and counts an internal error', async () => {
    const bench = deliveryBench(() => {
      throw new TypeError('undefined is not a function');
    });
    const { lines } = await logOf(bench, [queued()]);
    const detail = 'The bridge failed: TypeError: undefined is not a function';
    expect(lines.slice(0, 2)).toEqual([
      { level: 'error', message: 'An internal error of the bridge', detail },
      expect.objectContaining({
        level: 'error',
        message: 'Events wait after an internal error',
        reason: `internal_error: ${detail}`,
      }),
    ]);
    expect(lines.at(-1)).toMatchObject({ InternalErrors: 1, OldestPage: 1 });
  });

  test('has the delay of openings and raised severities, and not that of updates', async () => {
    const bench = deliveryBench();
    await logOf(bench, [queued({ at: NOW - 2_000 })]);
    bench.wait(100_000);
    const at = NOW + 90_000;
    const batch = [queued({ at }), queued({ at, view: 'new' })];
    const { lines } = await logOf(bench, batch);
    expect(lines.map((line) => line['call_class']).filter(Boolean)).toEqual(['opener', 'update']);
    expect(lines.at(-1)).toMatchObject({ EventsDelivered: 2, DeliveryDelay: [10_000] });
  });

  test.each([
    { what: 'a missing key', environment: 'keyless', check: OUTCOMES.delivered },
    { what: 'a refused key', environment: 'a', check: OUTCOMES.keyRefused },
  ])('counts the events that wait because of $what, as errors', async ({ environment, check }) => {
    const bench = deliveryBench(() => OUTCOMES.keyRefused, { check: () => check });
    const { lines } = await logOf(bench, [queued({ environment })]);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'Events wait for an integration key',
        events: 1,
      }),
    );
    expect(lines.at(-1)).toMatchObject({ IntegrationKeyMissing: 1 });
  });

  test('says and counts once that an older key is in use, because the new one is malformed', async () => {
    const problem = 'The integration key of service shop is not 32 alphanumeric characters';
    const keys = {
      ...fakeKeys(),
      keyOf: async () => ({ kind: 'key', key: KEYS['shop'] ?? '', problem }) as const,
    };
    const { lines } = await logOf(deliveryBench(undefined, { keys }), [
      queued({ view: '1' }),
      queued({ view: '2' }),
    ]);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'An integration key is malformed; the last good one stays in use',
        problem,
      },
    ]);
    expect(lines.at(-1)).toMatchObject({ EventsDelivered: 2, IntegrationKeyMissing: 1 });
  });

  test('never shows a key', async () => {
    const outcomes = Object.values(OUTCOMES);
    const bench = deliveryBench((_, call) => outcomes[call % outcomes.length] ?? OUTCOMES.refused);
    const batch = Array.from({ length: 60 }, (_, view) =>
      queued({ environment: view % 2 === 0 ? 'a' : 'b', view: String(view) }),
    );
    const log = await logOf(bench, batch);
    expect(bench.sent.length).toBeGreaterThan(0);
    for (const { event } of bench.sent) expect(log.text()).not.toContain(event.routing_key);
  });
});
