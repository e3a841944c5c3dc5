/** `verify` against the local bridge: the stand-ins behave as docs/assumptions.md says. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';

import type { Bridge } from '../../../local/bridge.ts';
import { until } from '../../../testkit/scenario.ts';
import { type OperatedBridge, startOperatedBridge } from '../support/bridge.ts';

let bridge: Bridge;
let run: OperatedBridge['run'];
let folder: string;

const reportSchema = v.object({
  options: v.array(v.string()),
  assumptions: v.array(
    v.object({ id: v.string(), result: v.string(), checkedBy: v.string(), observed: v.string() }),
  ),
});

beforeAll(async () => {
  ({ bridge, run } = await startOperatedBridge({ tickSeconds: 0.5 }));
  folder = mkdtempSync(join(tmpdir(), 'verify-'));
}, 120_000);

afterEach(() => {
  bridge.standIn?.setMode({ kind: 'ok' });
});

afterAll(async () => {
  await bridge.stop();
  rmSync(folder, { recursive: true });
});

describe('verify', () => {
  const ONE_TICK = { seconds: 20, state: () => bridge.journal.counters() };

  test('finds each assumption that a command can check as believed', async () => {
    await until(() => bridge.series.points().some(({ metrics }) => 'Ticks' in metrics), ONE_TICK);
    const ran = await run(['verify', '--send', '--page', 'platform', '--json']);
    expect(ran.stderr).toBe('');
    const { options, assumptions } = v.parse(reportSchema, JSON.parse(ran.stdout));
    expect(options).toEqual(['--send', '--page']);
    expect(assumptions.filter(({ result }) => result === 'differs' || result === 'failed')).toEqual(
      [],
    );
    expect(ran.code).toBe(0);
    const unchecked = assumptions.filter(
      ({ result, checkedBy }) => result === 'not checked' && checkedBy !== 'hand',
    );
    // The local bridge has neither a topic nor alarms.
    expect(unchecked.map(({ id }) => id)).toEqual(['PD16', 'CW4']);
  });

  test('leaves no incident open, and stores no event', async () => {
    const before = bridge.journal.counters();
    await run(['verify', '--send', '--page', 'platform']);
    const open = bridge.standIn?.incidents().filter(({ status }) => status !== 'resolved');
    expect(open?.filter(({ dedupKey }) => dedupKey.includes('verify'))).toEqual([]);
    const after = bridge.journal.counters();
    expect(after['EventsAccepted']).toEqual(before['EventsAccepted']);
    // The alarms on these go off at the first.
    for (const name of ['EventsIgnoredByType', 'RequestsRefused']) {
      expect(after[name]).toEqual(before[name]);
    }
  });

  test('only reads without an option', async () => {
    const calls = bridge.standIn?.callCounts();
    const ignored = (): number =>
      bridge.journal.lines().filter(({ text }) => text.includes('Event ignored')).length;
    const posted = ignored();
    expect(posted).toBeGreaterThan(0);
    const ran = await run(['verify']);
    expect(ran.stdout).toMatch(/^PD1 +not checked +A resolve/m);
    expect(ran.stdout).toContain('Why: add --send');
    expect(bridge.standIn?.callCounts()).toEqual(calls);
    expect(ignored()).toBe(posted);
  });

  test('exits with 1 when something differs, and the report has no secret', async () => {
    const file = join(folder, 'report.md');
    bridge.standIn?.setMode({ kind: 'refuse' });
    const ran = await run(['verify', '--send', '--output', file]);
    expect(ran.code).toBe(1);
    const report = readFileSync(file, 'utf8');
    expect(report).toMatch(/\| PD1 .* \| 400 .* \| differs \|/);
    const token = bridge.webhookUrl.split('/').at(-1) ?? '';
    for (const text of [report, ran.stdout]) expect(text).not.toContain(token);
  });

  test('a service that no route names is refused', async () => {
    const ran = await run(['verify', '--page', 'plattform']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('network, platform');
  });
});
