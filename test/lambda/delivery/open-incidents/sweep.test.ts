import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../../lambda/delivery/deliver.ts';
import type { OpenIncidents } from '../../../../lambda/delivery/open-incidents/open-incidents.ts';
import { DEFAULT_DELIVERY_SETTINGS } from '../../../../lambda/shared/delivery-settings.ts';
import type { OpenIncident } from '../../../../lambda/shared/open-incident.ts';
import { OUTCOMES } from '../../../support/delivery-bench.ts';
import { causesOf, incidents } from '../../../support/delivery-ends.ts';
import { NOW, queued } from '../../../support/delivery-fixtures.ts';
import {
  CLAIM_DURATION,
  incidentOf,
  QUIET_TIME,
  type ResolvingBench,
  resolvingBench,
  tickMessage,
  UPDATE,
} from '../../../support/resolving-bench.ts';

const HOUR = 3_600_000;
const CRITICAL = 90;

function resolvedViews({ resolves }: ResolvingBench): readonly (string | undefined)[] {
  return resolves.map(({ event }) => event.dedup_key.split(':')[2]);
}

/** A bench with so many incidents that are due. */
async function dueBench(count: number, ...options: Parameters<typeof resolvingBench>) {
  const bench = resolvingBench(...options);
  for (let view = 0; view < count; view += 1) await bench.open({ view, due: NOW - view });
  return bench;
}

describe('a sweep', () => {
  test('resolves what is due, the longest due first, with what PagerDuty needs', async () => {
    const bench = resolvingBench();
    await bench.open({ view: 'now', due: NOW });
    await bench.open({ view: 'later', due: NOW + 1 });
    await bench.open({ view: 'longest', due: NOW - HOUR });
    await bench.open({ view: 'long', due: NOW - UPDATE });
    const { sweep, resolves, processed, ticks } = await bench.tick();
    expect(resolvedViews(bench)).toEqual(['longest', 'long', 'now']);
    expect(bench.resolves[0]?.event).toEqual({
      routing_key: bench.keys.known.get('shop'),
      event_action: 'resolve',
      dedup_key: 'glasnostic:a:longest:requests',
    });
    expect({ sweep, processed, ticks }).toEqual({
      sweep: { open: 4, overdue: 0 },
      processed: [],
      ticks: 1,
    });
    expect(resolves.map(({ quietTime }) => quietTime)).toEqual(Array(3).fill(QUIET_TIME + UPDATE));
  });

  test('deletes what was resolved when its claim has expired, and not before', async () => {
    const bench = await dueBench(2);
    await bench.tick();
    bench.wait(CLAIM_DURATION);
    expect((await bench.tick()).sweep).toEqual({ open: 0, overdue: 0 });
    expect(bench.incidents.size).toBe(2);
    bench.wait(1);
    await bench.tick();
    expect(bench.incidents.size).toBe(0);
    expect(bench.resolves).toHaveLength(2);
  });

  test('deletes nothing that an event has touched since', async () => {
    const bench = await dueBench(1);
    await bench.tick();
    bench.wait(CLAIM_DURATION + 1);
    await bench.deliver(queued({ view: '0', at: bench.context.now() }));
    await bench.tick();
    expect(bench.incidents.get(incidentOf('0'))).toMatchObject({ isResolved: false });
  });

  test.each([
    { age: 120_000, resolved: 1 },
    { age: 120_001, resolved: 0 },
  ])('after a tick of $age ms resolves $resolved of 1', async ({ age, resolved }) => {
    const bench = await dueBench(1);
    await bench.tick(age);
    expect(bench.resolves).toHaveLength(resolved);
  });

  test('counts the open incidents when its scans have reached the end', async () => {
    const bench = await dueBench(5);
    const { incidents: found } = await bench.table.due(NOW, undefined);
    const parts: Record<string, Awaited<ReturnType<OpenIncidents['due']>>> = {
      start: { incidents: found.slice(0, 2), read: 40, next: 'b' },
      b: { incidents: found.slice(2, 4), read: 50, next: 'c' },
      c: { incidents: found.slice(4), read: 10 },
    };
    const openIncidents = {
      ...bench.table,
      due: async (_: number, from = 'start') => parts[from] ?? { incidents: [], read: 0 },
    };
    const sweep = async () => {
      const context = { ...bench.context, openIncidents };
      return (await deliverBatch([tickMessage(NOW)], NOW + UPDATE, context)).sweep?.open;
    };
    expect([await sweep(), await sweep(), await sweep()]).toEqual([undefined, undefined, 100]);
    expect(bench.resolves).toHaveLength(5);
    expect([await sweep(), await sweep(), await sweep()]).toEqual([undefined, undefined, 100]);
  });

  test('counts what is open although it was due long ago, and not what it has just resolved', async () => {
    const longAgo = NOW - DEFAULT_DELIVERY_SETTINGS.giveUpAfterSeconds * 1000 - 1;
    const bench = resolvingBench();
    await bench.open({ view: 'resolved', due: longAgo });
    await bench.open({ incidentKey: 'keyless x', due: longAgo });
    await bench.open({ incidentKey: 'keyless y', due: longAgo + 1 });
    expect((await bench.tick()).sweep).toEqual({ open: 3, overdue: 1 });
    expect(bench.incidents.has('keyless x')).toBe(true);
    expect(resolvedViews(bench)).toEqual(['resolved']);
  });

  test('does nothing when the function has no time left', async () => {
    const bench = await dueBench(1);
    await deliverBatch([tickMessage(NOW)], NOW + 13_000, bench.context);
    expect(bench.operations).toEqual([]);
    await deliverBatch([tickMessage(NOW)], NOW + 14_000, bench.context);
    expect(bench.resolves).toHaveLength(1);
  });

  test('begins nothing after five seconds, however slow the table is', async () => {
    const bench = await dueBench(40);
    await bench.tick();
    bench.wait(CLAIM_DURATION + 1);
    const slow = {
      ...bench.table,
      forget: async (...args: Parameters<OpenIncidents['forget']>) => {
        bench.wait(500);
        await bench.table.forget(...args);
      },
    };
    const began = bench.context.now();
    const context = { ...bench.context, openIncidents: slow };
    await deliverBatch([tickMessage(began)], began + UPDATE, context);
    expect(bench.context.now() - began).toBeLessThanOrEqual(5_000 + 500);
    expect(bench.incidents.size).toBeGreaterThan(0);
    expect(bench.incidents.size).toBeLessThan(40);
  });
});

