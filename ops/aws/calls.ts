/** Keeps the call that an AWS error came from, so that its explanation names action and resource. */

import { isJsonObject } from '../../lambda/shared/json.ts';

/** A call to AWS, as an IAM policy sees it. */
export interface AwsCall {
  /** IAM action, such as `sqs:SendMessage`; batch operations need the same as single ones. */
  readonly action: string;
  /** A queue's URL, the ARN of a secret or topic, or the name of a table, stack or log group; `*` for none. */
  readonly resource: string;
}

/** Prefix of a service's IAM actions, by the name of its SDK client. */
const PREFIXES: Readonly<Record<string, string>> = {
  SQSClient: 'sqs',
  SecretsManagerClient: 'secretsmanager',
  CloudFormationClient: 'cloudformation',
  CloudWatchClient: 'cloudwatch',
  DynamoDBClient: 'dynamodb',
  SNSClient: 'sns',
  CloudWatchLogsClient: 'logs',
};

/** Fields of an operation's input that name its resource. */
const RESOURCE_FIELDS = [
  'QueueUrl',
  'SecretId',
  'StackName',
  'TableName',
  'TopicArn',
  'logGroupName',
];

const calls = new WeakMap<Error, AwsCall>();

function callOf(clientName: string, commandName: string, input: unknown): AwsCall {
  const operation = commandName.replace(/(?:Batch)?Command$/, '');
  const fields = isJsonObject(input) ? input : {};
  const resource = RESOURCE_FIELDS.map((field) => fields[field]).find(
    (value) => typeof value === 'string',
  );
  return {
    action: `${PREFIXES[clientName] ?? clientName}:${operation}`,
    resource: typeof resource === 'string' ? resource : '*',
  };
}

/** The call that an error came from, if a watched client made it. */
export function failedCall(error: unknown): AwsCall | undefined {
  return error instanceof Error ? calls.get(error) : undefined;
}

interface Arguments {
  readonly input: unknown;
}

interface HandlerContext {
  readonly clientName?: string;
  readonly commandName?: string;
}

/** The part of an SDK client that {@link watchCalls} needs. */
interface Watchable {
  readonly middlewareStack: {
    add(
      middleware: <A extends Arguments, R>(
        next: (args: A) => Promise<R>,
        context: HandlerContext,
      ) => (args: A) => Promise<R>,
      options: { readonly step: 'initialize'; readonly name: string },
    ): void;
  };
}

/**
 * Makes a client's errors known to {@link failedCall}. Returns the client.
 *
 * @param onCall called before each call
 */
export function watchCalls<C extends Watchable>(client: C, onCall?: (call: AwsCall) => void): C {
  client.middlewareStack.add(
    (next, { clientName = '', commandName = '' }) =>
      async (args) => {
        const call = callOf(clientName, commandName, args.input);
        onCall?.(call);
        try {
          return await next(args);
        } catch (error) {
          if (error instanceof Error) calls.set(error, call);
          throw error;
        }
      },
    { step: 'initialize', name: 'watchCalls' },
  );
  return client;
}
