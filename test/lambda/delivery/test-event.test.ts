/** Events of `./bridge send --test`: a trigger, and its resolve right after it. */

import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import { routeTable } from '../../../lambda/shared/routes.ts';
import {
  type BenchOptions,
  deliveryBench,
  type DeliveryBench,
  OUTCOMES,
  otherInstance,
  type Script,
} from '../../support/delivery-bench.ts';
import { candidate, type MessageOptions, NOW, queued } from '../../support/delivery-fixtures.ts';

const TEST_KEY = 'glasnostic-test:a:4:requests';

interface Tested {
  readonly bench: DeliveryBench;
  readonly deliver: (
    options?: MessageOptions,
    deadline?: number,
  ) => Promise<Awaited<ReturnType<typeof deliverBatch>>>;
}

function bridge(script?: Script, options?: BenchOptions): Tested {
  const bench = deliveryBench(script, options);
  return {
    bench,
    deliver: async (message = {}, deadline = NOW + 600_000) => {
      const sent = queued({ isTest: true, at: bench.context.now(), ...message });
      return deliverBatch([sent], deadline, bench.context);
    },
  };
}

const dispositions = ({ processed }: Awaited<ReturnType<typeof deliverBatch>>) =>
  processed.map(({ disposition }) => disposition.kind);

test('a test triggers an incident of its own, marked and `info`, and resolves it', async () => {
  const { bench, deliver } = bridge();
  const report = await deliver({ value: 300 });
  expect(dispositions(report)).toEqual(['delivered']);
  expect(bench.sent.map(({ event }) => event)).toMatchObject([
    {
      dedup_key: TEST_KEY,
      payload: { severity: 'info', summary: expect.stringMatching(/^TEST, no action needed: /) },
    },
  ]);
  expect(bench.resolves.map(({ event }) => event.dedup_key)).toEqual([TEST_KEY]);
  expect(report.tests).toMatchObject([{ outcome: OUTCOMES.delivered }]);
  expect(report.resolves).toEqual([]);
});

test('it leaves the incident of its view alone, in both directions', async () => {
  const { bench, deliver } = bridge();
  await deliver({ isTest: false });
  bench.wait(1_000);
  await deliver();
  bench.wait(1_000);
  // The view is notified, so this is an update that is not due; the test stands for nothing.
  expect(dispositions(await deliver({ isTest: false }))).toEqual(['waiting']);
  expect(bench.sent.map(({ event }) => event.dedup_key)).toEqual([
    'glasnostic:a:4:requests',
    TEST_KEY,
  ]);
  expect(bench.resolves.map(({ event }) => event.dedup_key)).toEqual([TEST_KEY]);
});

test('a route that resolves, or that has own incidents, changes nothing for a test', () => {
  const routes = routeTable([
    {
      environment: 'a',
      service: 'shop',
      resolveAfterMinutes: 10,
      severity: {
        default: 'warning',
        over: [{ ratio: 2, severity: 'critical', ownIncident: true }],
      },
    },
  ]);
  expect(candidate({ isTest: true, value: 90 }, routes)).toMatchObject({
    resolveAfter: undefined,
    dedupKey: TEST_KEY,
    lowerDedupKeys: [],
    severity: 'info',
  });
});

describe('a resolve that fails', () => {
  test.each(['unavailable', 'refused', 'throttled'] as const)(
    'is reported (%s), and the trigger is not repeated',
    async (name) => {
      const { bench, deliver } = bridge(undefined, { resolve: () => OUTCOMES[name] });
      const report = await deliver();
      expect(dispositions(report)).toEqual(['delivered']);
      expect(report.tests).toMatchObject([{ outcome: OUTCOMES[name] }]);
      expect(bench.sent).toHaveLength(1);
    },
  );
});

test('a trigger that fails has no resolve, and is tried again', async () => {
  const { bench, deliver } = bridge((_, call) =>
    call === 0 ? OUTCOMES.unavailable : OUTCOMES.delivered,
  );
  expect(dispositions(await deliver({ id: 'test' }))).toEqual(['waiting']);
  expect(bench.resolves).toEqual([]);
  bench.wait(60_000);
  expect(dispositions(await deliver({ id: 'test', receiveCount: 2, at: NOW }))).toEqual([
    'delivered',
  ]);
  expect(bench.resolves).toHaveLength(1);
});

test('a refused test is a dead letter, and its replay is a test again', async () => {
  const { bench, deliver } = bridge((_, call) =>
    call === 0 ? OUTCOMES.refused : OUTCOMES.delivered,
  );
  expect(dispositions(await deliver())).toEqual(['deadLetter']);
  expect(dispositions(await deliver({ isReplay: true }))).toEqual(['delivered']);
  expect(bench.resolves.map(({ event }) => event.dedup_key)).toEqual([TEST_KEY]);
});

test('after a crash between the two calls, another instance makes both again', async () => {
  const { bench, deliver } = bridge();
  await deliver({ id: 'test' });
  const other = otherInstance(bench);
  const again = queued({ isTest: true, id: 'test', receiveCount: 2 });
  await deliverBatch([again], NOW + 600_000, other.context);
  expect([bench.sent.length, bench.resolves.length]).toEqual([2, 2]);
});

test('it waits if the function has time for one call only', async () => {
  const { bench, deliver } = bridge();
  const { callTimeoutSeconds } = bench.context.settings;
  const lastStart = NOW + callTimeoutSeconds * 1_500;
  const report = await deliver({}, lastStart + 60_000);
  // With a minute more there is time for both.
  expect(dispositions(report)).toEqual(['delivered']);
  const late = bridge();
  expect(dispositions(await late.deliver({}, lastStart))).toEqual(['waiting']);
  expect(late.bench.sent).toEqual([]);
});

test('forged tests of one view are paced as its events are: one trigger per update interval', async () => {
  const { bench, deliver } = bridge();
  for (let second = 0; second < 60; second += 1) {
    await deliver();
    bench.wait(1_000);
  }
  expect(bench.sent.length).toBeLessThanOrEqual(2);
  expect(bench.resolves).toHaveLength(bench.sent.length);
});

test('forged tests of many views keep the rate limit, resolves included', async () => {
  const { bench } = bridge();
  const messages = Array.from({ length: 200 }, (_, view) =>
    queued({ isTest: true, view: `v${view}` }),
  );
  await deliverBatch(messages, NOW + 600_000, bench.context);
  const { callsPerMinute, maxConcurrentBatches } = bench.context.settings;
  const calls = bench.sent.length + bench.resolves.length;
  expect(bench.resolves).toHaveLength(bench.sent.length);
  expect(calls).toBeGreaterThan(10);
  expect(calls).toBeLessThanOrEqual(Math.floor(callsPerMinute / maxConcurrentBatches));
});

test('no final update opens the incident of a test again', async () => {
  const { bench, deliver } = bridge();
  await deliver();
  for (let n = 0; n < 3; n += 1) {
    bench.wait(1_000);
    await deliver();
  }
  bench.wait(57_000);
  const tick = queued({ body: '{"version":1,"tick":true}' });
  await deliverBatch([tick], NOW + 600_000, bench.context);
  expect(bench.sent).toHaveLength(1);
});
