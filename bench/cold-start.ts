/**
 * Time of a cold start: a new process loads a function's code and handles its first event. Servers
 * on 127.0.0.1 answer at once, over TLS. The baselines are functions written by hand without
 * dependencies, and the bundles that CDK creates of the same source by default.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync, type BuildOptions } from 'esbuild';
import { example } from '../config/example.ts';
import { ROUTES_FILE } from '../lambda/shared/environment.ts';
import { isJsonObject } from '../lambda/shared/json.ts';
import { type FunctionName, PROJECT_ROOT } from '../lib/bundle.ts';
import { heapOptions } from '../lib/ingest-function.ts';
import { heapFlags } from '../local/lambda/instance.ts';
import { withFolder } from './measuring/folder.ts';
import { COMPARISON, compare, type Measurement, type Row } from './measuring/row.ts';
import { type Servers, startServers, TOKEN } from './measuring/servers.ts';
import { record, thresholdEvent } from './measuring/events.ts';
import { buildFunction, functionEnvironment } from './measuring/function.ts';

/** Starts per variant: enough for a median that a short load does not change. */
const RUNS = 25;

/** Limits, as multiples of the function without dependencies. */
const OVER_FLOOR = { ingest: 2, delivery: 2.5 } as const;

const COMMON: BuildOptions = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  logLevel: 'error',
};

/**
 * The bundle of CDK's `NodejsFunction` by default: CommonJS, not minified, esbuild's own main fields.
 * The SDK is that of Lambda's runtime unless `bundleAwsSDK` is set.
 * https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_lambda_nodejs-readme.html
 */
function buildDefault(name: FunctionName, folder: string, external: string[]): string {
  const file = join(folder, 'index.cjs');
  buildSync({
    ...COMMON,
    entryPoints: [`lambda/${name}/handler.ts`],
    outfile: file,
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    external,
  });
  writeFileSync(join(folder, ROUTES_FILE), JSON.stringify(example.routes));
  return file;
}

function buildFloor(name: FunctionName, folder: string): string {
  const outfile = join(folder, 'index.cjs');
  const entryPoints = [`bench/floor/${name}.ts`];
  buildSync({ ...COMMON, entryPoints, outfile, format: 'cjs', minify: true });
  return outfile;
}

/** Builds all variants, in a folder from which Node finds the packages of this project. */
function buildVariants(name: FunctionName, root: string): Readonly<Record<string, string>> {
  const folder = (variant: string): string => {
    const path = join(root, `${variant}-${name}`);
    mkdirSync(path);
    return path;
  };
  return {
    bridge: buildFunction(name, folder('bridge')),
    floor: buildFloor(name, folder('floor')),
    bundled: buildDefault(name, folder('bundled'), []),
    external: buildDefault(name, folder('external'), ['@aws-sdk/*', '@smithy/*']),
  };
}

/** The first event of each function. */
const EVENTS: Readonly<Record<FunctionName, () => object>> = {
  ingest: () => ({
    version: '2.0',
    headers: { 'content-type': 'application/json' },
    pathParameters: { token: TOKEN },
    isBase64Encoded: false,
    body: JSON.stringify(thresholdEvent('1', Date.now())),
    requestContext: { requestId: 'request', http: { sourceIp: '127.0.0.1' } },
  }),
  delivery: () => ({ Records: [record('message', '1', Date.now())] }),
};

/** Whether the function handled its event. */
function isDone(name: FunctionName, answer: unknown): boolean {
  if (!isJsonObject(answer)) return false;
  const failures = answer['batchItemFailures'];
  return name === 'ingest'
    ? answer['statusCode'] === 202
    : Array.isArray(failures) && failures.length === 0;
}

/** Milliseconds from before the code is loaded until the first event is handled. */
async function start(
  name: FunctionName,
  code: string,
  starter: string,
  env: Record<string, string>,
): Promise<number> {
  const child = fork(starter, [], {
    env,
    execArgv: heapFlags(example[`${name}Function`], env['NODE_OPTIONS']),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  let result: unknown;
  child.once('message', (message) => (result = message));
  child.send({ code, event: EVENTS[name]() });
  await once(child, 'exit');
  if (!isJsonObject(result) || !isDone(name, result['answer'])) {
    throw new Error(`${code} did not handle its event: ${JSON.stringify(result)} ${errors}`);
  }
  return Number(result['total']);
}

function rows(name: FunctionName, times: Readonly<Record<string, number[]>>): Row[] {
  const row = (variant: string, baseline: string, limit?: number): Row =>
    compare({
      measurement: `cold start of ${name}`,
      unit: 'ms',
      values: times['bridge'] ?? [],
      baseline: { name: baseline, values: times[variant] ?? [] },
      limit: limit ?? Infinity,
      ...(limit === undefined ? { goal: COMPARISON } : {}),
    });
  return [
    row('floor', 'the floor: by hand, no dependencies', OVER_FLOOR[name]),
    row('bundled', "CDK's defaults, SDK in the bundle"),
    row('external', "CDK's defaults, SDK not in the bundle"),
  ];
}

async function measure(
  root: string,
  servers: Servers,
  progress: (text: string) => void,
): Promise<readonly Row[]> {
  const starter = join(root, 'process.mjs');
  const entryPoints = ['bench/cold-start/process.ts'];
  buildSync({ ...COMMON, entryPoints, outfile: starter, format: 'esm' });
  const { url, secretsUrl, pagerDutyUrl, certificate } = servers;
  const env = {
    ...functionEnvironment({ awsUrl: url, pagerDutyUrl, certificate }),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsUrl,
  };
  const { memoryMB } = example.ingestFunction;
  const all: Row[] = [];
  for (const name of ['ingest', 'delivery'] as const) {
    progress(`${RUNS} cold starts of ${name} and of each of its baselines`);
    const variants = Object.entries(buildVariants(name, root));
    const times: Record<string, number[]> = {};
    // The first round fills the page cache and is not counted.
    for (let round = 0; round <= RUNS; round += 1) {
      for (const [variant, code] of variants) {
        const ours = variant === 'bridge' && name === 'ingest';
        const options = ours ? { NODE_OPTIONS: heapOptions(memoryMB) } : {};
        const time = await start(name, code, starter, { ...env, ...options });
        if (round > 0) (times[variant] ??= []).push(time);
      }
    }
    all.push(...rows(name, times));
  }
  return all;
}

const coldStart: Measurement = {
  about: 'new process, load of the bundle and first event, over TLS on 127.0.0.1',
  seconds: 60,
  measure: async (progress) => {
    // Inside the project, so that code without the SDK finds the project's.
    const cache = join(PROJECT_ROOT, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    const servers = await startServers();
    try {
      return await withFolder(async (root) => measure(root, servers, progress), cache);
    } finally {
      await servers.stop();
    }
  },
};

export default coldStart;
