import { describe, expect, test } from '@jest/globals';

import { OUTCOMES } from '../../../support/delivery-bench.ts';
import { causesOf, incidents } from '../../../support/delivery-ends.ts';
import { NOW, queued } from '../../../support/delivery-fixtures.ts';
import {
  incidentOf,
  QUIET_TIME,
  resolvingBench,
  type ResolvingOptions,
  UPDATE,
} from '../../../support/resolving-bench.ts';

const PAUSE = 10_000;

/** An instance that notified PagerDuty of view 4 at NOW, while the table could not be reached. */
async function failedBench(options: ResolvingOptions = {}) {
  const bench = resolvingBench(undefined, options);
  bench.failing.add('postpone');
  const report = await bench.deliver(queued());
  bench.failing.clear();
  bench.operations.length = 0;
  return { bench, report };
}

describe('a table that cannot be reached', () => {
  test('delays no page, and is counted', async () => {
    const { bench, report } = await failedBench();
    expect(report.processed.map(({ disposition }) => disposition.kind)).toEqual(['delivered']);
    expect(report.tableErrors).toEqual(['Error: The table cannot be reached.']);
    expect(bench.sent).toHaveLength(1);
  });

  test('is not called for ten seconds, and each event that it misses is counted', async () => {
    const { bench } = await failedBench();
    bench.wait(PAUSE - 1);
    const report = await bench.deliver(...incidents(3, { at: bench.context.now() }));
    expect(report.tableErrors).toEqual(Array(3).fill('The table failed a moment ago.'));
    expect(report.calls).toHaveLength(3);
    expect(bench.operations).toEqual([]);
    bench.wait(1);
    const next = await bench.deliver(queued({ view: 'next', at: bench.context.now() }));
    expect(next.tableErrors).toEqual([]);
    expect(bench.operations[0]).toBe('postpone');
  });

  test('delays no page either when a severity cannot be recorded, and is not called again', async () => {
    const bench = resolvingBench();
    bench.failing.add('recordSeverity');
    const report = await bench.deliver(queued());
    expect(report.processed.map(({ disposition }) => disposition.kind)).toEqual(['delivered']);
    expect(report.tableErrors).toEqual(['Error: The table cannot be reached.']);
    bench.operations.length = 0;
    await bench.deliver(queued({ view: 'other' }));
    expect(bench.operations).toEqual([]);
  });

  test('is not called when the function has no time left for a call', async () => {
    const bench = resolvingBench();
    const deadline = NOW + 1_000;
    expect(await causesOf(bench, [queued()], deadline)).toEqual(['out_of_time']);
    const keyless = queued({ environment: 'keyless' });
    expect(await causesOf(bench, [keyless], deadline)).toEqual(['key_missing']);
    expect(bench.operations).toEqual([]);
  });

  test('that is slow does not use up the time of the function', async () => {
    const bench = resolvingBench(undefined, { onOperation: () => bench.wait(900) });
    const deadline = NOW + 20_000;
    const causes = await causesOf(bench, incidents(100), deadline);
    expect(new Set(causes)).toEqual(new Set(['delivered', 'out_of_time']));
    expect(bench.context.now()).toBeLessThan(deadline);
  });
});

describe('an instance whose table failed', () => {
  test('resolves nothing until a quiet time has passed', async () => {
    const { bench } = await failedBench();
    await bench.open({ view: 'due' });
    bench.wait(QUIET_TIME - 1);
    expect((await bench.tick()).sweep).toBeUndefined();
    expect(bench.resolves).toEqual([]);
    bench.wait(1);
    await bench.tick();
    expect(bench.resolves.map(({ event }) => event.dedup_key)).toEqual([
      'glasnostic:a:due:requests',
    ]);
  });

  test('begins the quiet time anew with each event that the table misses', async () => {
    const { bench } = await failedBench();
    await bench.open({ view: 'due' });
    bench.wait(PAUSE - 1);
    await bench.deliver(queued({ view: 'missed', at: bench.context.now() }));
    bench.wait(QUIET_TIME - 1);
    await bench.tick();
    expect(bench.resolves).toEqual([]);
  });

  test('lets the other instance resolve', async () => {
    const { bench } = await failedBench();
    await bench.open({ view: 'due' });
    await bench.other().tick();
    expect(bench.resolves).toHaveLength(1);
  });
});

