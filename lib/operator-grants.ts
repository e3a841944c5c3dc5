/** Permissions of the operator's commands, as data: a test compares them with recorded calls. */

/** Who runs commands: those that only read, or all. */
export type OperatorRole = 'viewer' | 'operator';

const RESOURCES = [
  'stack',
  'events queue',
  'dead-letter queue',
  'integration keys',
  'webhook token',
  'ingest log',
  'delivery log',
  'open incidents',
  'alarm topic',
  'CloudWatch',
] as const;

/** What the commands call, in the words of docs/operator-permissions.md. */
export type OperatorResource = (typeof RESOURCES)[number];

/** Actions on one resource. */
export interface OperatorGrant {
  readonly resource: OperatorResource;
  readonly actions: readonly string[];
}

/** Actions of those who only read, and what operators need in addition. */
type Actions = Readonly<Record<OperatorRole, readonly string[]>>;

/**
 * In SQS, to read a message is to receive it. `ChangeMessageVisibility` makes it visible again. No
 * command receives from the events queue, because that would delay pages.
 */
const GRANTS: Readonly<Record<OperatorResource, Actions>> = {
  stack: { viewer: ['cloudformation:DescribeStacks'], operator: [] },
  'events queue': { viewer: ['sqs:GetQueueAttributes'], operator: ['sqs:SendMessage'] },
  'dead-letter queue': {
    viewer: ['sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'],
    operator: ['sqs:DeleteMessage', 'sqs:SendMessage'],
  },
  'integration keys': {
    viewer: ['secretsmanager:GetSecretValue'],
    operator: ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
  },
  'webhook token': {
    viewer: ['secretsmanager:GetSecretValue'],
    operator: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  },
  'ingest log': { viewer: ['logs:FilterLogEvents'], operator: [] },
  'delivery log': { viewer: ['logs:FilterLogEvents'], operator: [] },
  'open incidents': { viewer: ['dynamodb:Scan'], operator: ['dynamodb:UpdateItem'] },
  'alarm topic': { viewer: ['sns:ListSubscriptionsByTopic'], operator: ['sns:Subscribe'] },
  // CloudWatch has no permissions for single metrics or for the alarms of one stack.
  CloudWatch: { viewer: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'], operator: [] },
};

/**
 * Actions on the KMS key of a stage that has one: to read messages, secrets and incidents, and to
 * write them.
 */
export const KEY_ACTIONS: Actions = {
  viewer: ['kms:Decrypt'],
  operator: ['kms:Decrypt', 'kms:GenerateDataKey'],
};

/** The permissions of a role, by resource. Operators have those of viewers too. */
export function grantsOf(role: OperatorRole): readonly OperatorGrant[] {
  return RESOURCES.map((resource) => {
    const { viewer, operator } = GRANTS[resource];
    return { resource, actions: role === 'viewer' ? viewer : [...viewer, ...operator] };
  });
}
