/** The commands about open incidents, against the local bridge. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';

import { startBridgeWithApi } from '../../../local/bridge-api.ts';
import type { Bridge } from '../../../local/bridge.ts';
import type { Incident } from '../../../local/pagerduty/incidents.ts';
import {
  drained,
  type ScenarioStage,
  scenarioStage,
  startScenario,
  until,
} from '../../../testkit/scenario.ts';
import { startQueues } from '../support/queues.ts';
import { run, type Ran, type RunOptions } from '../support/run.ts';
import { childEnvironment } from '../../support/child-environment.ts';

const OPS = fileURLToPath(new URL('../../../bin/ops.ts', import.meta.url));

const NEW_KEY = `${'k'.repeat(31)}9`;

/** Two services that resolve, and a view whose incidents stay open. */
const SCENARIO: ScenarioStage = {
  delivery: { updateIntervalSeconds: 0 },
  routes: [
    { environment: '*', view: 'forever', service: 'platform' },
    { environment: '*', view: 'net', service: 'network', resolveAfterMinutes: 30 },
    { environment: '*', service: 'platform', resolveAfterMinutes: 90 },
  ],
};

const incidentsSchema = v.object({
  incidents: v.array(v.object({ summary: v.string(), resolvesAt: v.nullable(v.string()) })),
});

let bridge: Bridge;

beforeAll(async () => {
  bridge = await startScenario(SCENARIO, { tickSeconds: 1 }, startBridgeWithApi);
}, 120_000);

afterAll(async () => {
  await bridge?.stop();
});

async function ops(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run(args, {
    env: { BRIDGE_STAGE: 'local', BRIDGE_URL: bridge.url },
    stages: [scenarioStage(SCENARIO)],
    ...options,
  });
}

