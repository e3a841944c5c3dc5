import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { example } from '../../config/example.ts';
import { ENV, ROUTES_FILE } from '../../lambda/shared/environment.ts';
import { bundleFunction, type FunctionName } from '../../lib/bundle.ts';

const root = mkdtempSync(join(tmpdir(), 'bundle-'));
const NAMES: readonly FunctionName[] = ['ingest', 'delivery'];

function bundle(name: FunctionName, run: string): string {
  const outdir = join(root, run, name);
  mkdirSync(outdir, { recursive: true });
  bundleFunction(name, example.routes, outdir);
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

  test('has the routes beside it, and no links', () => {
    expect(JSON.parse(readFileSync(join(outdir, ROUTES_FILE), 'utf8'))).toEqual(example.routes);
    for (const file of readdirSync(outdir)) {
      expect(lstatSync(join(outdir, file)).isFile()).toBe(true);
    }
  });

  test('needs no CommonJS, and does not say where it was made', () => {
    for (const file of readdirSync(outdir)) {
      const text = readFileSync(join(outdir, file), 'utf8');
      expect(text).not.toContain('Dynamic require of');
      expect(text).not.toContain(process.cwd());
    }
  });

  test('loads in a process of its own and exports the handler', () => {
    const text = execFileSync(
      process.execPath,
      ['-e', "import('./index.mjs').then((m) => process.stdout.write(Object.keys(m).join()))"],
      {
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
      },
    );
    expect(text).toBe('handler');
  });
});
