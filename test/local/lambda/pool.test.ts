import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { functionEnvironment } from '../../../local/lambda/environment.ts';
import type { InvocationResult } from '../../../local/lambda/instance.ts';
import { createPool, type FunctionPool } from '../../../local/lambda/pool.ts';
import { isJsonObject, type JsonObject } from '../../../lambda/shared/json.ts';
import type { FunctionModel } from '../../../local/stack/model.ts';

const codeFolder = fileURLToPath(new URL('../fixtures/stack/assets/api', import.meta.url));

const fn: FunctionModel = {
  logicalId: 'Api',
  name: 'stack-Api',
  arn: 'arn:aws:lambda:eu-west-1:000000000000:function:stack-Api',
  handler: 'index.handler',
  codeFolder,
  timeoutSeconds: 5,
  memoryMB: 256,
  environment: { FROM_TEMPLATE: 'yes', PAGERDUTY_URL: 'https://events.pagerduty.com' },
  roleArn: 'arn:aws:iam::000000000000:role/r',
  logGroupName: 'logs',
  logFormat: 'JSON',
  logLevel: 'INFO',
};

const pools: FunctionPool[] = [];

function poolOf(overrides: Partial<FunctionModel> = {}, maxInstances = 2, lines: string[] = []) {
  const model = { ...fn, ...overrides };
  const pool = createPool({
    fn: model,
    maxInstances,
    environment: functionEnvironment(model, {
      region: 'eu-west-1',
      awsUrl: 'http://127.0.0.1:9',
      credentials: { accessKeyId: 'LOCAL1', secretAccessKey: 's' },
      path: '/usr/bin',
      overrides: { PAGERDUTY_URL: 'http://127.0.0.1:8', NOT_IN_TEMPLATE: 'x' },
    }),
    onLine: (line) => {
      lines.push(line);
    },
  });
  pools.push(pool);
  return pool;
}

function payloadOf(result: InvocationResult): JsonObject {
  const value: unknown = JSON.parse(result.ok ? result.payload : `"${result.message}"`);
  return isJsonObject(value) ? value : { failed: value };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((wake) => setTimeout(wake, 5));
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
});

describe('a process of a function', () => {
  test("has the template's variables and Lambda's, and none of this process", async () => {
    const answer = payloadOf(await poolOf().invoke({ a: 1 }));
    expect(answer['event']).toEqual({ a: 1 });
    expect(answer['execArgv']).toEqual(['--max-semi-space-size=12', '--max-old-space-size=230']);
    expect(answer['environment']).toEqual({
      FROM_TEMPLATE: 'yes',
      PAGERDUTY_URL: 'http://127.0.0.1:8',
      PATH: '/usr/bin',
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      _HANDLER: 'index.handler',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Sampled=0$/),
      LAMBDA_TASK_ROOT: codeFolder,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'stack-Api',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: 'logs',
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_LAMBDA_LOG_LEVEL: 'INFO',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'LOCAL1',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_SESSION_TOKEN: 'local',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9',
    });
  });

  test("has the heap flags of the template's NODE_OPTIONS instead of Lambda's", async () => {
    const environment = { NODE_OPTIONS: '--max-old-space-size=100' };
    const answer = payloadOf(await poolOf({ environment }).invoke({}));
    expect(answer['execArgv']).toEqual([]);
    expect(answer['environment']).toMatchObject(environment);
  });

  test('gets a context', async () => {
    const { context } = payloadOf(await poolOf().invoke({}));
    expect(context).toMatchObject({
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionName: 'stack-Api',
      functionVersion: '$LATEST',
      invokedFunctionArn: fn.arn,
      memoryLimitInMB: '256',
      logGroupName: 'logs',
      remaining: expect.any(Number),
    });
    const { remaining } = isJsonObject(context) ? context : {};
    expect(Number(remaining)).toBeGreaterThan(3000);
    expect(Number(remaining)).toBeLessThanOrEqual(5000);
  });

  test('is reused; a second one starts only when the first is busy', async () => {
    const pool = poolOf();
    const first = payloadOf(await pool.invoke({}));
    const second = payloadOf(await pool.invoke({}));
    expect(second['pid']).toBe(first['pid']);
    const [third, fourth] = await Promise.all([pool.invoke({}), pool.invoke({})]);
    expect(payloadOf(third)['pid']).not.toBe(payloadOf(fourth)['pid']);
    expect(pool.counts()).toMatchObject({ invocations: 4, starts: 2 });
  });

  test('runs one invocation at a time; those over the maximum wait', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pool-'));
    const signal = join(folder, 'go');
    const pool = poolOf({}, 1);
    let isSecondDone = false;
    const first = pool.invoke({ waitUntil: signal });
    const second = pool.invoke({}).then((result) => {
      isSecondDone = true;
      return result;
    });
    await until(() => pool.processes().some(({ busy }) => busy));
    await new Promise((wake) => setTimeout(wake, 50));
    expect(isSecondDone).toBe(false);
    writeFileSync(signal, '');
    expect(payloadOf(await second)['pid']).toBe(payloadOf(await first)['pid']);
    expect(pool.counts().starts).toBe(1);
    rmSync(folder, { recursive: true });
  });
});

