import { describe, expect, test } from '@jest/globals';

import type { BatchReport } from '../../../lambda/delivery/deliver.ts';
import { reportBatch } from '../../../lambda/delivery/report.ts';
import { OUTCOMES } from '../../support/delivery-bench.ts';
import { KEYS, NO_LEVELS, NOW, queued, ROUTES } from '../../support/delivery-fixtures.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { type ResolvingBench, resolvingBench, UPDATE } from '../../support/resolving-bench.ts';

const DAY = 86_400_000;

/** The log of a batch in which no event was deduplicated, waits or is a dead letter. */
function logOf(report: BatchReport) {
  const log = recordingLog();
  const delivered = report.processed.length;
  const tally = { delivered, deduplicated: 0, deadLettered: 0, waiting: 0 };
  const at = { stage: 'test', routes: ROUTES, levels: NO_LEVELS, begin: NOW - 15, now: NOW };
  reportBatch(report, { keep: [], tally }, log, at);
  return log;
}

async function tickLog(bench: ResolvingBench) {
  return logOf(await bench.tick());
}

const INCIDENT = { pagerduty_service: 'shop', dedup_key: 'glasnostic:a:4:requests' };

describe('the report of a sweep', () => {
  test('has a line for each resolve with its quiet time, and the metrics', async () => {
    const bench = resolvingBench();
    await bench.open({ now: NOW - 100_000 });
    await bench.open({ view: 'later', due: NOW + DAY });
    const { lines } = await tickLog(bench);
    expect(lines[0]).toEqual({
      level: 'info',
      message: 'Incident resolved',
      ...INCIDENT,
      quiet_minutes: 1.7,
      status: 202,
    });
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({
      message: 'Batch settled',
      delivered: 0,
      calls: 0,
      duration_ms: 15,
      Stage: 'test',
      Ticks: 1,
      IncidentsOpen: 2,
      IncidentsResolved: 1,
    });
    for (const name of ['TimersFailed', 'ResolvesOverdue', 'EventsDelivered', 'PagerDutyRefused']) {
      expect(lines[1]).not.toHaveProperty(name);
    }
  });

  test.each([
    {
      outcome: 'unavailable',
      level: 'warn',
      message: 'A resolve failed and will be retried',
      fields: { status: 503, detail: '503 down' },
      metrics: { PagerDutyUnavailable: 1 },
    },
    {
      outcome: 'unreachable',
      level: 'warn',
      message: 'A resolve failed and will be retried',
      fields: { status: undefined, detail: 'ECONNREFUSED' },
      metrics: { PagerDutyUnavailable: 1 },
    },
    {
      outcome: 'refused',
      level: 'error',
      message: 'PagerDuty refused to resolve an incident',
      fields: { status: 400, detail: '400 invalid event' },
      metrics: { PagerDutyRefused: 1 },
    },
  ] as const)(
    'says why a resolve is $outcome',
    async ({ outcome, level, message, fields, metrics }) => {
      const bench = resolvingBench(undefined, { resolve: () => OUTCOMES[outcome] });
      await bench.open({ now: NOW - 31 * 60_000 });
      const { lines } = await tickLog(bench);
      expect(lines[0]).toEqual({ level, message, ...INCIDENT, quiet_minutes: 31, ...fields });
      expect(lines.at(-1)).toMatchObject({ Ticks: 1, IncidentsOpen: 1, ...metrics });
      expect(lines.at(-1)).not.toHaveProperty('IncidentsResolved');
    },
  );

  test('says that an incident is not resolved, because its key has changed', async () => {
    const bench = resolvingBench();
    await bench.open({ keyId: '00000000', now: NOW - 60_000 });
    const { lines } = await tickLog(bench);
    expect(lines[0]).toEqual({
      level: 'warn',
      message: 'Incident not resolved: PagerDuty has it under a former integration key',
      ...INCIDENT,
      quiet_minutes: 1,
    });
    expect(lines.at(-1)).not.toHaveProperty('IncidentsResolved');
  });

  test('says how many incidents are overdue', async () => {
    const bench = resolvingBench();
    for (const name of ['x', 'y']) {
      await bench.open({ incidentKey: `keyless ${name}`, due: NOW - DAY - 1 });
    }
    const { lines } = await tickLog(bench);
    expect(lines[0]).toEqual({
      level: 'error',
      message: 'Incidents are open although they were due long ago',
      incidents: 2,
    });
    expect(lines.at(-1)).toMatchObject({ IncidentsOpen: 2, ResolvesOverdue: 2 });
  });

  test('has no level of incidents without a sweep', async () => {
    const bench = resolvingBench();
    await bench.open();
    const { lines } = logOf(await bench.tick(DAY));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ message: 'Batch settled', Ticks: 1 });
    expect(lines[0]).not.toHaveProperty('IncidentsOpen');
  });
});

describe('the report of a batch whose table fails', () => {
  test('has one line for all operations, and counts them', async () => {
    const bench = resolvingBench();
    bench.failing.add('postpone');
    const batch = ['1', '2', '3'].map((view) => queued({ view }));
    const { lines } = logOf(await bench.deliver(...batch));
    expect(lines.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'The table of open incidents could not be reached; pages go out all the same',
        detail: 'Error: The table cannot be reached.',
        operations: 3,
      },
    ]);
    expect(lines.at(-1)).toMatchObject({ delivered: 3, TimersFailed: 3 });
  });
});

describe('the report of a changed key', () => {
  test('has one line for each incident that PagerDuty keeps open under the former key', async () => {
    const bench = resolvingBench();
    await bench.deliver(queued());
    bench.keys.known.set('shop', 'x'.repeat(32));
    bench.wait(UPDATE);
    const at = bench.context.now();
    const log = logOf(await bench.deliver(queued({ at }), queued({ at, isLimit: true })));
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'PagerDuty keeps an incident open under a former integration key',
        ...INCIDENT,
      },
    ]);
    for (const key of [KEYS['shop'] ?? '', 'x'.repeat(32)]) expect(log.text()).not.toContain(key);
  });
});
