/** The commands about a whole stage, against the local bridge. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import type { Bridge } from '../../../local/bridge.ts';
import { drained, until } from '../../../testkit/scenario.ts';
import { type OperatedBridge, startOperatedBridge } from '../support/bridge.ts';
import type { Ran } from '../support/run.ts';

const KEY = `${'k'.repeat(31)}1`;

let operated: OperatedBridge;
let bridge: Bridge;
let run: OperatedBridge['run'];
let json: OperatedBridge['json'];
let refuse: OperatedBridge['refuse'];

beforeAll(async () => {
  operated = await startOperatedBridge();
  ({ bridge, run, json, refuse } = operated);
}, 120_000);

afterEach(async () => {
  await operated.cleanUp();
});

afterAll(async () => {
  await bridge.stop();
});

describe('send', () => {
  test('posts events, and says what was answered', async () => {
    const ran = await run(['send', '--view', '7', '--value', '90', '--count', '3']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^3 of 3 events accepted, answered in [\d,]+ ms \(median\)/);
    await drained(bridge, 20);
    const incident = bridge.standIn
      ?.incidents()
      .find(({ dedupKey }) => dedupKey === 'glasnostic:YegltGN8vgAK8THi:7:requests');
    expect(incident?.summary).toBe('View 7: requests 90 r/s exceeded threshold 30 r/s');
  });

  test('keeps to its rate', async () => {
    const start = performance.now();
    expect(await json('send', '--count', '6', '--rate', '10/s')).toMatchObject({ accepted: 6 });
    expect(performance.now() - start).toBeGreaterThan(490);
  });
});

describe('url', () => {
  test('prints the URL and nothing else', async () => {
    expect(await run(['url'])).toMatchObject({
      code: 0,
      stdout: `${bridge.webhookUrl}\n`,
      stderr: '',
    });
    expect(await json('url')).toEqual({ url: bridge.webhookUrl });
  });
});

describe('keys', () => {
  test('list says which services have one, and set sets one from standard input', async () => {
    const before = await run(['keys', 'list']);
    expect(before.stdout).toMatch(/network +set/);
    expect(await run(['keys', 'set', 'platform'], { input: KEY })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    const set = await run(['keys', 'set', 'platform', '--yes'], { input: `${KEY}\n` });
    expect(set).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/platform: The key is replaced/),
    });
    const keys = await json('keys', 'list');
    expect(keys).toEqual({
      keys: [
        { service: 'network', state: 'set', routed: true, note: null },
        { service: 'platform', state: 'set', routed: true, note: null },
      ],
    });
    for (const { stdout, stderr } of [before, set]) expect(stdout + stderr).not.toContain(KEY);
  });

  test('check asks PagerDuty, and opens and resolves nothing there', async () => {
    const before = bridge.standIn?.incidents();
    const ran = await run(['keys', 'check']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/network +accepted\s+platform +accepted/);
    expect(bridge.standIn?.incidents()).toEqual(before);
  });

  test("check shows which key is refused with PagerDuty's words, and never a key", async () => {
    await run(['keys', 'set', 'platform', '--yes'], { input: KEY });
    bridge.standIn?.setMode({ kind: 'refuse', service: 'platform' });
    const all = await run(['keys', 'check', '--json']);
    expect(all.code).toBe(1);
    expect(JSON.parse(all.stdout)).toEqual({
      keys: [
        { service: 'network', result: 'accepted', detail: '202' },
        { service: 'platform', result: 'refused', detail: expect.stringMatching(/^400 \w/) },
      ],
    });
    const one = await run(['keys', 'check', 'platform']);
    expect(one).toMatchObject({ code: 1, stdout: expect.stringContaining('keys set platform') });
    expect(await run(['keys', 'check', 'network'])).toMatchObject({ code: 0 });
    for (const { stdout, stderr } of [all, one]) expect(stdout + stderr).not.toContain(KEY);
  });

  test('check without an answer says so, and that a service is unknown', async () => {
    bridge.standIn?.setMode({ kind: 'reset' });
    const ran = await run(['keys', 'check', 'network']);
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringMatching(/network +unknown +not/) });
    expect(await run(['keys', 'check', 'netwrok'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the services are: network, platform'),
    });
  });

  test('remove asks, and removes the key of one service', async () => {
    const asked = await run(['keys', 'remove', 'network']);
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await json('keys', 'remove', 'network', '--yes')).toEqual({
      service: 'network',
      result: 'removed',
    });
    const { stdout } = await run(['keys', 'list']);
    expect(stdout).toMatch(/network +missing/);
    expect(stdout).toMatch(/platform +set/);
    expect(await run(['keys', 'remove', 'netwrok', '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are keys of: platform'),
    });
    expect(await run(['keys', 'set', 'network'], { input: KEY })).toMatchObject({ code: 0 });
  });

  test('set takes no key as an argument', async () => {
    const ran = await run(['keys', 'set', 'platform', KEY]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).not.toContain(KEY);
  });

  test('set refuses a REST API key, and a service that no route names', async () => {
    const rest = { input: 'abcdefghij0123456789' };
    expect(await run(['keys', 'set', 'platform'], rest)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('REST API key'),
    });
    expect(await run(['keys', 'set', 'platfrom'], rest)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('network, platform'),
    });
  });
});

describe('status', () => {
  test('answers in its first line, and fits one screen', async () => {
    const { stdout, code } = await run(['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Are pages getting out\? YES: /);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
  });

  test('says no while PagerDuty is down, and yes again after', async () => {
    bridge.standIn?.setMode({ kind: 'down' });
    await run(['send', '--view', 'down', '--count', '2']);
    // The two are of one view, so the older may be deduplicated.
    let no: Ran | undefined;
    await until(
      async () => {
        no = await run(['status', '--exit-code']);
        return no.stdout.startsWith('Are pages getting out? NO');
      },
      { seconds: 30 },
    );
    expect(no?.code).toBe(3);
    expect(no?.stdout).toMatch(
      /NO: PagerDuty answers 503 since \d\d:\d\d UTC; [12] events? waits?, the oldest for \d+ s\. They are kept/,
    );
    expect(no?.stdout).toMatch(/\nEvents +[12] waiting \(.*\); the oldest for \d+ s\n/);
    expect(no?.stdout).toMatch(/\nCalls +.*; \d+ failed calls since\n/);
    expect(await json('status')).toMatchObject({
      verdict: { answer: 'no', findings: [{ topic: 'delivery', answer: 'no' }] },
      calls: { state: 'down', httpStatus: 503 },
      hasAlarmReceiver: null,
    });
    bridge.standIn?.setMode({ kind: 'ok' });
    await drained(bridge, 20);
    expect(await run(['status', '--exit-code'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Are pages getting out\? YES: the last page got out at/),
    });
  });

  test('says what does not get in', async () => {
    for (let n = 0; n < 2; n += 1) await fetch(bridge.webhookUrl, { method: 'POST', body: 'x' });
    await fetch(`${bridge.url}/webhook/a/b`, { method: 'POST' });
    const { stdout } = await run(['status']);
    expect(stdout).toMatch(
      /^Are pages getting out\? NO: nothing gets in since \d\d:\d\d UTC: 2 requests were refused as unreadable/,
    );
    expect(stdout).toMatch(/\nTraffic +.*; requests: 2 unreadable, 1 to an unknown path\n/);
    await run(['send', '--view', '9']);
    await drained(bridge, 20);
    expect((await run(['status', '--exit-code'])).code).toBe(5);
  });

  test('--exit-code answers once', async () => {
    expect(await run(['status', '--watch', '--exit-code'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('leave out --watch'),
    });
  });

  test('counts dead letters by reason, and looks again and again', async () => {
    await refuse(['--count', '2']);
    let looks = 0;
    let stop: (() => void) | undefined;
    const ran = await run(['status', '--watch', '1s', '--json'], {
      onStart: (interrupt) => {
        stop = interrupt;
      },
      onOutput: () => {
        looks += 1;
        if (looks === 2) stop?.();
      },
    });
    expect(ran.code).toBe(0);
    const lines = ran.stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        stage: 'local',
        deadLetters: { count: 2, reasons: { rejected: 2 }, sampled: false },
        alarms: null,
        problems: [],
      });
    }
  });
});
