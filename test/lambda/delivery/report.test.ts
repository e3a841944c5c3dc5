import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import type { QueuedMessage } from '../../../lambda/delivery/intake.ts';
import { reportBatch } from '../../../lambda/delivery/report.ts';
import { settle } from '../../../lambda/delivery/settle.ts';
import {
  type DeliveryBench,
  deliveryBench,
  NOW,
  OUTCOMES,
  queued,
  viewOf,
} from '../../support/delivery-fixtures.ts';
import { recordingLog } from '../../support/recording-log.ts';

/** Delivers a batch to working queues, and resolves to its log. */
async function logOf(
  bench: DeliveryBench,
  messages: readonly QueuedMessage[],
  unwritten: readonly QueuedMessage[] = [],
) {
  const report = await deliverBatch(messages, NOW + 60_000, bench.context);
  const queues = {
    sendToDeadLetterQueue: async () => new Set(unwritten),
    defer: async () => undefined,
  };
  const batch = await settle(report.processed, queues, { retryAfter: 1, until: NOW });
  const log = recordingLog();
  reportBatch(report, batch, log, { stage: 'test', begin: NOW - 1_500, now: NOW });
  return log;
}

describe('the report of a batch', () => {
  test('says of a delivery what one needs to follow an event', async () => {
    const { lines } = await logOf(deliveryBench(), [queued({ id: 'x' }), queued({ id: 'y' })]);
    expect(lines[0]).toEqual({
      level: 'info',
      message: 'PagerDuty accepted an event',
      outcome: 'delivered',
      status: 202,
      pagerduty_service: 'shop',
      severity: 'warning',
      dedup_key: 'glasnostic:a:4:requests',
      environment: 'a',
      view: '4',
      events: 2,
      request_ids: ['request-x', 'request-y'],
      delay_ms: 1000,
    });
  });

  test('says why PagerDuty could not be notified, and why it refused', async () => {
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

  test('names each event that became a dead letter', async () => {
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

  test('names none whose dead letter could not be written: it is still in the queue', async () => {
    const message = queued({ id: 'x' });
    const { lines } = await logOf(
      deliveryBench(() => OUTCOMES.refused),
      [message],
      [message],
    );
    const names = lines.map(({ message: what }) => what);
    expect(names).not.toContain('An event became a dead letter');
  });

  test('has one line for a reason, however many events there are, with a few of their IDs', async () => {
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

  test('counts how every event ended, and the calls', async () => {
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
      IntegrationKeyMissing: 1,
      DeliveryDelay: [1000],
    });
    expect(lines.at(-1)).not.toHaveProperty('PagerDutyRefused');
  });

  test('says a mistake of the bridge as an error', async () => {
    const bench = deliveryBench(() => {
      throw new TypeError('undefined is not a function');
    });
    const { lines } = await logOf(bench, [queued()]);
    expect(lines[0]).toMatchObject({
      level: 'error',
      message: 'Events wait after an internal error',
      reason: 'internal_error: The bridge failed: TypeError: undefined is not a function',
    });
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