describe('a failing function', () => {
  test('that throws fails the invocation, and its process is reused', async () => {
    const pool = poolOf();
    const { pid } = payloadOf(await pool.invoke({}));
    expect(await pool.invoke({ fail: 'throw' })).toEqual({
      ok: false,
      cause: 'error',
      message: 'TypeError: thrown on request',
    });
    expect(payloadOf(await pool.invoke({}))['pid']).toBe(pid);
  });

  test('that exceeds its timeout is killed, and the next invocation gets a new process', async () => {
    const lines: string[] = [];
    const pool = poolOf({ timeoutSeconds: 2 }, 1, lines);
    const { pid } = payloadOf(await pool.invoke({}));
    expect(await pool.invoke({ fail: 'hang' })).toEqual({
      ok: false,
      cause: 'timeout',
      message: 'Task timed out after 2.00 seconds',
    });
    await until(() => !isAlive(Number(pid)));
    expect(payloadOf(await pool.invoke({}))['pid']).not.toBe(pid);
    expect(lines).toContain('stack-Api failed: Task timed out after 2.00 seconds');
    expect(pool.counts()).toMatchObject({ starts: 2, timeouts: 1 });
  });

  test('whose process ends fails the invocation; a waiting invocation gets a new process', async () => {
    const pool = poolOf({}, 1);
    const [crashed, next] = await Promise.all([pool.invoke({ fail: 'exit' }), pool.invoke({})]);
    expect(crashed).toMatchObject({ ok: false, cause: 'crash' });
    expect(crashed).toMatchObject({ message: expect.stringContaining('exit code 7') });
    expect(next.ok).toBe(true);
  });

  test('that is killed during an invocation fails it', async () => {
    const pool = poolOf();
    const running = pool.invoke({ fail: 'hang' });
    await until(() => pool.processes().length === 1);
    const pid = pool.kill();
    expect(await running).toMatchObject({
      cause: 'crash',
      message: expect.stringContaining('SIGKILL'),
    });
    expect(pool.processes().map((one) => one.pid)).not.toContain(pid);
  });

  test('that cannot be loaded fails every invocation, with the reason', async () => {
    const pool = poolOf({ handler: 'index.missing' });
    const failure = { cause: 'init', message: 'Error: index.missing is undefined or not exported' };
    expect(await pool.invoke({})).toMatchObject(failure);
    expect(await pool.invoke({})).toMatchObject(failure);
    expect(pool.counts()).toMatchObject({ errors: 2, starts: 2 });
  });
});

describe('stopping', () => {
  test('a pool ends its processes and the invocations that wait for them', async () => {
    const pool = poolOf({}, 1);
    const results = [pool.invoke({ fail: 'hang' }), pool.invoke({})];
    await until(() => pool.processes().length === 1);
    const pids = pool.processes().map(({ pid }) => pid);
    await pool.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    const ended = await Promise.all(results);
    expect(ended.map(({ ok }) => ok)).toEqual([false, false]);
  });

  test('the bridge ends its processes, even when it is killed', async () => {
    const owner = fileURLToPath(new URL('../fixtures/pool-owner.ts', import.meta.url));
    const parent = spawn(process.execPath, [owner], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [chunk] = await once(parent.stdout, 'data');
    const pid = Number(String(chunk));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid));
  });
});
