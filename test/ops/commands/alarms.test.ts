import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { example } from '../../../config/example.ts';
import { receiverProblem } from '../../../ops/alarms/receivers.ts';
import { type Deployed, startDeployed } from '../support/deployed.ts';
import { run } from '../support/run.ts';

const KEY = 'c0ffee'.padEnd(32, '0');
const CONFIRMED = 'arn:aws:sns:us-east-1:111122223333:alarms:1';

let deployed: Deployed;

beforeAll(async () => {
  deployed = await startDeployed();
});

afterEach(() => deployed.clear());

afterAll(async () => {
  await deployed.stop();
});

describe('alarms page', () => {
  test.each([
    ['us', 'https://events.pagerduty.com'],
    ['eu', 'https://events.eu.pagerduty.com'],
  ])('subscribes PagerDuty in its region %s', async (_, url) => {
    const stages = [{ ...example, pagerDutyUrl: url }];
    const ran = await run(['alarms', 'page'], { input: `${KEY}\n`, stages });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(deployed.subscriptions).toEqual([
      {
        protocol: 'https',
        endpoint: `${url}/integration/${KEY}/enqueue`,
        arn: 'PendingConfirmation',
      },
    ]);
    expect(JSON.stringify(ran)).not.toContain(KEY);
  });

  test.each(['short', 'a'.repeat(20), `${'a'.repeat(31)}!`])(
    'refuses %j without repeating it',
    async (input) => {
      const ran = await run(['alarms', 'page'], { input });
      expect(ran.code).toBe(2);
      expect(ran.stderr).toContain('"Amazon CloudWatch"');
      expect(ran.stderr).not.toContain(input);
      expect(deployed.subscriptions).toEqual([]);
    },
  );

  test('asks for the region of PagerDuty when the stage has a proxy', async () => {
    const stages = [{ ...example, pagerDutyUrl: 'https://egress.example' }];
    const ran = await run(['alarms', 'page'], { input: KEY, stages });
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('--pagerduty-region') });
    await run(['alarms', 'page', '--pagerduty-region', 'eu'], { input: KEY, stages });
    expect(deployed.subscriptions).toMatchObject([
      { endpoint: `https://events.eu.pagerduty.com/integration/${KEY}/enqueue` },
    ]);
  });

  test('has no key in an error, although SNS repeats the endpoint', async () => {
    deployed.faults.push({
      operation: 'Subscribe',
      status: 400,
      code: 'InvalidParameter',
      message: `Invalid parameter: Endpoint https://events.pagerduty.com/integration/${KEY}/enqueue`,
    });
    const ran = await run(['--debug', 'alarms', 'page'], { input: KEY });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("SNS does not take PagerDuty's endpoint");
    expect(JSON.stringify(ran)).not.toContain(KEY);
  });
});

describe('alarms list', () => {
  test('shows who gets alarms and who has not confirmed, and never a key', async () => {
    deployed.subscriptions.push(
      { protocol: 'email', endpoint: 'oncall@example.com', arn: 'PendingConfirmation' },
      {
        protocol: 'https',
        endpoint: `https://events.pagerduty.com/integration/${KEY}/enqueue`,
        arn: CONFIRMED,
      },
      { protocol: 'lambda', endpoint: 'arn:aws:lambda:x', arn: CONFIRMED },
    );
    const topicArn = 'arn:aws:sns:us-east-1:111122223333:on-call';
    const stages = [{ ...example, alarms: { ...example.alarms, topicArn } }];
    const ran = await run(['alarms', 'list', '--json'], { stages });
    expect(JSON.parse(ran.stdout)).toEqual({
      receivers: [
        { kind: 'topic', name: topicArn, confirmed: true },
        { kind: 'email', name: 'oncall@example.com', confirmed: false },
        { kind: 'pagerduty', name: 'PagerDuty', confirmed: true },
        { kind: 'other', name: 'lambda', confirmed: true },
      ],
    });
    const { stdout } = await run(['alarms', 'list'], { stages });
    expect(stdout).toMatch(/oncall@example\.com +not confirmed yet/);
    expect(stdout).toMatch(/PagerDuty +gets alarms/);
    expect(stdout + ran.stdout).not.toContain(KEY);
  });

  test('says that they have none', async () => {
    const { stderr, code } = await run(['alarms', 'list']);
    expect(code).toBe(0);
    expect(stderr).toContain('The alarms have no receiver; subscribe PagerDuty');
  });
});

test.each<[readonly boolean[], string | undefined]>([
  [[], 'The alarms have no receiver; subscribe'],
  [[false], 'The alarms have no receiver that has confirmed'],
  [[false, true], undefined],
])('the problem of receivers of which %j have confirmed', (confirmed, problem) => {
  const receivers = confirmed.map(
    (isConfirmed) => ({ kind: 'email', name: 'a@b.example', isConfirmed }) as const,
  );
  expect(receiverProblem(receivers)?.slice(0, problem?.length)).toBe(problem);
});
