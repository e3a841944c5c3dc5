/** Every command against the local bridge, with dead letters that its delivery function wrote. */

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import type { Bridge } from '../../local/bridge.ts';
import { depth, drained, scenarioStage, startScenario, until } from '../support/e2e.ts';
import { type Ran, run as runCommand, type RunOptions } from './support/run.ts';

const KEY = 'k'.repeat(31) + '1';

/** Two services, so that a filter has something to choose. */
const SCENARIO = {
  delivery: { updateIntervalSeconds: 0 },
  routes: [
    { environment: '*', view: 'net', service: 'network' },
    { environment: '*', service: 'platform' },
  ],
};

let bridge: Bridge;
let folder: string;

beforeAll(async () => {
  bridge = await startScenario(SCENARIO);
  folder = await mkdtemp(join(tmpdir(), 'ops-'));
}, 60_000);

afterAll(async () => {
  await bridge.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  bridge.standIn?.setMode({ kind: 'ok' });
});

afterEach(async () => {
  await drained(bridge, 20);
  await drainLetters();
});

async function drainLetters(): Promise<void> {
  if ((await depth(bridge, 'deadLetters')) === 0) return;
  bridge.standIn?.setMode({ kind: 'ok' });
  await run('dlq', 'replay', '--yes');
  await drained(bridge, 20);
}

const LOCAL = (): RunOptions => ({
  env: { BRIDGE_STAGE: 'local', BRIDGE_URL: bridge.url },
  stages: [scenarioStage(SCENARIO)],
});

async function run(...args: readonly string[]): Promise<Ran> {
  return runCommand(args, LOCAL());
}