describe('a sweep of many incidents', () => {
  test('leaves room for pages when 500 are due at once', async () => {
    const bench = await dueBench(500);
    await bench.tick();
    expect(bench.resolves).toHaveLength(45);
    bench.wait(3_000);
    expect(await causesOf(bench, [queued({ view: 'warning' })])).toEqual(['delivered']);
    const pages = incidents(14, { value: CRITICAL });
    expect(new Set(await causesOf(bench, pages))).toEqual(new Set(['delivered']));
    await bench.tick();
    expect(bench.resolves).toHaveLength(45);
  });

  test('takes a quarter of the calls after an event, and three quarters a minute later', async () => {
    const bench = await dueBench(500);
    await bench.deliver(queued({ view: 'page' }));
    await bench.tick();
    expect(bench.resolves).toHaveLength(15);
    bench.wait(61_000);
    await bench.tick();
    expect(bench.resolves).toHaveLength(15 + 45);
  });

  test('takes a quarter of the calls while an event waits', async () => {
    const bench = await dueBench(500, (_, call) =>
      call === 0 ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );
    await bench.deliver(queued({ view: 'waits', sentAt: NOW - 12 * 100_000 }));
    bench.wait(61_000);
    await bench.tick();
    expect(bench.resolves).toHaveLength(15);
  });

  test.each([
    { callsPerMinute: 4, most: 1 },
    { callsPerMinute: 2, most: 1 },
  ])('makes $most calls of $callsPerMinute per minute', async ({ callsPerMinute, most }) => {
    const settings = { ...DEFAULT_DELIVERY_SETTINGS, callsPerMinute };
    const bench = await dueBench(20, undefined, { settings });
    await bench.tick();
    expect(bench.resolves).toHaveLength(most);
  });

  test('makes at most four calls at the same time', async () => {
    let underWay = 0;
    let most = 0;
    const bench = await dueBench(20, undefined, {
      resolve: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        underWay -= 1;
        return OUTCOMES.delivered;
      },
    });
    await bench.tick();
    expect(most).toBe(4);
    expect(bench.resolves).toHaveLength(20);
  });

  test('ends after all of its calls, also when the table fails meanwhile', async () => {
    let underWay = 0;
    const bench: ResolvingBench = await dueBench(20, undefined, {
      resolve: async () => {
        underWay += 1;
        bench.failing.add('claim');
        await new Promise((resolve) => {
          setTimeout(resolve, 5);
        });
        underWay -= 1;
        return OUTCOMES.delivered;
      },
    });
    const { resolves, tableErrors, sweep } = await bench.tick();
    expect(underWay).toBe(0);
    expect(resolves.length).toBeGreaterThan(0);
    expect(resolves).toHaveLength(bench.resolves.length);
    expect(tableErrors.length).toBeGreaterThan(0);
    expect(sweep?.open).toBe(20);
  });
});

/** An incident after an operation failed in a sweep, and a later sweep resolved it. */
async function resolvedIn(failing: keyof OpenIncidents): Promise<OpenIncident | undefined> {
  const bench = await dueBench(1);
  bench.failing.add(failing);
  const { tableErrors, internalErrors } = await bench.tick();
  expect({ tableErrors, internalErrors }).toEqual({
    tableErrors: ['Error: The table cannot be reached.'],
    internalErrors: [],
  });
  bench.failing.clear();
  bench.wait(CLAIM_DURATION + 1);
  const calls = bench.resolves.length;
  await bench.tick();
  expect(bench.resolves.length - calls).toBe(1);
  return bench.incidents.get(incidentOf('0'));
}

describe('a table that fails in a sweep', () => {
  test.each(['due', 'claim', 'markResolved'] as const)(
    'at %s lets a later sweep resolve the incident',
    async (operation) => {
      expect(await resolvedIn(operation)).toMatchObject({ isResolved: true });
    },
  );

  test('at forget lets a later sweep delete the incident', async () => {
    const bench = await dueBench(1);
    await bench.tick();
    bench.wait(CLAIM_DURATION + 1);
    bench.failing.add('forget');
    await bench.open({ view: 'other' });
    await bench.tick();
    expect(resolvedViews(bench)).toEqual(['0', 'other']);
    bench.failing.clear();
    await bench.tick();
    expect([...bench.incidents.keys()]).toEqual([incidentOf('other')]);
  });
});
