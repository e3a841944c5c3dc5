/** The commands on a deployed stage. */

import { stripVTControlCharacters } from 'node:util';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { TICK_BODY } from '../../lambda/shared/message.ts';
import { type Deployed, startDeployed } from './support/deployed.ts';
import { addDeadLetters } from './support/queues.ts';
import { run } from './support/run.ts';

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

function alarm(name: string, state: string, stage = 'example'): Record<string, unknown> {
  return {
    AlarmName: `glasnostic-pagerduty-example-Alarms${name}1A2B3C4D-AbCdEfGhIjKl`,
    AlarmDescription: `Stage ${stage}. Impact: none.\nThreshold: 1.\nRunbook: docs/runbook.md#${name}`,
    StateValue: state,
    StateUpdatedTimestamp: 1_790_000_000,
  };
}

describe('on a deployed stage', () => {
  test('status reads queues, keys, metrics and alarms', async () => {
    await addDeadLetters(deployed.queues, 3);
    deployed.queues.gateway.secrets.put(
      'keys',
      JSON.stringify({ network: 'k'.repeat(32), platform: 'k'.repeat(32) }),
    );
    deployed.metrics.set('accepted', [5, 7]);
    deployed.metrics.set('delivered', [10]);
    deployed.metrics.set('deduplicated', [2]);
    deployed.metrics.set('ticks', [1, 1]);
    deployed.alarms.push(
      alarm('DeliveryErrors', 'ALARM'),
      alarm('DeadLetters', 'OK'),
      alarm('Other', 'ALARM', 'example-eu'),
    );
    const ran = await run(['status']);
    expect(ran.stderr).toBe('');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(
      /^Are pages getting out\? NOT ALL: 3 dead letters are older than 10 days, .* dlq export --output FILE\. Also alarm DeliveryErrors since 2026-09-21 14:13 UTC\.\n/,
    );
    expect(ran.stdout).toMatch(
      /^Stage +example \(account 000000000000, us-east-1\), [\d-]+T[\d:]+Z$/m,
    );
    expect(ran.stdout).toMatch(
      /Traffic +12 in, 10 delivered, 2 deduplicated, 0 dead letters in the last 15 min \(figures are up to 3 min old\)/,
    );
    expect(ran.stdout).toMatch(/Dead letters +3 \(rejected 3\)/);
    expect(ran.stdout).toMatch(/Keys +2 of 2 set/);
    expect(ran.stdout).toMatch(
      /Alarms +DeliveryErrors since 2026-09-21 14:13 UTC \(docs\/runbook\.md#DeliveryErrors\)/,
    );
    expect(ran.stdout).toMatch(
      /Receivers +The alarms have no receiver; subscribe PagerDuty with: \.\/bridge/,
    );
    const { stdout } = await run(['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      stage: 'example',
      recent: { span: 'in the last 15 min', accepted: 12 },
      hasAlarmReceiver: false,
      alarms: [
        { name: 'DeliveryErrors', state: 'ALARM' },
        { name: 'DeadLetters', state: 'OK' },
      ],
    });
  });

  test('status sees receivers that are not in the stage, and that one has not confirmed', async () => {
    const endpoint = `https://events.pagerduty.com/integration/${'k'.repeat(32)}/enqueue`;
    const subscribe = (arn: string) =>
      deployed.subscriptions.splice(0, 1, { protocol: 'https', endpoint, arn });
    subscribe('PendingConfirmation');
    expect((await run(['status'])).stdout).toMatch(
      /Receivers +The alarms have no receiver that has/,
    );
    subscribe('arn:aws:sns:us-east-1:111122223333:alarms:1');
    expect((await run(['status'])).stdout).not.toContain('Receivers');
    const { stdout } = await run(['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ hasAlarmReceiver: true, problems: [] });
    expect(stdout).not.toContain('kkkk');
  });

  test('status goes on when it may not read the receivers', async () => {
    deployed.faults.push({
      operation: 'ListSubscriptionsByTopic',
      status: 403,
      code: 'AuthorizationError',
      message:
        'User: arn:aws:iam::111122223333:user/o is not authorized to perform: SNS:ListSubscriptionsByTopic on resource: arn:aws:sns:us-east-1:111122223333:alarms because no identity-based policy allows it',
    });
    const { stdout } = await run(['status']);
    expect(stdout).toMatch(/^Are pages getting out\? /);
    expect(stdout).toMatch(
      /! You are not allowed to do SNS:ListSubscriptionsByTopic on arn:aws:sns[^;]+;/,
    );
    expect(stdout).not.toContain('Receivers');
    expect(JSON.parse((await run(['status', '--json'])).stdout)).toMatchObject({
      hasAlarmReceiver: null,
    });
  });

  test.each([80, 60])('status fits into %d columns', async (columns) => {
    deployed.metrics.set('accepted', [5, 7]);
    deployed.alarms.push(alarm('DeliveryErrors', 'ALARM'), alarm('Silence', 'ALARM'));
    const { stdout } = await run(['status'], { columns });
    const lines = stripVTControlCharacters(stdout).trimEnd().split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThanOrEqual(24);
  });

  test('status does not count the ticks that wait while delivery does not run', async () => {
    const { events, gateway } = deployed.queues;
    const send = (MessageBody: string) =>
      gateway.queues.call('SendMessage', { QueueUrl: events.url, MessageBody });
    for (let tick = 0; tick < 20; tick += 1) await send(TICK_BODY);
    await send('{}');
    deployed.metrics.set('oldest', [1_200]);
    // Delivery reported its last ticks more than ten minutes ago.
    deployed.metrics.set('attempts', [5, 5, 5, 5, 5]);
    deployed.metrics.set('ticks', [0, 0, 0, 0, 5]);
    const { stdout } = await run(['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      queue: { ready: 1, inFlight: 0, delayed: 0, ticks: 20, oldestSeconds: 1_200 },
      // It also says that delivery is silent if that has lasted five minutes by the clock.
      verdict: { answer: 'no', sentence: expect.stringMatching(/\b1 event waits, the oldest for/) },
    });
    await gateway.queues.call('PurgeQueue', { QueueUrl: events.url });
  });

  test('status shows what it may read, names what it may not, and exits with 1', async () => {
    deployed.faults.push({
      operation: 'GetMetricData',
      status: 403,
      code: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::111122223333:user/o is not authorized to perform: cloudwatch:GetMetricData on resource: * because no identity-based policy allows it',
    });
    const { code, stdout } = await run(['status']);
    expect(code).toBe(1);
    expect(stdout).toContain(
      '! You are not allowed to do cloudwatch:GetMetricData on *; ask the owner of the bridge for the policy of this command in docs/operator-permissions.md.',
    );
    expect(stdout).toMatch(/Events +0 waiting/);
  });

  test('is the default when it is the only one besides local', async () => {
    expect((await run(['url'])).stdout).toBe(
      `${deployed.env['AWS_ENDPOINT_URL']}/webhook/${'T'.repeat(43)}\n`,
    );
  });

  test('send posts to the webhook, prints no token, and fails when it is refused', async () => {
    const good = await run(['send', '--count', '2', '--yes']);
    expect(good).toMatchObject({ code: 0 });
    expect(good.stdout).toMatch(/^2 of 2 events accepted/);
    deployed.webhookStatus.value = 401;
    const bad = await run(['send', '--yes']);
    expect(bad).toMatchObject({ code: 1 });
    expect(bad.stdout).toMatch(/^0 of 1 event accepted.*\n +401 +the token was refused/);
    for (const { stdout, stderr } of [good, bad]) expect(stdout + stderr).not.toContain('TTTT');
  });
});

test('send asks before it posts to a deployed stage', async () => {
  const posted = deployed.posted.length;
  expect(await run(['send'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
  expect(deployed.posted).toHaveLength(posted);
});

test('--debug shows where an error comes from, and no secret', async () => {
  deployed.queues.gateway.faults.add({
    action: 'secretsmanager:PutSecretValue',
    effect: { kind: 'respond', status: 400, code: 'InvalidRequestException' },
  });
  const key = 'Secret'.padEnd(32, 'x');
  const ran = await run(['keys', 'set', 'platform', '--yes', '--debug'], { input: key });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/InvalidRequestException.*\n +at /);
  expect(ran.stderr).not.toContain(key);
});