describe('a call that the table missed', () => {
  test('is recorded at a tick after the pause, and not sent again, if the incident is open', async () => {
    const { bench } = await failedBench();
    await bench.open({ now: NOW - UPDATE });
    bench.wait(PAUSE - 1);
    await bench.tick();
    expect(bench.operations).toEqual([]);
    bench.wait(1);
    await bench.tick();
    expect(bench.incidents.get(incidentOf())?.due).toBe(NOW + PAUSE + QUIET_TIME + UPDATE);
    bench.operations.length = 0;
    bench.wait(UPDATE);
    await bench.tick();
    expect(bench.operations).toEqual([]);
    expect(bench.sent).toHaveLength(1);
  });

  test('is sent again if the incident is not open: it may have been resolved since', async () => {
    const { bench } = await failedBench();
    bench.wait(PAUSE);
    const { calls, ...report } = await bench.tick();
    expect(calls.map(({ callClass }) => callClass)).toEqual(['opener']);
    expect(report.processed).toEqual([]);
    expect(bench.views()).toEqual(['4', '4']);
    expect(bench.incidents.get(incidentOf())).toMatchObject({ severity: 'warning' });
    bench.wait(UPDATE);
    await bench.tick();
    expect(bench.sent).toHaveLength(2);
  });

  test('needs no recording when a later event of its subject was recorded', async () => {
    const { bench } = await failedBench();
    bench.wait(UPDATE);
    await bench.deliver(queued({ at: bench.context.now() }));
    bench.operations.length = 0;
    bench.wait(UPDATE);
    await bench.tick();
    expect(bench.operations).toEqual([]);
    expect(bench.sent).toHaveLength(2);
  });

  test('stops the recording of others when the table fails again', async () => {
    const { bench } = await failedBench();
    await bench.deliver(queued({ view: 'second' }));
    bench.wait(PAUSE);
    bench.failing.add('postpone');
    await bench.tick();
    expect(bench.operations).toEqual(['postpone']);
    bench.failing.clear();
    bench.wait(PAUSE);
    await bench.tick();
    expect(bench.views()).toEqual(['4', 'second', '4', 'second']);
  });

  test('is kept while its incident is being resolved', async () => {
    const { bench } = await failedBench();
    await bench.open();
    await bench.other().tick();
    bench.wait(PAUSE);
    await bench.tick();
    expect(bench.sent).toHaveLength(1);
    bench.wait(PAUSE);
    await bench.tick();
    expect(bench.views()).toEqual(['4', '4']);
  });

  test.each([
    { what: 'fails', outcome: OUTCOMES.unavailable, sent: 3 },
    { what: 'is refused because of the key', outcome: OUTCOMES.keyRefused, sent: 3 },
    { what: 'is refused', outcome: OUTCOMES.refused, sent: 2 },
  ])('is sent $sent times in all when the second call $what', async ({ outcome, sent }) => {
    const bench = resolvingBench((_, call) => (call === 1 ? outcome : OUTCOMES.delivered));
    bench.failing.add('postpone');
    await bench.deliver(queued());
    bench.failing.clear();
    for (let minute = 0; minute < 4; minute += 1) {
      bench.wait(UPDATE);
      await bench.tick();
    }
    expect(bench.sent).toHaveLength(sent);
  });

  test('waits for the key of its service', async () => {
    const { bench } = await failedBench();
    bench.keys.known.delete('shop');
    bench.wait(PAUSE);
    await bench.tick();
    bench.keys.known.set('shop', bench.keys.secret.get('shop') ?? '');
    expect(bench.operations).toEqual([]);
    await bench.tick();
    expect(bench.sent).toHaveLength(2);
  });

  test('is left for the next tick when the others take more than five seconds', async () => {
    const bench = resolvingBench(() => {
      bench.wait(3_000);
      return OUTCOMES.delivered;
    });
    bench.failing.add('postpone');
    await bench.deliver(...incidents(4));
    bench.failing.clear();
    bench.wait(UPDATE);
    await bench.tick();
    expect(bench.sent).toHaveLength(6);
    await bench.tick();
    expect(bench.sent).toHaveLength(8);
  });
});
