import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { StageConfig } from '../config/stage.ts';
import { isJsonObject } from '../lambda/shared/json.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { BridgeFunction } from './bridge-function.ts';
import type { DeliveryTick } from './delivery-tick.ts';
import type { EventsQueue } from './events-queue.ts';
import type { IngestApi } from './ingest-api.ts';
import type { IntegrationKeys } from './integration-keys.ts';
import type { OpenIncidents } from './open-incidents.ts';
import type { OperatorPolicies } from './operator-policies.ts';
import type { Storage } from './storage.ts';
import type { WebhookToken } from './webhook-token.ts';

/** The parts of a stack that have acknowledged findings. */
export interface AcknowledgedParts {
  readonly stage: StageConfig;
  readonly storage: Storage;
  readonly token: WebhookToken;
  readonly keys: IntegrationKeys;
  readonly events: EventsQueue;
  readonly tick: DeliveryTick;
  readonly openIncidents: OpenIncidents | undefined;
  readonly api: IngestApi;
  readonly topic: AlarmTopic;
  readonly functions: readonly BridgeFunction[];
  readonly policies: OperatorPolicies | undefined;
}

/** Findings of the rule packs AwsSolutions, NIST 800-53 rev. 5 and Serverless, by reason. */
type Reasons = Readonly<Record<string, string>>;

function acknowledge(part: IConstruct, reasons: Reasons): void {
  Validations.of(part).acknowledge(
    ...Object.entries(reasons).map(([id, reason]) => ({ id, reason })),
  );
}

function rotation(reason: string): Reasons {
  return {
    'AwsSolutions::AwsSolutions-SMG4': reason,
    'NIST.800.53.R5::NIST.800.53.R5-SecretsManagerRotationEnabled': reason,
  };
}

const OWN_KEY = 'a stage that needs a key of its own sets customerManagedKey';

const TOKEN = rotation(
  'A new token has to be pasted into the Glasnostic console by hand; rotating on a schedule would silence the webhook. The previous token is accepted meanwhile.',
);

const KEYS = rotation(
  'PagerDuty issues the integration keys and offers no way to rotate them by itself; an operator sets a new one without deploying.',
);

const SECRET_WITHOUT_KEY: Reasons = {
  'NIST.800.53.R5::NIST.800.53.R5-SecretsManagerUsingKMSKey': `Secrets Manager encrypts it with the key that AWS manages for the account; ${OWN_KEY}.`,
};

const LOGS_WITHOUT_KEY: Reasons = {
  'NIST.800.53.R5::NIST.800.53.R5-CloudWatchLogGroupEncrypted': `CloudWatch Logs encrypts every log, and no token or key is ever logged; ${OWN_KEY}.`,
};

const TOPIC_WITHOUT_KEY: Reasons = {
  'NIST.800.53.R5::NIST.800.53.R5-SNSEncryptedKMS': `Messages are the texts of the alarms, which hold nothing of an event; ${OWN_KEY}.`,
};

const ROUTE: Reasons = {
  'AwsSolutions::AwsSolutions-APIG4':
    'Glasnostic can send a URL and nothing else: no header, no signature. The ingest function checks the token first, in constant time.',
};

const ANY_RESOURCE = 'AwsSolutions::AwsSolutions-IAM5[Resource::*]';

const TRACES = 'xray:PutTraceSegments and xray:PutTelemetryRecords';

const NETWORK_INTERFACES =
  'the actions on network interfaces of the AWS managed policy AWSLambdaVPCAccessExecutionRole';

/** Reasons for the actions of a function's role on every resource; there are none by default. */
function wildcardsOf(stage: StageConfig, { isInNetwork }: BridgeFunction): Reasons {
  const what = [
    ...(stage.tracing ? [TRACES] : []),
    ...(isInNetwork ? [NETWORK_INTERFACES] : []),
  ].join(', and ');
  if (what === '') return {};
  return {
    [ANY_RESOURCE]: `Only ${what}, for which AWS has no resource; a test compares every other statement.`,
  };
}

/** A value of a template as cdk-nag writes it: references in angle brackets. */
function nagText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return '';
  const { Ref: ref, 'Fn::Join': join } = value;
  if (typeof ref === 'string') return `<${ref}>`;
  return Array.isArray(join) && Array.isArray(join[1]) ? join[1].map(nagText).join('') : '';
}

/** The policies for operators; `stackArn` is how cdk-nag writes the ARNs of the stack. */
function operators(stackArn: string): Reasons {
  return {
    [ANY_RESOURCE]:
      'Only cloudwatch:GetMetricData and cloudwatch:DescribeAlarms, for which AWS has no resource; a test compares every other statement.',
    [`AwsSolutions::AwsSolutions-IAM5[Resource::${stackArn}]`]:
      'The last part of the ARN of a stack is random, and commands know only its name.',
  };
}

