import { describe, expect, test } from '@jest/globals';
import { example } from '../../../config/example.ts';
import { defineStage } from '../../../config/define-stage.ts';
import type { StageInput } from '../../../config/stage.ts';
import { securityChanges } from '../../../lib/review/security.ts';
import { synthesiseTemplates } from '../../../lib/templates.ts';

const CHANGES = {
  none: {},
  networks: { allowedNetworks: ['203.0.113.0/24'] },
  pagerDuty: { pagerDutyUrl: 'https://egress.example' },
  tracing: { tracing: true },
  emails: { alarmEmails: ['oncall@example.com'] },
  ownKey: { customerManagedKey: true },
  rate: { delivery: { callsPerMinute: 60 } },
  size: { deliveryFunction: { memoryMB: 1024 } },
  boundary: { permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary' },
  wayOut: {
    vpc: { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] },
    proxy: { url: 'http://proxy.example.com:3128' },
  },
} satisfies Readonly<Record<string, Partial<StageInput>>>;

type Change = keyof typeof CHANGES;

const names = new Map(Object.keys(CHANGES).map((change) => [change, change.toLowerCase()]));
const templates = synthesiseTemplates(
  Object.entries(CHANGES).map(([change, changes]) =>
    defineStage({ name: names.get(change) ?? '', routes: example.routes, ...changes }),
  ),
  false,
);

function template(change: Change): unknown {
  return JSON.parse(templates.get(names.get(change) ?? '') ?? '');
}

const before = template('none');

describe('a change of security', () => {
  test.each<[string, Change, readonly string[]]>([
    [
      'who may send',
      'networks',
      [
        '- Ingest/Bridge/Function: ALLOWED_NETWORKS not set: every network',
        '+ Ingest/Bridge/Function: ALLOWED_NETWORKS 203.0.113.0/24',
      ],
    ],
    [
      'where integration keys go',
      'pagerDuty',
      [
        '- Delivery/Bridge/Function: PAGERDUTY_URL https://events.pagerduty.com',
        '+ Delivery/Bridge/Function: PAGERDUTY_URL https://egress.example',
      ],
    ],
    [
      'what the functions may do',
      'tracing',
      ['Ingest', 'Delivery'].map(
        (name) =>
          `+ ${name}/Bridge/Role/DefaultPolicy: Allow xray:PutTelemetryRecords, xray:PutTraceSegments on *`,
      ),
    ],
    [
      'who gets the alarms',
      'emails',
      [
        '+ AlarmTopic/Topic/oncall@example.com: Endpoint oncall@example.com, Protocol email, TopicArn ${AlarmTopic/Topic}',
      ],
    ],
    [
      'what bounds the roles',
      'boundary',
      ['Ingest/Bridge/Role', 'Delivery/Bridge/Role', 'Tick/Role'].map(
        (role) => `+ ${role}: PermissionsBoundary arn:aws:iam::123456789012:policy/boundary`,
      ),
    ],
    [
      'how calls go out',
      'wayOut',
      [
        '+ Delivery/Bridge/Role/DefaultPolicy: Allow ec2:AssignPrivateIpAddresses, ec2:CreateNetworkInterface, ec2:DeleteNetworkInterface, ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets, ec2:UnassignPrivateIpAddresses on *',
        '+ Delivery/Bridge/Function: VpcConfig SecurityGroupIds sg-0a1b2c3d, SubnetIds subnet-0a1b2c3d',
        '+ Delivery/Bridge/Function: HTTPS_PROXY http://proxy.example.com:3128',
      ],
    ],
  ])('%s', (_, changes, lines) => {
    expect(securityChanges(before, template(changes))).toEqual(lines);
  });

  test('encryption with another key, and who may use it', () => {
    const lines = securityChanges(before, template('ownKey'));
    expect(lines).toContain('- Queue/Events: SqsManagedSseEnabled true');
    expect(lines).toContain('+ Queue/Events: KmsMasterKeyId ${StageKey/Key.Arn}');
    expect(lines).toContain(
      '+ StageKey/Key: Allow to Service cloudwatch.amazonaws.com kms:Decrypt, kms:GenerateDataKey on * if StringEquals aws:SourceAccount ${AWS::AccountId}',
    );
  });

  test.each<[string, Change]>([
    ['another rate limit', 'rate'],
    ['another size', 'size'],
    ['the same', 'none'],
  ])('%s is none', (_, changes) => {
    expect(securityChanges(before, template(changes))).toEqual([]);
  });

  test('of a new stage is all that it allows, and of a removed one the reverse', () => {
    const added = securityChanges({}, before);
    expect(added.length).toBeGreaterThan(15);
    expect(securityChanges(before, {})).toEqual(added.map((line) => line.replace('+', '-')));
    expect(added).toContain('+ Queue/Events: SqsManagedSseEnabled true');
  });
});