async function json(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await ops([...args, '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Posts an event of each view, and waits until it is delivered. */
async function open(...views: readonly string[]): Promise<void> {
  for (const view of views) await ops(['send', '--view', view]);
  await drained(bridge, 20);
}

function statusOf(view: string): Incident['status'] | undefined {
  const all = bridge.standIn?.incidents() ?? [];
  return all.findLast(({ dedupKey }) => dedupKey.includes(`:${view}:`))?.status;
}

/** In this order: the incidents of one test are those of the next. */
describe('incidents', () => {
  test('list says that there are none', async () => {
    expect(await ops(['incidents', 'list'])).toMatchObject({
      code: 0,
      stdout: 'No open incidents that the bridge resolves.\n',
      stderr: '',
    });
    expect(await json('incidents', 'list')).toEqual({ incidents: [], matched: 0, open: 0 });
    expect(await ops(['incidents', 'resolve', '--yes'])).toMatchObject({
      code: 0,
      stderr: 'No open incidents that the bridge resolves.\n',
    });
  });

  test('list says when each is resolved, and those that stay open are not in it', async () => {
    await open('7', 'net', 'forever');
    const { stdout, stderr, code } = await ops(['incidents', 'list']);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^SERVICE +OPEN +QUIET +RESOLVED +INCIDENT\n/);
    expect(stdout).toMatch(
      /\nnetwork +\d+ s +\d+ s +(?:\w+ \d+ )?\d\d:\d\d, in (?:29|30) min +View net: requests/,
    );
    expect(stdout).toMatch(/\nplatform +\d+ s +\d+ s +.*in 1 h (?:29|30) min +View 7: requests/);
    expect(stdout).toMatch(/\n\n2 open incidents\.\n$/);
    expect(await json('incidents', 'list', '--view', 'net')).toMatchObject({
      incidents: [
        {
          service: 'network',
          dedupKey: 'glasnostic:YegltGN8vgAK8THi:net:requests',
          environment: 'YegltGN8vgAK8THi',
          view: 'net',
          metric: 'requests',
          state: 'waiting',
        },
      ],
      matched: 1,
      open: 2,
    });
  });

  test('the API of the local bridge says it too', async () => {
    const response = await fetch(`${bridge.url}/api/incidents`);
    const { incidents } = v.parse(incidentsSchema, await response.json());
    const times = Object.fromEntries(
      incidents.map(({ summary, resolvesAt }) => [summary.replace(/:.*/, ''), resolvesAt]),
    );
    expect(times).toEqual({
      'View 7': expect.stringMatching(/Z$/),
      'View net': expect.stringMatching(/Z$/),
      'View forever': null,
    });
    const minutes = (Date.parse(String(times['View net'])) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(25);
    expect(minutes).toBeLessThanOrEqual(30);
  });

  test.each([80, 120])('list fits a terminal of %d characters', async (columns) => {
    const { stdout } = await ops(['incidents', 'list'], { columns });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(stdout).not.toContain('…');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('exceeded threshold 30 r/s');
  });

  test('resolve shows its plan, and asks', async () => {
    const filtered = ['incidents', 'resolve', '--service', 'platform', '--text', 'VIEW 7'];
    const dry = await ops([...filtered, '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stdout: '' });
    expect(dry.stderr).toMatch(
      /^1 open incident matches, of 2 open\.\n {2}services +platform\n {2}opened +\d+ s ago\n {2}to do +resolve 1\n$/,
    );
    expect(await ops(filtered)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --yes'),
    });
    expect(await ops(['incidents', 'resolve', '--older-than', '1h', '--yes'])).toMatchObject({
      code: 0,
      stderr: 'No open incident matches, of 2 open.\n',
    });
    expect(await ops(['incidents', 'list', '--older-than', 'yesterday'])).toMatchObject({
      code: 2,
    });
    expect(await json('incidents', 'list')).toMatchObject({
      incidents: [{ state: 'waiting' }, { state: 'waiting' }],
    });
  });

  test('resolve ends what the filter takes, as a user runs it', async () => {
    const child = spawn(
      process.execPath,
      [OPS, 'incidents', 'resolve', '--view', '7', '--yes', '--wait'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: childEnvironment({ BRIDGE_STAGE: 'local', BRIDGE_URL: bridge.url }),
      },
    );
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    const [code] = await once(child, 'exit');
    expect({ code: Number(code), stdout: await stdout }).toEqual({
      code: 0,
      stdout: '1 due now, 0 failed, 1 resolved.\n',
    });
    expect(await stderr).toContain('at its next tick, within a minute or two.');
    expect(['7', 'net', 'forever'].map(statusOf)).toEqual(['resolved', 'triggered', 'triggered']);
    expect(await json('incidents', 'list')).toMatchObject({ matched: 1, open: 1 });
  });

  test('resolve says when, and leaves to the bridge what PagerDuty does not accept', async () => {
    bridge.standIn?.setMode({ kind: 'down' });
    const first = await ops(['incidents', 'resolve', '--yes']);
    expect(first).toMatchObject({ code: 0, stdout: '1 due now, 0 failed.\n' });
    expect(first.stderr).toMatch(/\nThe bridge resolves what is due at its next tick, within/);
    expect(await json('incidents', 'list')).toMatchObject({
      incidents: [{ state: expect.stringMatching(/^(?:due|resolving)$/) }],
    });
    const again = await ops(['incidents', 'resolve', '--yes']);
    expect(again.stderr).toMatch(/to do +resolve 0, 1 due already\n$/);
    bridge.standIn?.setMode({ kind: 'ok' });
    await until(() => statusOf('net') === 'resolved', { seconds: 40 });
  });

  test('a wait that is interrupted says what is still open', async () => {
    await open('8');
    bridge.standIn?.setMode({ kind: 'down' });
    let interrupt: (() => void) | undefined;
    const ran = await ops(['incidents', 'resolve', '--view', '8', '--yes', '--wait'], {
      onStart: (stop) => {
        interrupt = stop;
      },
      onOutput: (output) => {
        if (output.includes('at its next tick')) setImmediate(() => interrupt?.());
      },
    });
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stdout).toMatch(
      /^(?:1 due now, 0 failed, 0 resolved, 1 still open|0 due now.*)\.\n$/,
    );
    bridge.standIn?.setMode({ kind: 'ok' });
  });
});

describe('a key that is replaced', () => {
  test('leaves incidents that only a person can resolve, and the commands name them', async () => {
    await open('9');
    const set = await ops(['keys', 'set', 'platform', '--yes'], { input: NEW_KEY });
    expect(set.stdout).toMatch(
      /\n\d incidents? (?:is|are) open under a former key\. PagerDuty ignores .* incidents list --service platform\n$/,
    );
    const list = await ops(['incidents', 'list', '--view', '9']);
    expect(list.stdout).toMatch(/\nplatform +.* never: former key +View 9/);
    expect(list.stderr).toMatch(/^1 incident was opened with a former integration key\./);
    const resolve = await ops(['incidents', 'resolve', '--view', '9', '--yes']);
    expect(resolve).toMatchObject({ code: 0, stdout: '' });
    expect(resolve.stderr).toContain('resolve 0, leave 1 (former key)');
  });

  test('is set also by a person who may not read the table', async () => {
    const remove = bridge.aws.faults.add({
      action: 'dynamodb:Scan',
      caller: 'operator',
      effect: { kind: 'respond', status: 400, code: 'AccessDeniedException' },
    });
    const set = await ops(['keys', 'set', 'platform', '--yes', '--json'], { input: NEW_KEY });
    remove();
    expect(set.code).toBe(0);
    expect(JSON.parse(set.stdout)).toEqual({
      service: 'platform',
      result: 'unchanged',
      openUnderFormerKey: null,
    });
    expect(set.stderr).toMatch(/were not counted\. You are not allowed to do dynamodb:Scan/);
  });
});

test.each([
  ['incidents', 'list'],
  ['incidents', 'resolve', '--yes'],
])('a stage that resolves nothing says how to switch it on: %s %s', async (...args) => {
  const queues = await startQueues();
  const ran = await run(args, {
    env: { BRIDGE_STAGE: 'local', BRIDGE_URL: queues.bridgeUrl },
  });
  await queues.stop();
  expect(ran).toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      "Error: The stage local resolves no incidents, so it keeps no table of them. Resolve them on PagerDuty's web page. To let the bridge resolve incidents after a quiet time, set resolveAfterMinutes on a route and deploy: docs/resolving.md.\n",
  });
});