async function json(...args: readonly string[]): Promise<JsonObject> {
  const { stdout, code, stderr } = await run(...args, '--json');
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${stderr}`);
  const value: unknown = JSON.parse(stdout);
  if (!isJsonObject(value)) throw new Error(stdout);
  return value;
}

/** Field names of a JSON document: `letters[].event.kind` and so on. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, `${path}[]`));
  if (!isJsonObject(value)) return [path];
  return Object.entries(value).flatMap(([name, item]) =>
    fieldsOf(item, path === '' ? name : `${path}.${name}`),
  );
}

/** Makes dead letters as they are made: PagerDuty refuses events. */
async function refuse(...sends: readonly (readonly string[])[]): Promise<void> {
  const before = await depth(bridge, 'deadLetters');
  bridge.standIn?.setMode({ kind: 'refuse' });
  let events = 0;
  for (const args of sends) {
    const { posted } = await json('send', ...args);
    events += Number(posted);
  }
  await until(async () => (await depth(bridge, 'deadLetters')) === before + events, {
    seconds: 20,
    state: () => bridge.journal.counters(),
  });
  bridge.standIn?.setMode({ kind: 'ok' });
}

const file = (name: string): string => join(folder, name);

describe('send', () => {
  test('posts events, and says what was answered', async () => {
    const ran = await run('send', '--view', '7', '--value', '90', '--count', '3');
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
    expect(await run('url')).toMatchObject({
      code: 0,
      stdout: `${bridge.webhookUrl}\n`,
      stderr: '',
    });
    expect(await json('url')).toEqual({ url: bridge.webhookUrl });
  });
});

describe('keys', () => {
  test('list says which services have one, and set sets one from standard input', async () => {
    const before = await run('keys', 'list');
    expect(before.stdout).toMatch(/network +set/);
    const set = await runCommand(['keys', 'set', 'platform'], { ...LOCAL(), input: `${KEY}\n` });
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

  test('set takes no key as an argument', async () => {
    const ran = await run('keys', 'set', 'platform', KEY);
    expect(ran.code).toBe(2);
    expect(ran.stderr).not.toContain(KEY);
  });

  test('set refuses a REST API key, and a service that no route names', async () => {
    const rest = { ...LOCAL(), input: 'abcdefghij0123456789' };
    expect(await runCommand(['keys', 'set', 'platform'], rest)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('REST API key'),
    });
    expect(await runCommand(['keys', 'set', 'platfrom'], rest)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('network, platform'),
    });
  });
});

describe('dlq', () => {
  test('list and show tell everything and take nothing', async () => {
    await refuse(['--view', '7', '--value', '75'], ['--view', 'net']);
    const list = await run('dlq', 'list');
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toMatch(/rejected +400 +platform +View 7: requests 75 r\/s exceeded/);
    expect(list.stdout).toMatch(/\n2 dead letters\.\n$/);

    const { letters } = await json('dlq', 'list', '--service', 'network');
    expect(letters).toHaveLength(1);
    const [letter] = Array.isArray(letters) ? letters : [];
    const id = isJsonObject(letter) ? String(letter['id']) : '';
    const shown = await run('dlq', 'show', id.slice(0, 8));
    expect(shown.stdout).toContain(`ID           ${id}\n`);
    expect(shown.stdout).toContain('/environments/YegltGN8vgAK8THi/views/net/metrics');
    expect(shown.stdout).toContain('"receivedAt"');
    expect(await json('dlq', 'show', id)).toMatchObject({ id, service: 'network' });

    expect(await run('dlq', 'show', 'ffff-not-there')).toMatchObject({ code: 1 });
    expect(await depth(bridge, 'deadLetters')).toBe(2);
    const { inFlight } = await bridge.inspect('deadLetters');
    expect(inFlight).toEqual([]);
  });

  test('list is cut to the width of the terminal', async () => {
    await refuse(['--view', '7']);
    const { stdout } = await runCommand(['dlq', 'list'], { ...LOCAL(), columns: 90 });
    const [head = '', row = ''] = stdout.split('\n');
    expect(head).toMatch(/^.*ID +AGE +REASON +HTTP +SERVICE +EVENT +DETAIL/);
    expect(row.length).toBeLessThanOrEqual(90);
    expect(row).toContain('…');
  });

  test('replay shows its plan, asks, and makes incidents of the letters', async () => {
    await refuse(['--view', '8', '--value', '75', '--count', '3'], ['--view', 'net']);
    const dry = await run('dlq', 'replay', '--dry-run', '--service', 'platform');
    expect(dry).toMatchObject({ code: 0, stdout: '' });
    expect(dry.stderr).toMatch(/^3 dead letters match, of 4 in the queue\./);
    expect(dry.stderr).toMatch(/services +platform 3\n +reasons +rejected 3\n +dead for +/);
    expect(dry.stderr).toMatch(/incidents +1: --newest-per-incident would fold 2 older ones/);
    expect(dry.stderr).toMatch(/! rejected \(3\): PagerDuty refused these/);

    expect(await run('dlq', 'replay')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --yes'),
    });
    expect(await depth(bridge, 'deadLetters')).toBe(4);

    const replay = await run(
      ...['dlq', 'replay', '--service', 'platform', '--newest-per-incident', '--yes'],
    );
    expect(replay).toMatchObject({ code: 0, stdout: '1 put back, 2 folded, 0 failed.\n' });
    await until(
      () =>
        bridge.standIn?.incidents().some(({ summary }) => summary.startsWith('View 8')) === true,
      { seconds: 20 },
    );
    expect(await depth(bridge, 'deadLetters')).toBe(1);
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
    await writeFile(file('late.jsonl'), `${JSON.stringify(line)}\n`);
    expect(await run('dlq', 'import', file('late.jsonl'), '--yes')).toMatchObject({
      code: 0,
      stdout: '1 imported, 0 there already, 0 failed.\n',
    });
    await run('dlq', 'replay', '--yes');
    const find = () =>
      bridge.standIn
        ?.incidents()
        .find(({ dedupKey }) => dedupKey === 'glasnostic:env:late:latency');
    await until(() => find() !== undefined, { seconds: 20 });
    const text = JSON.stringify(find());
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

    const path = file('letters.jsonl');
    expect(await json('dlq', 'export', '--output', path)).toEqual({
      file: path,
      exported: 3,
      partial: null,
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await run('dlq', 'export', '--output', path)).toMatchObject({ code: 2 });
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(3);

    expect(await json('dlq', 'import', path, '--yes')).toEqual({
      plan: { missing: 0, present: 3, partial: null },
      result: null,
    });
    expect(await run('dlq', 'discard', '--export', path, '--yes')).toMatchObject({
      code: 0,
      stdout: '3 deleted, 0 failed.\n',
    });
    expect(await depth(bridge, 'deadLetters')).toBe(0);
    expect(await json('dlq', 'import', path, '--yes')).toMatchObject({
      result: { imported: 3, skipped: 0, failed: 0 },
    });
    expect(await content()).toEqual(before);
    const { stdout } = await run('dlq', 'export', '--output', '-');
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });

  test('discard needs an export that holds every letter, word for word', async () => {
    await refuse(['--view', '9', '--count', '2']);
    expect(await run('dlq', 'discard', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('dlq export --output FILE'),
    });
    const path = file('some.jsonl');
    await run('dlq', 'export', '--output', path, '--limit', '1');
    expect(await run('dlq', 'discard', '--export', path, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not hold 1 of these letters word for word'),
    });
    const all = file('all.jsonl');
    await run('dlq', 'export', '--output', all);
    const lines = await readFile(all, 'utf8');
    await writeFile(all, lines.replace('"stringValue":"400"', '"stringValue":"500"'));
    expect(await run('dlq', 'discard', '--export', all, '--yes')).toMatchObject({ code: 1 });
    expect(await depth(bridge, 'deadLetters')).toBe(2);
  });

  test('a file that is no export is refused with its line', async () => {
    const path = file('other.txt');
    await writeFile(path, '\nsomething else\n');
    expect(await run('dlq', 'import', path)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Line 2 of ${path} is no exported dead letter`),
    });
    expect(await run('dlq', 'import', file('missing.jsonl'))).toMatchObject({ code: 2 });
  });

  test('a replay that is interrupted stops in good order', async () => {
    await refuse(['--count', '6']);
    const ran = await runCommand(['dlq', 'replay', '--yes', '--rate', '2/s'], {
      ...LOCAL(),
      onStart: (interrupt) => {
        const watch = setInterval(() => {
          void depth(bridge, 'deadLetters').then((left) => {
            if (left > 4) return;
            clearInterval(watch);
            interrupt();
          });
        }, 20);
      },
    });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^[1-5] put back, 0 failed, [1-5] left\.\n$/);
    expect(ran.stderr).toMatch(/Stopped: [1-5] letters? not come to; they are where they were/);
    expect((await bridge.inspect('deadLetters')).inFlight).toEqual([]);
  });
});