const NOT_TRACED: Reasons = {
  'Serverless::Serverless-LambdaTracing':
    'A recorded trace costs five times a request of the API and shows little that the metrics and log lines of a function that calls two services do not. The stage turns it on by tracing: true.',
};

const ROLE: Reasons = {
  'NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy':
    'The policy belongs to this one role, is reviewed with it and goes with it; a managed one could be attached elsewhere.',
};

const NO_FUNCTION_DLQ =
  'A dead-letter queue of the function is for asynchronous invocations. Ingest is invoked synchronously, delivery by its queue, which has a dead-letter queue.';

const FUNCTION: Reasons = {
  'NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ': NO_FUNCTION_DLQ,
  'Serverless::Serverless-LambdaDLQ': NO_FUNCTION_DLQ,
};

const OUTSIDE: Reasons = {
  'NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC':
    'It calls SQS, Secrets Manager and PagerDuty over TLS, and nothing inside a network; a VPC would add a NAT gateway that can fail.',
};

const NOT_RESERVED: Reasons = {
  'NIST.800.53.R5::NIST.800.53.R5-LambdaConcurrency':
    "The throttle of the API limits ingest, and the event source mapping's maximum concurrency delivery. Ingest can be given a reserve by ingestFunction.reservedConcurrency, where the account's limit allows it.",
};

const DEAD_LETTERS: Reasons = {
  'Serverless::Serverless-SQSRedrivePolicy': 'It is the dead-letter queue.',
};

const EVENT_SOURCE: Reasons = {
  'Serverless::Serverless-LambdaEventSourceMappingDestination':
    'Destinations of failures are for streams; a queue has its redrive policy.',
};

const NO_BACKUP =
  'A row is of use for one quiet time, and the next event of its incident writes it again. Without the rows, pages go out all the same.';

const TABLE: Reasons = {
  'AwsSolutions::AwsSolutions-DDB3': NO_BACKUP,
  'NIST.800.53.R5::NIST.800.53.R5-DynamoDBPITREnabled': NO_BACKUP,
  'NIST.800.53.R5::NIST.800.53.R5-DynamoDBInBackupPlan': NO_BACKUP,
};

const SUBSCRIPTIONS: Reasons = {
  'Serverless::Serverless-SNSRedrivePolicy':
    'SNS does not know if an e-mail was read; the alarm stays in CloudWatch in any case.',
};

/**
 * Acknowledges the findings of the rule packs that a reviewer accepted, each with its reason and on
 * the narrowest part that has it. Any other finding fails the tests.
 */
export function acknowledgeFindings(parts: AcknowledgedParts): void {
  const {
    stage,
    storage,
    token,
    keys,
    events,
    tick,
    openIncidents,
    api,
    topic,
    functions,
    policies,
  } = parts;
  acknowledge(token.secret, TOKEN);
  acknowledge(keys.secret, KEYS);
  acknowledge(events.deadLetterQueue, DEAD_LETTERS);
  acknowledge(events.delivery, EVENT_SOURCE);
  acknowledge(tick.role, ROLE);
  if (storage.stageKey !== undefined) acknowledge(storage.stageKey.permissions, ROLE);
  if (openIncidents !== undefined) acknowledge(openIncidents.table, TABLE);
  for (const route of api.routes) acknowledge(route, ROUTE);
  for (const fn of functions) {
    acknowledge(fn.role, ROLE);
    acknowledge(fn.function, FUNCTION);
    acknowledge(fn.role, wildcardsOf(stage, fn));
    if (!stage.tracing) acknowledge(fn.function, NOT_TRACED);
    if (!fn.isInNetwork) acknowledge(fn.function, OUTSIDE);
    if (!fn.hasReserve) acknowledge(fn.function, NOT_RESERVED);
  }
  if (policies !== undefined) {
    const stackArn = nagText(Stack.of(policies).resolve(policies.stackArn));
    acknowledge(policies.viewer, operators(stackArn));
    acknowledge(policies.operator, operators(stackArn));
  }
  for (const subscription of topic.subscriptions) acknowledge(subscription, SUBSCRIPTIONS);
  if (stage.customerManagedKey === true) return;
  acknowledge(token.secret, SECRET_WITHOUT_KEY);
  acknowledge(keys.secret, SECRET_WITHOUT_KEY);
  acknowledge(topic.topic, TOPIC_WITHOUT_KEY);
  acknowledge(api.accessLog, LOGS_WITHOUT_KEY);
  for (const fn of functions) acknowledge(fn.logGroup, LOGS_WITHOUT_KEY);
}
