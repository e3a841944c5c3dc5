import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { childEnvironment } from '../support/child-environment.ts';

import { curlRequest } from '../support/command-lines.ts';
import { blockLines, textOf } from '../support/markdown.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_TIMEOUT = 120_000;

const stackSchema = v.object({
  stage: v.string(),
  region: v.string(),
  outputs: v.record(v.string(), v.string()),
  endpoints: v.object({ sqs: v.string(), secretsManager: v.string(), webhook: v.string() }),
  credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string() }),
});
const incidentsSchema = v.object({
  incidents: v.array(v.object({ summary: v.string(), severity: v.string(), service: v.string() })),
});

/** The variables of a user's shell, without those of npm and Jest. */
const environment = childEnvironment({ HOME: process.env['HOME'] });

/** A process and all its descendants. */
function processesBelow(pid: number): number[] {
  const rows = execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] => [
    parent,
    ...parents.filter(([, of]) => of === parent).flatMap(([child = 0]) => below(child)),
  ];
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((wake) => setTimeout(wake, 50));
}

function sample(name: string): Buffer {
  return readFileSync(new URL(`../samples/${name}.json`, import.meta.url));
}

let npm: ChildProcess;
let url = '';
let webhookUrl = '';
const output: string[] = [];

async function getJson<T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T> {
  const response = await fetch(`${url}${path}`);
  return v.parse(schema, await response.json());
}

async function summaries(): Promise<string[]> {
  const { incidents } = await getJson('/api/incidents', incidentsSchema);
  return incidents.map(({ summary }) => summary);
}

beforeAll(async () => {
  npm = spawn('npm', ['start', '--', '--port', '0'], {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (npm.stdout === null) throw new Error('npm has no output.');
  for await (const line of createInterface({ input: npm.stdout })) {
    output.push(line);
    if (line === 'ready') break;
  }
  webhookUrl = /Webhook\s+(\S+)/.exec(output.join('\n'))?.[1] ?? '';
  url = new URL(webhookUrl).origin;
}, START_TIMEOUT);

afterAll(() => {
  npm.kill('SIGKILL');
});

describe('npm start', () => {
  test('prints the URLs, and the incident that the sample event opened', () => {
    const text = output.join('\n');
    expect(text).toMatch(/^Webhook +http:\/\/127\.0\.0\.1:\d+\/webhook\/[A-Za-z0-9]{32,}$/m);
    expect(text).toMatch(/^Console +http:\/\/127\.0\.0\.1:\d+\/$/m);
    expect(text).toMatch(/summary +Recommendation-Frontend: requests/);
    expect(text).toMatch(/severity +warning/);
    expect(text).toMatch(/dedup key +glasnostic:YegltGN8vgAK8THi:4:requests/);
    expect(text).toMatch(
      /link +https:\/\/app\.glasnostic\.com\/environments\/YegltGN8vgAK8THi\/views\/4\/metrics/,
    );
    expect(text).toMatch(/ends +about \d\d:\d\d:\d\d, 35 s after its last event/);
    expect(output.at(-1)).toBe('ready');
  });

  test('turns every kind of event into an incident', async () => {
    for (const name of ['view-threshold', 'view-limit', 'segmentation']) {
      const response = await fetch(webhookUrl, { method: 'POST', body: sample(name) });
      expect(response.status).toBe(202);
    }
    await until(async () => (await summaries()).length === 3);
    expect((await summaries()).toSorted()).toEqual([
      expect.stringContaining('Checkout-Payment'),
      expect.stringContaining('Online Boutique'),
      expect.stringContaining('Recommendation-Frontend'),
    ]);
  }, 20_000);

  test('refuses a wrong token', async () => {
    const response = await fetch(`${url}/webhook/wrong`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
  });

  test('answers the requests that the README shows', async () => {
    const lines = blockLines(textOf('README.md'), 'sh').filter((line) => line.startsWith('curl '));
    const answers = lines.map(async (line) => {
      const { address, init } = curlRequest(line.replace('"$URL"', webhookUrl));
      return fetch(address.replace('http://127.0.0.1:4100', url), init);
    });
    const [event, incidents] = await Promise.all(answers);
    expect(lines).toHaveLength(2);
    expect(event?.status).toBe(202);
    expect(v.is(incidentsSchema, await incidents?.json())).toBe(true);
  });

  test("gives the operator's commands URLs and credentials that work", async () => {
    const { stage, region, outputs, endpoints, credentials } = await getJson(
      '/api/stack',
      stackSchema,
    );
    expect(stage).toBe('local');
    expect(endpoints.webhook).toBe(webhookUrl);
    expect(outputs['WebhookUrl']).toBe(`${url}/webhook`);
    const sqs = new SQSClient({ region, endpoint: endpoints.sqs, credentials });
    const { Attributes: attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: outputs['EventsQueueUrl'],
        AttributeNames: ['All'],
      }),
    );
    sqs.destroy();
    // From the template of the stage: six times the timeout of the delivery function, and a minute.
    expect(attributes).toMatchObject({
      VisibilityTimeout: '120',
      QueueArn: outputs['EventsQueueArn'],
    });
  });

  test('answers its API only to programs of this machine', async () => {
    const status = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        request(`${url}/api/stack`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    const { host } = new URL(url);
    expect(await status({})).toBe(200);
    expect(await status({ origin: url })).toBe(200);
    expect(await status({ host: 'rebound.example.com' })).toBe(403);
    expect(await status({ host, origin: 'https://elsewhere.example.com' })).toBe(403);
  });

  test('has a switch for the mode of the stand-in', async () => {
    const put = (body: string): Promise<Response> =>
      fetch(`${url}/api/pagerduty/mode`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body,
      });
    expect((await put('{"kind":"sunny"}')).status).toBe(400);
    expect((await put('{"kind":"down","share":0.5}')).status).toBe(200);
    const mode: unknown = await (await fetch(`${url}/api/pagerduty/mode`)).json();
    expect(mode).toEqual({ kind: 'down', share: 0.5 });
    expect((await fetch(`${url}/api/nothing`)).status).toBe(404);
  });

  test('ends on SIGTERM with 0, and leaves no process behind', async () => {
    const processes = processesBelow(npm.pid ?? 0);
    // npm, the bridge, and at least a process of each function.
    expect(processes.length).toBeGreaterThanOrEqual(4);
    npm.kill('SIGTERM');
    const [code] = await once(npm, 'exit');
    expect(code).toBe(0);
    await until(() => !processes.some(isAlive));
  }, 20_000);
});

function run(...args: string[]): Promise<{ code: unknown; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['bin/local.ts', ...args], {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    child.on('close', (code) => {
      resolve({ code, errors });
    });
  });
}

describe('a start that cannot work', () => {
  test('because of a wrong option prints the usage', async () => {
    const { code, errors } = await run('--prot', '4100');
    expect(code).toBe(2);
    expect(errors).toContain("'--prot'");
    expect(errors).toContain('Usage: npm start');
  });

  test('because the port is taken names the fix', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, errors } = await run('--port', String(port));
    blocker.close();
    expect(code).toBe(1);
    expect(errors).toBe(
      `Port ${port} is in use. Stop what listens there, or choose another with --port.\n`,
    );
  });
});
