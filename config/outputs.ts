/**
 * Names of the stack outputs: the contract between the template and everything that reads a
 * deployed stack, such as the operator's commands and the local bridge. They must not change: your
 * own scripts may use them.
 */
export const OUTPUTS = {
  /** Name of the stage. */
  stageName: 'StageName',
  /** Region that the stack is in. */
  region: 'Region',
  /** URL that Glasnostic posts to, without the token: append `/<token>`. */
  webhookUrl: 'WebhookUrl',
  /** ARN of the secret that holds the webhook token as plain text. */
  webhookTokenSecretArn: 'WebhookTokenSecretArn',
  /** ARN of the secret that holds the integration keys, `{"<service>": "<key>"}`. */
  integrationKeysSecretArn: 'IntegrationKeysSecretArn',
  /** URL of the events queue. */
  eventsQueueUrl: 'EventsQueueUrl',
  /** ARN of the events queue. */
  eventsQueueArn: 'EventsQueueArn',
  /** URL of the dead-letter queue. */
  deadLetterQueueUrl: 'DeadLetterQueueUrl',
  /** ARN of the dead-letter queue. */
  deadLetterQueueArn: 'DeadLetterQueueArn',
  /** Name of the ingest function. */
  ingestFunctionName: 'IngestFunctionName',
  /** Name of the delivery function. */
  deliveryFunctionName: 'DeliveryFunctionName',
  /** Log group of the ingest function. */
  ingestLogGroupName: 'IngestLogGroupName',
  /** Log group of the delivery function. */
  deliveryLogGroupName: 'DeliveryLogGroupName',
  /** Log group of the HTTP API's access log. */
  accessLogGroupName: 'AccessLogGroupName',
  /** ARN of the topic that alarms go to. */
  alarmTopicArn: 'AlarmTopicArn',
} as const;

/** Output of a stage with a dashboard: its address in the CloudWatch console. */
export const DASHBOARD_OUTPUT = 'DashboardUrl';

/** Output since version 0.2.0: the schedule group of the ticks, which is a dimension of metrics. */
export const TICK_OUTPUT = 'TickScheduleGroupName';

/** Output since version 0.2.0: the ID of the HTTP API, which is a dimension of metrics. */
export const API_OUTPUT = 'HttpApiId';

/** Output of a stage that resolves incidents: the name of the table of open ones. */
export const OPEN_INCIDENTS_OUTPUT = 'OpenIncidentsTableName';

/** Outputs of a stage with `operatorPolicies`: the ARNs of the managed policies. */
export const POLICY_OUTPUTS = {
  /** Policy of the commands that only read. */
  viewer: 'ViewerPolicyArn',
  /** Policy of all commands. */
  operator: 'OperatorPolicyArn',
} as const;

/** Outputs of a stage with a custom domain: the target of its DNS record. */
export const CUSTOM_DOMAIN_OUTPUTS = {
  /** Name that an ALIAS or CNAME record of the custom domain points to. */
  target: 'CustomDomainTarget',
  /** Route 53 hosted zone of that name, for an ALIAS record. */
  hostedZoneId: 'CustomDomainHostedZoneId',
} as const;

/** Name of the CloudFormation stack of a stage. */
export function stackNameOf(stageName: string): string {
  return `glasnostic-pagerduty-${stageName}`;
}
