/** The commands about dead letters, against the local bridge. */

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { isJsonObject } from '../../../lambda/shared/json.ts';
import type { Bridge } from '../../../local/bridge.ts';
import { depth, until } from '../../../testkit/scenario.ts';
import { type OperatedBridge, startOperatedBridge } from '../support/bridge.ts';

let operated: OperatedBridge;
let bridge: Bridge;
let folder: string;
let run: OperatedBridge['run'];
let json: OperatedBridge['json'];
let refuse: OperatedBridge['refuse'];

beforeAll(async () => {
  operated = await startOperatedBridge();
  folder = await mkdtemp(join(tmpdir(), 'ops-'));
  ({ bridge, run, json, refuse } = operated);
}, 120_000);

afterEach(async () => {
  await operated.cleanUp();
});

afterAll(async () => {
  await bridge.stop();
  await rm(folder, { recursive: true, force: true });
});

function incidentOf({ standIn }: Bridge, key: string) {
  return standIn?.incidents().find(({ dedupKey }) => dedupKey === key);
}

const file = (name: string): string => join(folder, name);

describe('dlq', () => {
  test('list and show print everything and take nothing away', async () => {
    await refuse(['--view', '7', '--value', '75'], ['--view', 'net']);
    const list = await run(['dlq', 'list']);
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toMatch(/^All: rejected 400: Event object is invalid: .+\n\n/);
    expect(list.stdout).toMatch(/\n[\da-f]{8} {2}View 7 requests, critical, \d+ s ago at/);
    expect(list.stdout).toMatch(/, network\n/);
    expect(list.stdout).toMatch(/\n2 dead letters\.\n$/);
    const each = await run(['dlq', 'list', '--each', '--view', '7']);
    expect(each.stdout).toMatch(
      /View 7: requests 75 r\/s exceeded .+, platform, rejected 400: Event/,
    );

    const { deadLetters } = await json('dlq', 'list', '--service', 'network');
    expect(deadLetters).toHaveLength(1);
    const [first] = Array.isArray(deadLetters) ? deadLetters : [];
    const id = isJsonObject(first) ? String(first['id']) : '';
    const shown = await run(['dlq', 'show', id.slice(0, 8)]);
    expect(shown.stdout).toContain(`ID           ${id}\n`);
    expect(shown.stdout).toContain('/environments/YegltGN8vgAK8THi/views/net/metrics');
    expect(shown.stdout).toContain('"receivedAt"');
    expect(await json('dlq', 'show', id)).toMatchObject({ id, service: 'network' });

    expect(await run(['dlq', 'show', 'ffff-not-there'])).toMatchObject({ code: 1 });
    expect(await depth(bridge, 'deadLetters')).toBe(2);
    const { inFlight } = await bridge.inspect('deadLetters');
    expect(inFlight).toEqual([]);
  });

  test('replay shows its plan, asks, and the dead letters become incidents', async () => {
    await refuse(['--view', '8', '--value', '75', '--count', '3'], ['--view', 'net']);
    const dry = await run(['dlq', 'replay', '--dry-run', '--service', 'platform']);
    expect(dry).toMatchObject({ code: 0, stdout: '' });
    expect(dry.stderr).toMatch(/^3 dead letters match, of 4 in the queue\./);
    expect(dry.stderr).toMatch(/services +platform\n +reasons +rejected\n +age +/);
    expect(dry.stderr).toMatch(
      /incidents +1: each dead letter goes back\. Add --newest-per-incident/,
    );
    expect(dry.stderr).toMatch(/! rejected \(3\): PagerDuty refused these/);

    expect(await run(['dlq', 'replay'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --yes'),
    });
    expect(await depth(bridge, 'deadLetters')).toBe(4);

    const replay = await run([
      'dlq',
      'replay',
      '--service',
      'platform',
      '--newest-per-incident',
      '--yes',
    ]);
    expect(replay).toMatchObject({
      code: 0,
      stdout: '1 put back, 2 older ones deleted, 0 failed.\n',
    });
    await until(
      () =>
        bridge.standIn?.incidents().some(({ summary }) => summary.startsWith('View 8')) === true,
      { seconds: 20 },
    );
    expect(await depth(bridge, 'deadLetters')).toBe(1);
  });

  test('replay of the newest counts the others, also after it was refused and exported', async () => {
    const replay = ['dlq', 'replay', '--newest-per-incident', '--yes'];
    await refuse(
      ['--view', 'f', '--value', '75'],
      ['--view', 'f', '--value', '33', '--count', '2'],
    );
    bridge.standIn?.setMode({ kind: 'refuse' });
    expect((await run(replay)).stdout).toBe('1 put back, 2 older ones deleted, 0 failed.\n');
    await until(async () => (await depth(bridge, 'deadLetters')) === 1, { seconds: 20 });

    const path = file('deduplicated.jsonl');
    await run(['dlq', 'export', '--output', path]);
    await run(['dlq', 'discard', '--export', path, '--yes']);
    await run(['dlq', 'import', path, '--yes']);
    const { deadLetters } = await json('dlq', 'list');
    expect(deadLetters).toMatchObject([{ reason: 'rejected', deduplicated: { count: 2 } }]);
    const [id = ''] = JSON.stringify(deadLetters).match(/[\da-f]{8}-[\da-f-]+/) ?? [];
    const { stdout } = await run(['dlq', 'show', id]);
    expect(stdout).toMatch(/\nStands for +at least 3 events, the first of 20\S+Z \(\d+ s ago\)\n/);

    await refuse(['--view', 'f', '--value', '34']);
    expect((await run(replay)).stdout).toBe('1 put back, 1 older one deleted, 0 failed.\n');
    const key = 'glasnostic:YegltGN8vgAK8THi:f:requests';
    await until(() => incidentOf(bridge, key) !== undefined, { seconds: 20 });
    expect(incidentOf(bridge, key)).toMatchObject({
      severity: 'critical',
      details: { value: 34, deduplicated: { count: 4 } },
    });
  });

  test('replay of a late event says when it happened, and that it is late', async () => {
    const late = new Date(Date.now() - 2 * 3_600_000).toISOString();
    const body = JSON.stringify({
      version: 1,
      receivedAt: late,
      requestId: 'late',
      event: {
        type: 'EVENT',
        time: late,
        environment: { id: 'env' },
        event: {
          time: late,
          domain: 'VIEWS',
          content: { metric: 'latency' },
          view: { id: 'late' },
        },
      },
    });
    const line = {
      version: 1,
      messageId: 'exported-before',
      body,
      messageAttributes: {},
      attributes: { MessageGroupId: 'platform' },
    };
    // With the byte order mark that some editors write.
    await writeFile(file('late.jsonl'), `\uFEFF${JSON.stringify(line)}\n`);
    expect(await run(['dlq', 'import', file('late.jsonl'), '--yes'])).toMatchObject({
      code: 0,
      stdout: '1 imported, 0 there already, 0 failed.\n',
    });
    await run(['dlq', 'replay', '--yes']);
    const key = 'glasnostic:env:late:latency';
    await until(() => incidentOf(bridge, key) !== undefined, { seconds: 20 });
    const text = JSON.stringify(incidentOf(bridge, key));
    expect(text).toContain(late);
    expect(text).toContain('"delayed_by":"2 h');
  });

  test('export and import lose nothing, and import puts nothing there twice', async () => {
    await refuse(['--view', '9', '--count', '2']);
    // What fauxqs does not take, SQS does not either; binary attributes both do.
    const [sample] = (await bridge.inspect('deadLetters')).ready;
    await bridge.aws.queues.call('SendMessage', {
      QueueUrl: bridge.queue('deadLetters').url,
      MessageBody: sample?.body,
      MessageGroupId: 'network',
      MessageAttributes: {
        Raw: { DataType: 'Binary.raw', BinaryValue: Buffer.from([0, 255, 10]).toString('base64') },
      },
    });
    const content = async (): Promise<unknown[]> =>
      (await bridge.inspect('deadLetters')).ready
        .map(({ body, attributes }) => JSON.stringify({ body, attributes }))
        .toSorted();
    const before = await content();

    const path = file('dead-letters.jsonl');
    expect(await json('dlq', 'export', '--output', path)).toEqual({
      file: path,
      exported: 3,
      partial: null,
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await run(['dlq', 'export', '--output', path])).toMatchObject({ code: 2 });
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(3);

    expect(await json('dlq', 'import', path, '--yes')).toEqual({
      plan: { missing: 0, present: 3, partial: null },
      result: null,
    });
    expect(await run(['dlq', 'discard', '--export', path, '--yes'])).toMatchObject({
      code: 0,
      stdout: '3 deleted, 0 failed.\n',
    });
    expect(await depth(bridge, 'deadLetters')).toBe(0);
    expect(await json('dlq', 'import', path, '--yes')).toMatchObject({
      result: { imported: 3, skipped: 0, failed: 0 },
    });
    expect(await content()).toEqual(before);
    const { stdout } = await run(['dlq', 'export', '--output', '-']);
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });

  test('discard needs an export that holds every dead letter, word for word', async () => {
    await refuse(['--view', '9', '--count', '2']);
    expect(await run(['dlq', 'discard', '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('dlq export --output FILE'),
    });
    const path = file('some.jsonl');
    await run(['dlq', 'export', '--output', path, '--limit', '1']);
    expect(await run(['dlq', 'discard', '--export', path, '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not hold 1 of these dead letters word for word'),
    });
    const all = file('all.jsonl');
    await run(['dlq', 'export', '--output', all]);
    const lines = await readFile(all, 'utf8');
    await writeFile(all, lines.replace('"stringValue":"400"', '"stringValue":"500"'));
    expect(await run(['dlq', 'discard', '--export', all, '--yes'])).toMatchObject({ code: 1 });
    expect(await depth(bridge, 'deadLetters')).toBe(2);
  });

  test('a file that is no export is refused with its line', async () => {
    const path = file('other.txt');
    await writeFile(path, '\nsomething else\n');
    expect(await run(['dlq', 'import', path])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Line 2 of ${path} is no exported dead letter`),
    });
    expect(await run(['dlq', 'import', file('missing.jsonl')])).toMatchObject({ code: 2 });
  });

  test('a replay that is interrupted stops cleanly', async () => {
    await refuse(['--count', '6']);
    const ran = await run(['dlq', 'replay', '--yes', '--rate', '2/s'], {
      onStart: (interrupt) => {
        const watch = setInterval(() => {
          void (async () => {
            if ((await depth(bridge, 'deadLetters')) > 4) return;
            clearInterval(watch);
            interrupt();
          })();
        }, 20);
      },
    });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^[1-5] put back, 0 failed, [1-5] remaining\.\n$/);
    expect(ran.stderr).toMatch(
      /Stopped: [1-5] dead letters? (?:was|were) not processed and (?:is|are) still in/,
    );
    expect((await bridge.inspect('deadLetters')).inFlight).toEqual([]);
  });
});
