/** The error messages: usage, stage, bridge, credentials, permissions. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { defineStage } from '../../config/define-stage.ts';
import { example } from '../../config/example.ts';
import { local } from '../../config/local.ts';
import { type Deployed, startDeployed } from './support/deployed.ts';
import { addDeadLetters } from './support/queues.ts';
import { run, type RunOptions } from './support/run.ts';
import { childEnvironment } from '../support/child-environment.ts';

const OPS = fileURLToPath(new URL('../../bin/ops.ts', import.meta.url));

let deployed: Deployed;

beforeAll(async () => {
  deployed = await startDeployed();
});

afterEach(() => {
  deployed.clear();
});

afterAll(async () => {
  await deployed.stop();
});

/** Runs a command as a user does, in a process of its own. */
async function spawnOps(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [OPS, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment({ HOME: '/nonexistent', ...env }),
  });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const [code] = await once(child, 'exit');
  return { code: Number(code), stdout: await stdout, stderr: await stderr };
}

describe('the sentence for', () => {
  const other = defineStage({ name: 'prod', routes: [{ environment: '*', service: 'platform' }] });
  const elsewhere = defineStage({
    name: 'example',
    account: '999999999999',
    region: 'us-east-1',
    routes: [{ environment: '*', service: 'platform' }],
  });

  test.each<[string, readonly string[], RunOptions, number, RegExp]>([
    [
      'no stage among several',
      ['status'],
      { stages: [example, other, local] },
      2,
      /^Error: Which stage\? Add --stage with one of: example, prod, local\.\n$/,
    ],
    [
      'a wrong stage',
      ['--stage', 'prodd', 'status'],
      { stages: [example, other, local] },
      2,
      /^Error: There is no stage "prodd" in config\/index\.ts; the stages are: example, prod, local\.\n$/,
    ],
    [
      'a stage that is not deployed here',
      ['--stage', 'prod', 'status'],
      { stages: [example, other, local] },
      1,
      /^Error: There is no stack glasnostic-pagerduty-prod in us-east-1 of this account; choose the account with --profile and the region with --region\. If the stage was never deployed: npx cdk deploy prod\n$/,
    ],
    [
      'another account',
      ['status'],
      { stages: [elsewhere, local] },
      1,
      /^Error: The stage example belongs to account 999999999999, but these credentials are of account 111122223333; choose the right ones with --profile\.\n$/,
    ],
    [
      'a bridge that is not running',
      ['--stage', 'local', '--bridge-url', 'http://127.0.0.1:9', 'status'],
      {},
      1,
      /^Error: The local bridge is not running at http:\/\/127\.0\.0\.1:9; start it with "npm start", or say where it runs with --bridge-url\.\n$/,
    ],
    [
      'a bridge URL without the local stage',
      ['--bridge-url', 'http://127.0.0.1:9', 'status'],
      {},
      2,
      /--bridge-url is for the local bridge, but the stage is example; add --stage local/,
    ],
    [
      'an unknown command',
      ['dlq', 'lst'],
      {},
      2,
      /^Error: unknown command 'lst' \(Did you mean list\?\)/,
    ],
    [
      'an unknown option',
      ['status', '--jsn'],
      {},
      2,
      /^Error: unknown option '--jsn' \(Did you mean --json\?\)/,
    ],
    ['a missing argument', ['dlq', 'show'], {}, 2, /^Error: missing required argument 'id'/],
    [
      'a missing option',
      ['dlq', 'export'],
      {},
      2,
      /^Error: required option '--output <file>' not specified/,
    ],
    [
      'a wrong reason',
      ['dlq', 'list', '--reason', 'x'],
      {},
      2,
      /--reason takes one of rejected, retries_exhausted, no_route, malformed, crashed/,
    ],
    [
      'a wrong rate',
      ['dlq', 'replay', '--rate', '60'],
      {},
      2,
      /--rate takes a rate of at least 1\/m/,
    ],
    ['a wrong time', ['dlq', 'list', '--since', 'noon'], {}, 2, /--since takes a span such as 30m/],
    [
      'times that leave nothing',
      ['dlq', 'list', '--since', '1h', '--older-than', '2h'],
      {},
      2,
      /no dead letter can match/,
    ],
    [
      'a wrong limit',
      ['dlq', 'list', '--limit', '0'],
      {},
      2,
      /--limit takes a whole number of at least 1/,
    ],
  ])('%s', async (_, args, options, code, stderr) => {
    const ran = await run(args, options);
    expect(ran.stderr).toMatch(stderr);
    expect(ran).toMatchObject({ code, stdout: '' });
  });

  test.each([
    [
      'ExpiredToken',
      403,
      /^Error: Your AWS credentials have expired; log in again, for instance with: aws sso login\n$/,
    ],
    [
      'InvalidClientTokenId',
      403,
      /^Error: AWS does not accept these credentials \(InvalidClientTokenId\); check the profile, the region/,
    ],
    ['SignatureDoesNotMatch', 403, /this machine's clock/],
  ])(
    '%s',
    async (code, status, stderr) => {
      deployed.faults.push({
        operation: 'DescribeStacks',
        status,
        code,
        message: `${code} happened`,
      });
      const ran = await run(['status']);
      expect(ran.stderr).toMatch(stderr);
      expect(ran).toMatchObject({ code: 1, stdout: '' });
    },
    20_000,
  );

  test('a missing permission on the stack', async () => {
    deployed.faults.push({
      operation: 'DescribeStacks',
      status: 403,
      code: 'AccessDenied',
      message:
        'User: arn:aws:iam::111122223333:user/o is not authorized to perform: cloudformation:DescribeStacks on resource: arn:aws:cloudformation:us-east-1:111122223333:stack/glasnostic-pagerduty-example/* because no identity-based policy allows the cloudformation:DescribeStacks action',
    });
    expect((await run(['status'])).stderr).toBe(
      'Error: You are not allowed to do cloudformation:DescribeStacks on arn:aws:cloudformation:us-east-1:111122223333:stack/glasnostic-pagerduty-example/*; ask the owner of the bridge for the policy of this command in docs/operator-permissions.md.\n',
    );
  });

  test.each([
    ['sqs:ReceiveMessage', ['dlq', 'list'], 'deadLetters'],
    ['sqs:SendMessageBatch', ['dlq', 'replay', '--yes'], 'events'],
    ['sqs:DeleteMessageBatch', ['dlq', 'replay', '--yes'], 'deadLetters'],
    ['secretsmanager:GetSecretValue', ['url'], 'secret:token-abcdef'],
  ])('no permission for %s', async (action, args, resource) => {
    await addDeadLetters(deployed.queues, 2);
    deployed.queues.gateway.faults.add({
      action,
      effect: { kind: 'respond', status: 403, code: 'AccessDeniedException' },
    });
    const ran = await run(args);
    expect(ran.code).toBe(1);
    // The endpoint's words name neither, so that the call itself has to.
    const name = action.replace(/Batch$/, '');
    expect(ran.stderr).toContain(`You are not allowed to do ${name} on `);
    expect(ran.stderr).toMatch(new RegExp(`on \\S*${resource};`));
  });

  test('a log group that is not there', async () => {
    deployed.faults.push({
      operation: 'FilterLogEvents',
      status: 400,
      code: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    });
    expect((await run(['trace', '0000-is-not-there'])).stderr).toMatch(
      /^Error: The log group \S*ingest-log\S* is not there; see that the region is right/,
    );
  });

  test('a queue that is gone', async () => {
    deployed.queues.gateway.faults.add({
      action: 'sqs:GetQueueAttributes',
      effect: { kind: 'respond', status: 400, code: 'QueueDoesNotExist' },
    });
    expect((await run(['dlq', 'list'])).stderr).toMatch(
      /^Error: The queue \S+ is not there any more/,
    );
  });

  test('no credentials', async () => {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = deployed.env;
    const [none, profile] = await Promise.all([
      spawnOps(['status'], env),
      spawnOps(['status', '--profile', 'unknown'], env),
    ]);
    expect(none).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Error: There are no AWS credentials here; log in (for instance with: aws sso login), or choose a profile with --profile.\n',
    });
    expect(profile.stderr).toBe(
      'Error: The profile unknown gives no AWS credentials; check its name in ~/.aws/config, or log in with: aws sso login --profile unknown\n',
    );
  });

  test('no region, and no network', async () => {
    const { AWS_REGION: _, AWS_ENDPOINT_URL: __, ...env } = deployed.env;
    const [region, network] = await Promise.all([
      spawnOps(['status'], env),
      spawnOps(['status'], {
        ...env,
        AWS_REGION: 'xx-none-1',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      }),
    ]);
    expect(region.stderr).toBe(
      'Error: No AWS region is set; add --region, set AWS_REGION, or give the stage a region in config/.\n',
    );
    expect(network.stderr).toMatch(
      /^Error: AWS cannot be reached for cloudformation:DescribeStacks \(ECONNREFUSED\); check the network, and whether the region xx-none-1 is right\.\n$/,
    );
  }, 20_000);
});