describe('status', () => {
  test('answers in its first line, and fits one screen', async () => {
    const { stdout, code } = await run('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Are pages getting out\? YES: /);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
  });

  test('says no while PagerDuty is down, and yes again after', async () => {
    bridge.standIn?.setMode({ kind: 'down' });
    await run('send', '--view', 'down', '--count', '2');
    await until(
      async () => {
        const { stdout } = await run('status');
        return stdout.startsWith('Are pages getting out? NO: PagerDuty could not be reached');
      },
      { seconds: 20 },
    );
    bridge.standIn?.setMode({ kind: 'ok' });
    await drained(bridge, 20);
    expect((await run('status')).stdout).toMatch(/^Are pages getting out\? YES: /);
  });

  test('counts dead letters by reason, and looks again and again', async () => {
    await refuse(['--count', '2']);
    let looks = 0;
    let stop = (): void => undefined;
    const ran = await runCommand(['status', '--watch', '1s', '--json'], {
      ...LOCAL(),
      onStart: (interrupt) => {
        stop = interrupt;
      },
      onOutput: () => {
        looks += 1;
        if (looks === 2) stop();
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

describe('--json', () => {
  test('has the fields that --help documents, and no others', async () => {
    await refuse(['--view', '7']);
    const path = file('fields.jsonl');
    const documents: Readonly<Record<string, unknown>> = {
      status: await json('status'),
      url: await json('url'),
      'keys list': await json('keys', 'list'),
      send: await json('send'),
      'dlq list': await json('dlq', 'list'),
      'dlq export': await json('dlq', 'export', '--output', path),
      'dlq import': await json('dlq', 'import', path, '--yes'),
      'dlq replay': await json('dlq', 'replay', '--dry-run'),
      'dlq discard': await json('dlq', 'discard', '--export', path, '--yes'),
    };
    for (const [command, document] of Object.entries(documents)) {
      const { stdout } = await run(...command.split(' '), '--help');
      const help = /\nJSON: ([^]+?)$/.exec(stdout)?.[1] ?? '';
      // Names that the data chooses, such as reasons, stand for themselves.
      const names = fieldsOf(document).flatMap((path_) => path_.split(/\.|\[\]/));
      const free = ['rejected', 'platform', ''];
      for (const name of names) if (!free.includes(name)) expect(help).toContain(name);
      expect({ command, fields: fieldsOf(document).toSorted() }).toMatchSnapshot();
    }
  });
});
