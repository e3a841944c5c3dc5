import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../../lambda/delivery/deliver.ts';
import {
  DEFAULT_DELIVERY_SETTINGS,
  retryCapOf,
} from '../../../../lambda/shared/delivery-settings.ts';
import { OUTCOMES, type Script, viewOf } from '../../../support/delivery-bench.ts';
import { again, causesOf } from '../../../support/delivery-ends.ts';
import { NOW, queued } from '../../../support/delivery-fixtures.ts';
import {
  CLAIM_DURATION,
  incidentOf,
  type ResolvingBench,
  resolvingBench,
  tickMessage,
  UPDATE,
} from '../../../support/resolving-bench.ts';

const CRITICAL = 90;
const HOLD = retryCapOf(DEFAULT_DELIVERY_SETTINGS);

/** A bench with incident 4 due, whose resolve has one of these outcomes. */
async function resolvedWith(name: keyof typeof OUTCOMES) {
  const bench = resolvingBench(undefined, { resolve: () => OUTCOMES[name] });
  await bench.open();
  const report = await bench.tick();
  return { bench, report };
}

describe('the resolve of an incident', () => {
  test.each([
    { outcome: 'delivered', isKept: true, isResolved: true },
    { outcome: 'refused', isKept: false },
    { outcome: 'keyRefused', isKept: true },
    { outcome: 'throttled', isKept: true },
    { outcome: 'unavailable', isKept: true },
    { outcome: 'unanswered', isKept: true },
    { outcome: 'unreachable', isKept: true },
  ] as const)('that is $outcome: the item is kept: $isKept', async ({ outcome, ...expected }) => {
    const { bench, report } = await resolvedWith(outcome);
    const item = bench.incidents.get(incidentOf());
    const { isResolved = false } = { isResolved: undefined, ...expected };
    expect(item !== undefined).toBe(expected.isKept);
    expect(item?.isResolved ?? false).toBe(isResolved);
    expect(report.resolves).toMatchObject([{ outcome: OUTCOMES[outcome] }]);
  });

  test.each(['keyRefused', 'unavailable', 'unanswered'] as const)(
    'that is %s is tried again when the claim has expired, as often as needed',
    async (outcome) => {
      const { bench } = await resolvedWith(outcome);
      bench.wait(CLAIM_DURATION);
      await bench.tick();
      expect(bench.resolves).toHaveLength(1);
      for (let calls = 2; calls < 6; calls += 1) {
        bench.wait(UPDATE);
        await bench.tick();
        expect(bench.resolves).toHaveLength(calls);
      }
    },
  );

  test.each([
    { outcome: 'unavailable', calls: 6 },
    { outcome: 'refused', calls: 6 },
    { outcome: 'throttled', calls: 4 },
    { outcome: 'keyRefused', calls: 4 },
  ] as const)('that is $outcome is followed by others: $calls calls', async (example) => {
    const bench = resolvingBench(undefined, {
      resolve: (_, call) => (call === 0 ? OUTCOMES[example.outcome] : OUTCOMES.delivered),
    });
    for (let view = 0; view < 6; view += 1) await bench.open({ view });
    await bench.tick();
    // Four were under way at the same time.
    expect(bench.resolves).toHaveLength(example.calls);
  });

  test('makes the next event open a new incident, with its own severity', async () => {
    const bench = resolvingBench();
    await bench.deliver(queued({ value: CRITICAL }));
    bench.wait(3_600_000);
    await bench.tick();
    bench.wait(CLAIM_DURATION + 1);
    const { calls } = await bench.deliver(queued({ at: bench.context.now() }));
    expect(calls).toMatchObject([{ callClass: 'opener', severity: 'warning' }]);
    expect(bench.incidents.get(incidentOf())).toMatchObject({ severity: 'warning' });
  });

  test('is not made when the incident was opened under another key: PagerDuty would drop it', async () => {
    const bench = resolvingBench();
    await bench.open({ keyId: '00000000' });
    const { resolves } = await bench.tick();
    expect(bench.resolves).toEqual([]);
    expect(resolves).toMatchObject([{ outcome: 'key_changed' }]);
    expect(bench.incidents.size).toBe(0);
  });

  test('is made when the key of the incident is not known', async () => {
    const bench = resolvingBench();
    await bench.open({ keyId: undefined });
    await bench.tick();
    expect(bench.resolves).toHaveLength(1);
  });

  test.each([
    { what: 'an event came since', change: { due: NOW + 1 } },
    { what: 'another instance has claimed it', change: undefined },
  ])('is not made when $what', async ({ change }) => {
    const bench: ResolvingBench = resolvingBench(undefined, {
      onOperation: async (name) => {
        if (name !== 'claim') return;
        if (change !== undefined) await bench.open(change);
        const item = bench.incidents.get(incidentOf());
        if (change === undefined && item !== undefined) await bench.table.claim(item, NOW);
      },
    });
    await bench.open();
    await bench.tick();
    expect(bench.operations).toEqual(['due', 'claim']);
    expect(bench.resolves).toEqual([]);
  });

  test.each([
    { delay: 5_000, calls: 1 },
    { delay: 5_001, calls: 0 },
  ])('is made $calls times when its claim took $delay ms', async ({ delay, calls }) => {
    const bench = resolvingBench();
    await bench.open();
    const openIncidents = {
      ...bench.table,
      claim: async (...args: Parameters<typeof bench.table.claim>) => {
        const claim = await bench.table.claim(...args);
        bench.wait(delay);
        return claim;
      },
    };
    await deliverBatch([tickMessage(NOW)], NOW + UPDATE, { ...bench.context, openIncidents });
    expect(bench.resolves).toHaveLength(calls);
  });

  test('is not made while an event of it waits on this instance', async () => {
    const bench = resolvingBench((_, call) =>
      call === 0 ? OUTCOMES.unavailable : OUTCOMES.delivered,
    );
    const message = queued();
    expect(await causesOf(bench, [message])).toEqual(['unavailable']);
    // An operator asks for its resolve.
    const item = bench.incidents.get(incidentOf());
    const claim = item === undefined ? undefined : await bench.table.claim(item, NOW);
    await bench.table.forget(claim ?? { incidentKey: '', at: 0 });
    await bench.open();
    await bench.tick();
    expect(bench.operations).toEqual(['postpone', 'due']);
    bench.wait(UPDATE);
    expect(await causesOf(bench, [again(message)])).toEqual(['delivered']);
    expect(bench.resolves).toEqual([]);
  });
});

