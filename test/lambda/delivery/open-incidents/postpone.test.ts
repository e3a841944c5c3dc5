import { describe, expect, test } from '@jest/globals';

import type { Claim } from '../../../../lambda/delivery/open-incidents/open-incidents.ts';
import { keyIdOf } from '../../../../lambda/shared/key-id.ts';
import { OUTCOMES } from '../../../support/delivery-bench.ts';
import { again, causesOf, endsOf } from '../../../support/delivery-ends.ts';
import { KEYS, NOW, queued } from '../../../support/delivery-fixtures.ts';
import {
  CLAIM_DURATION,
  incidentOf,
  QUIET_TIME,
  type ResolvingBench,
  resolvingBench,
  UPDATE,
} from '../../../support/resolving-bench.ts';

const CRITICAL = 90;
const MINUTE = 60_000;

describe('an event of a route that resolves', () => {
  test('is recorded before PagerDuty is called', async () => {
    const bench = resolvingBench(() => {
      expect(bench.operations).toEqual(['postpone']);
      return OUTCOMES.delivered;
    });
    expect(await causesOf(bench, [queued()])).toEqual(['delivered']);
    expect(bench.incidents.get(incidentOf())).toEqual({
      incidentKey: incidentOf(),
      due: NOW + QUIET_TIME + UPDATE,
      opened: NOW,
      lastEvent: NOW,
      summary: bench.sent[0]?.event.payload.summary,
      keyId: keyIdOf(KEYS['shop'] ?? ''),
      severity: 'warning',
      severityAt: NOW,
      isResolved: false,
    });
  });

  test.each([
    { what: 'its route never resolves', environment: 'b', options: {} },
    { what: 'the stage has no table', environment: 'a', options: { openIncidents: undefined } },
  ])('is not recorded when $what', async ({ environment, options }) => {
    const bench = resolvingBench(undefined, options);
    expect(await causesOf(bench, [queued({ environment })])).toEqual(['delivered']);
    expect(bench.operations).toEqual([]);
  });

  test.each([
    { what: 'PagerDuty fails', script: () => OUTCOMES.unavailable, ends: ['unavailable'] },
    { what: 'PagerDuty refuses it', script: () => OUTCOMES.refused, ends: ['deadLetter'] },
  ])('is recorded although $what', async ({ script, ends }) => {
    const bench = resolvingBench(script);
    expect(await causesOf(bench, [queued()])).toEqual(ends);
    expect(bench.operations).toEqual(['postpone']);
  });

  test('is recorded while it waits for an integration key, and with the key later', async () => {
    const bench = resolvingBench();
    const message = queued({ environment: 'keyless' });
    const incident = incidentOf(4, 'keyless', 'keyless');
    expect(await causesOf(bench, [message])).toEqual(['key_missing']);
    expect(bench.incidents.get(incident)).toMatchObject({ opened: NOW, keyId: undefined });
    const key = 'k'.repeat(32);
    bench.keys.known.set('keyless', key);
    bench.wait(2 * MINUTE);
    expect(await causesOf(bench, [again(message)])).toEqual(['delivered']);
    expect(bench.incidents.get(incident)).toMatchObject({ opened: NOW, keyId: keyIdOf(key) });
  });

  test('is recorded each time while the circuit breaker is open', async () => {
    const bench = resolvingBench(() => OUTCOMES.unreachable);
    for (const view of ['1', '2', '3']) await causesOf(bench, [queued({ view })]);
    bench.wait(1_000);
    expect(await causesOf(bench, [queued({ view: '4' })])).toEqual(['circuit_open']);
    expect(bench.incidents.get(incidentOf('4'))?.due).toBe(NOW + 1_000 + QUIET_TIME + UPDATE);
  });

  test('is recorded once per update interval while it waits for an update', async () => {
    const bench = resolvingBench();
    await bench.deliver(queued());
    bench.operations.length = 0;
    for (const at of [5_000, 25_000, 45_000]) {
      bench.wait(NOW + at - bench.context.now());
      expect(await causesOf(bench, [queued({ at: NOW + at })])).toEqual(['update_due']);
    }
    expect(bench.operations).toEqual([]);
    bench.wait(NOW + UPDATE - bench.context.now());
    expect(await causesOf(bench, [queued({ at: NOW + UPDATE })])).toEqual(['delivered']);
    expect(bench.operations).toEqual(['postpone']);
    // The incident is never due less than a quiet time after an event.
    expect(bench.incidents.get(incidentOf())?.due).toBe(NOW + 2 * UPDATE + QUIET_TIME);
  });

  test('that is deduplicated into an earlier call is not recorded: the call was', async () => {
    const bench = resolvingBench();
    await bench.deliver(queued());
    bench.operations.length = 0;
    expect(await causesOf(bench, [queued({ at: NOW - 1_000 })])).toEqual(['deduplicated']);
    expect(bench.operations).toEqual([]);
  });

  test('waits half a claim while its incident is being resolved, and then opens a new one', async () => {
    const bench = resolvingBench();
    await bench.deliver(queued());
    bench.wait(QUIET_TIME + UPDATE);
    const { tick } = bench.other();
    await tick();
    const message = queued({ at: bench.context.now() });
    const wait = CLAIM_DURATION / 2;
    expect(await endsOf(bench, [message])).toEqual([{ cause: 'incident_resolving', wait }]);
    bench.wait(CLAIM_DURATION / 2);
    expect(await causesOf(bench, [again(message)])).toEqual(['incident_resolving']);
    bench.wait(CLAIM_DURATION / 2 + 1);
    const { calls } = await bench.deliver(again(message, 2));
    expect(calls.map(({ callClass }) => callClass)).toEqual(['opener']);
  });
});

