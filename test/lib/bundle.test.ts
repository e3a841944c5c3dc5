import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contentsByPackage, MOST_BYTES } from '../../testkit/bundle-contents.ts';
import { example } from '../../config/example.ts';
import { ENV, OPEN_INCIDENTS_FILE, ROUTES_FILE } from '../../lambda/shared/environment.ts';
import type { Route } from '../../lambda/shared/routes.ts';
import { bundleFunction, HANDLER, PROJECT_ROOT, type FunctionName } from '../../lib/bundle.ts';

const root = mkdtempSync(join(tmpdir(), 'bundle-'));
const ENTRY = 'index.cjs';

/**
 * Loads the handler as Lambda's client for Node 24 does. The names of a minified bundle are not in its
 * text, so the namespace has only `default`.
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/function/handler-resolver.ts
 */
const LOAD = `const { loadHandler } = await import(${JSON.stringify(join(PROJECT_ROOT, 'local/lambda/load-handler.ts'))});
process.stdout.write(typeof (await loadHandler(process.env.LAMBDA_TASK_ROOT, '${HANDLER}')));`;

const NAMES: readonly FunctionName[] = ['ingest', 'delivery'];

/** A stage that resolves incidents. */
const resolving: readonly Route[] = [
  { environment: '*', service: 'platform', resolveAfterMinutes: 30 },
];

const contents = new Map<FunctionName, ReadonlyMap<string, number>>();

/** The packages of npm in both bundles, and those for the table of open incidents. SECURITY.md has them. */
const PACKAGES = [
  '@aws-lambda-powertools/commons',
  '@aws-lambda-powertools/logger',
  '@aws-sdk/client-secrets-manager',
  '@aws-sdk/client-sqs',
  '@aws-sdk/core',
  '@aws-sdk/credential-provider-env',
  '@aws-sdk/middleware-sdk-sqs',
  '@aws/lambda-invoke-store',
  '@smithy/core',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
  'valibot',
];
const TABLE_PACKAGES = [
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/dynamodb-codec',
  '@aws-sdk/endpoint-cache',
  '@aws-sdk/middleware-endpoint-discovery',
  'mnemonist',
  'obliterator',
];

/** The packages of npm in a bundle, sorted. */
function packagesOf(sizes: ReadonlyMap<string, number> = new Map()): readonly string[] {
  return contentsByPackage(sizes)
    .map((line) => line.trim().split(/ +/)[1] ?? '')
    .filter((name) => !name.startsWith('lambda/'))
    .toSorted();
}

function bundle(name: FunctionName, run: string): string {
  const outdir = join(root, run, name);
  mkdirSync(outdir, { recursive: true });
  contents.set(name, bundleFunction(name, example.routes, outdir));
  return outdir;
}

/** Every file of a directory with its bytes. */
function bytes(directory: string): Map<string, string> {
  return new Map(
    readdirSync(directory).map((file) => [file, readFileSync(join(directory, file), 'base64')]),
  );
}

beforeAll(() => {
  for (const name of NAMES) bundle(name, 'first');
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe.each(NAMES)('the bundle of %s', (name) => {
  const outdir = join(root, 'first', name);

  test('is the same bytes each time it is made', () => {
    expect(bytes(bundle(name, 'second'))).toEqual(bytes(outdir));
  });

  test('has the code of these packages, and of no other', () => {
    expect(packagesOf(contents.get(name))).toEqual(PACKAGES);
  });

  test('has the routes beside it, and no links', () => {
    expect(JSON.parse(readFileSync(join(outdir, ROUTES_FILE), 'utf8'))).toEqual(example.routes);
    for (const file of readdirSync(outdir)) {
      expect(lstatSync(join(outdir, file)).isFile()).toBe(true);
    }
  });

  test('needs nothing but Node, and contains no path of the machine', () => {
    const text = readFileSync(join(outdir, ENTRY), 'utf8');
    const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(
      ([, module]) => module ?? '',
    );
    // The SDK names it for operations that stream events; SQS and Secrets Manager have none.
    const missing = required.filter((module) => !isBuiltin(module));
    expect(missing.filter((module) => module !== '@smithy/core/event-streams')).toEqual([]);
    expect(required).toContain('node:https');
    expect(text).not.toContain(process.cwd());
  });

  test(`has at most ${MOST_BYTES[name] / 1024} KB to load at start`, () => {
    const { size } = statSync(join(outdir, ENTRY));
    const inside =
      size > MOST_BYTES[name] ? contentsByPackage(contents.get(name) ?? new Map()) : [];
    // Empty while the bundle fits; otherwise its bytes by package.
    expect(inside).toEqual([]);
    expect(size).toBeGreaterThan(100_000);
  });

  test('loads in a process of its own as Lambda loads it: imported, with the handler in default', () => {
    const text = execFileSync(process.execPath, ['--input-type=module', '-e', LOAD], {
      cwd: outdir,
      encoding: 'utf8',
      env: {
        AWS_REGION: 'eu-west-1',
        LAMBDA_TASK_ROOT: outdir,
        [ENV.stageName]: 'example',
        [ENV.webhookTokenSecretArn]: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:t',
        [ENV.integrationKeysSecretArn]: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:k',
        [ENV.eventsQueueUrl]: 'http://127.0.0.1:9/events',
        [ENV.deadLetterQueueUrl]: 'http://127.0.0.1:9/dead',
        [ENV.pagerDutyUrl]: 'http://127.0.0.1:9',
        [ENV.consoleUrl]: example.consoleUrl,
        [ENV.deliverySettings]: JSON.stringify(example.delivery),
      },
    });
    expect(text).toBe('function');
  });
});

describe('the file with the table of open incidents', () => {
  const outdir = join(root, 'resolving');
  let withTable: ReadonlyMap<string, number>;

  beforeAll(() => {
    for (const name of NAMES) {
      mkdirSync(join(outdir, name), { recursive: true });
      withTable = bundleFunction(name, resolving, join(outdir, name));
    }
  });

  test('is beside the bundle of delivery, in a stage that resolves incidents and in no other', () => {
    expect(readdirSync(join(outdir, 'delivery'))).toContain(OPEN_INCIDENTS_FILE);
    expect(readdirSync(join(outdir, 'ingest'))).not.toContain(OPEN_INCIDENTS_FILE);
    for (const name of NAMES) {
      expect(readdirSync(join(root, 'first', name)).toSorted()).toEqual([ENTRY, ROUTES_FILE]);
    }
  });

  test('has the code of these packages, and of no other', () => {
    expect(packagesOf(withTable)).toEqual([...PACKAGES, ...TABLE_PACKAGES].toSorted());
  });

  test('changes no byte of what every stage loads at start', () => {
    for (const name of NAMES) {
      const file = (directory: string): Buffer => readFileSync(join(directory, name, ENTRY));
      expect(file(outdir).equals(file(join(root, 'first')))).toBe(true);
    }
    // The client has this in each request.
    const client = 'DynamoDB_20120810';
    expect(readFileSync(join(outdir, 'delivery', ENTRY), 'utf8')).not.toContain(client);
    expect(readFileSync(join(outdir, 'delivery', OPEN_INCIDENTS_FILE), 'utf8')).toContain(client);
  });

  test('is loaded by a dynamic import, by the name of its export', () => {
    const file = join(outdir, 'delivery', OPEN_INCIDENTS_FILE);
    const script = `import(${JSON.stringify(file)}).then((all) => process.stdout.write(typeof all.openIncidentsTable))`;
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })).toBe('function');
  });
});