/** A PagerDuty that fails once for each view of a list. */
function failingFor(...views: readonly string[]): Script {
  const left = [...views];
  return (event) => {
    const position = left.indexOf(viewOf(event) ?? '');
    if (position < 0) return OUTCOMES.delivered;
    left.splice(position, 1);
    return OUTCOMES.unavailable;
  };
}

/** Delivers an event of each view, and then a tick. Resolves to the number of resolves. */
async function resolvesAfter(bench: ResolvingBench, ...views: readonly string[]): Promise<number> {
  await bench.open({ view: 'due' });
  for (const view of views) {
    await bench.deliver(queued({ view, at: bench.context.now() }));
    bench.wait(1_000);
  }
  await bench.tick();
  return bench.resolves.length;
}

describe('the resolves of a key', () => {
  test.each([
    { what: 'no call failed', script: failingFor(), events: ['1', '2'], resolves: 1 },
    { what: 'one incident failed', script: failingFor('1'), events: ['1', '2'], resolves: 1 },
    {
      what: 'one incident failed twice',
      script: failingFor('1', '1'),
      events: ['1', '1'],
      resolves: 1,
    },
    { what: 'two incidents failed', script: failingFor('1', '2'), events: ['1', '2'], resolves: 0 },
    {
      what: 'two incidents failed, and others did not',
      script: failingFor('1', '2'),
      events: ['1', '3', '2', '3'],
      resolves: 0,
    },
    {
      what: 'PagerDuty could not be reached twice',
      script: () => OUTCOMES.unreachable,
      events: ['1', '1'],
      resolves: 0,
    },
  ])('are $resolves when $what', async ({ script, events, resolves }) => {
    expect(await resolvesAfter(resolvingBench(script), ...events)).toBe(resolves);
  });

  test('are held for the longest wait of an event after two incidents failed', async () => {
    const bench = resolvingBench(failingFor('1', '2'));
    await resolvesAfter(bench, '1', '2');
    bench.wait(HOLD - 1_001);
    await bench.tick();
    expect(bench.resolves).toEqual([]);
    bench.wait(1);
    await bench.tick();
    expect(bench.resolves).toHaveLength(1);
  });

  test('are held while the circuit breaker is not closed, and for the longest wait after', async () => {
    const bench = resolvingBench(failingFor('1', '2', '3', '4'), {
      check: (check) => (check === 0 ? OUTCOMES.unavailable : OUTCOMES.delivered),
    });
    await resolvesAfter(bench, '1', '2', '3');
    for (const [minutes, checks] of [
      [1, 1],
      [1, 2],
      [2, 2],
    ] as const) {
      bench.wait(minutes * UPDATE);
      await bench.tick();
      expect(bench.checks).toHaveLength(checks);
      expect(bench.resolves).toEqual([]);
    }
    bench.wait(UPDATE);
    await bench.tick();
    expect(bench.resolves).toHaveLength(1);
  });

  test('wait for the end of a cooldown after a 429, and no longer', async () => {
    const bench = resolvingBench((_, call) => (call < 2 ? OUTCOMES.throttled : OUTCOMES.delivered));
    expect(await resolvesAfter(bench, '1', '2')).toBe(0);
    bench.wait(5_000);
    await bench.tick();
    expect(bench.resolves).toHaveLength(1);
  });

  test('of another key go on', async () => {
    const bench = resolvingBench(failingFor('1', '2', '3'));
    await bench.open({ incidentKey: 'bank x', keyId: undefined });
    expect(await resolvesAfter(bench, '1', '2', '3')).toBe(1);
    expect(bench.resolves[0]?.event.dedup_key).toBe('x');
  });
});