type Change = (bench: ResolvingBench) => Promise<void>;

/** Notifies PagerDuty and changes the table five minutes later. Resolves to the next call. */
async function nextCall(change: Change): Promise<readonly string[]> {
  const bench = resolvingBench();
  await bench.deliver(queued({ value: CRITICAL }));
  bench.wait(5 * MINUTE);
  await change(bench);
  bench.wait(5 * MINUTE);
  const { calls } = await bench.deliver(queued({ at: bench.context.now() }));
  return calls.map(({ callClass, severity }) => `${callClass} ${severity}`);
}

/** Claims the incident of view 4 as the other instance. */
async function claim({ table, incidents, context }: ResolvingBench): Promise<Claim> {
  const open = incidents.get(incidentOf());
  const made = open === undefined ? undefined : await table.claim(open, context.now());
  if (made === undefined) throw new Error('Not claimed.');
  return made;
}

describe('what PagerDuty was notified of', () => {
  test('still counts while the incident is open', async () => {
    expect(await nextCall(async () => undefined)).toEqual(['update critical']);
  });

  test.each<{ what: string; change: Change }>([
    {
      what: 'has resolved it',
      change: async (bench) => bench.table.markResolved(await claim(bench), bench.context.now()),
    },
    {
      what: 'may have resolved it: its claim has expired',
      change: async (bench) => void (await claim(bench)),
    },
    {
      what: 'has resolved and forgotten it',
      change: async (bench) => bench.table.forget(await claim(bench)),
    },
    {
      what: 'has resolved and opened it again',
      change: async (bench) => {
        await bench.table.forget(await claim(bench));
        await bench.open({ due: NOW + 99 * MINUTE, now: bench.context.now() });
      },
    },
  ])('is forgotten with its severity when the other instance $what', async ({ change }) => {
    expect(await nextCall(change)).toEqual(['opener warning']);
  });
});

describe('the severity of an incident', () => {
  test('is not lowered by an instance that did not have the higher event', async () => {
    const bench = resolvingBench();
    await bench.deliver(queued({ value: CRITICAL }));
    const other = bench.other();
    bench.wait(UPDATE);
    await other.deliver(queued({ at: bench.context.now() }));
    bench.wait(28 * UPDATE);
    await other.deliver(queued({ at: bench.context.now() }));
    // The last event of this severity was 31 update intervals ago.
    bench.wait(2 * UPDATE);
    await other.deliver(queued({ at: bench.context.now() }));
    expect(bench.sent.map(({ event }) => event.payload.severity)).toEqual([
      'critical',
      'critical',
      'critical',
      'warning',
    ]);
  });

  test('is recorded of an incident that the other instance opened again', async () => {
    const bench = resolvingBench();
    await bench.deliver(queued({ value: CRITICAL }));
    bench.wait(5 * MINUTE);
    await bench.table.forget(await claim(bench));
    await bench.open({ due: NOW + QUIET_TIME, now: bench.context.now() });
    bench.wait(MINUTE);
    await bench.deliver(queued({ at: bench.context.now() }));
    expect(bench.incidents.get(incidentOf())).toMatchObject({ severity: 'warning' });
  });

  test('is recorded after an accepted call: when it rises, and each ten update intervals', async () => {
    const bench = resolvingBench();
    const recorded: number[] = [];
    for (let update = 0; update < 24; update += 1) {
      const value = update === 3 ? CRITICAL : 42;
      await bench.deliver(queued({ value, at: bench.context.now() }));
      if (bench.operations.includes('recordSeverity')) recorded.push(update);
      bench.operations.length = 0;
      bench.wait(UPDATE);
    }
    expect(bench.sent).toHaveLength(24);
    // The warnings after the critical event are lower.
    expect(recorded).toEqual([0, 3]);
    expect(bench.incidents.get(incidentOf())).toMatchObject({ severity: 'critical' });
    const steady = resolvingBench();
    for (let update = 0; update < 24; update += 1) {
      await steady.deliver(queued({ at: steady.context.now() }));
      steady.wait(UPDATE);
    }
    expect(steady.operations.filter((name) => name === 'recordSeverity')).toHaveLength(3);
  });

  test('is not recorded of a call that PagerDuty did not accept', async () => {
    const bench = resolvingBench(() => OUTCOMES.unavailable);
    await bench.deliver(queued());
    expect(bench.operations).toEqual(['postpone']);
  });
});

describe('a changed integration key', () => {
  test('is reported once per event: PagerDuty keeps the incident open under the former one', async () => {
    const bench = resolvingBench();
    await bench.deliver(queued());
    bench.keys.known.set('shop', 'x'.repeat(32));
    bench.wait(UPDATE);
    const report = await bench.deliver(queued({ at: bench.context.now() }));
    expect(report.openUnderFormerKey).toEqual([incidentOf()]);
    expect(report.calls.map(({ callClass }) => callClass)).toEqual(['opener']);
    bench.wait(UPDATE);
    const next = await bench.deliver(queued({ at: bench.context.now() }));
    expect(next.openUnderFormerKey).toEqual([]);
  });

  test('is not reported of an incident that PagerDuty never had under the former one', async () => {
    const fresh = 'x'.repeat(32);
    const bench = resolvingBench((event) =>
      event.routing_key === fresh ? OUTCOMES.delivered : OUTCOMES.keyRefused,
    );
    bench.keys.secret.set('shop', fresh);
    const report = await bench.deliver(queued());
    expect(report.calls.map(({ outcome }) => outcome.kind)).toEqual(['rejected', 'delivered']);
    expect(report.openUnderFormerKey).toEqual([]);
  });
});
