/** The resources of a stack that run on this machine, with every value as it is here. */

/** An SQS queue. */
export interface QueueModel {
  readonly logicalId: string;
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  /** Attributes as `CreateQueue` takes them. */
  readonly attributes: Readonly<Record<string, string>>;
  /** ARN of the queue that SQS moves messages to, after too many receives. */
  readonly deadLetterArn?: string;
}

/** A secret and its first value. */
export interface SecretModel {
  readonly name: string;
  readonly arn: string;
  /** Text in the template, or the rules to generate one. */
  readonly initial: string | GeneratedSecret;
}

/** The rules of CloudFormation's `GenerateSecretString`. */
export interface GeneratedSecret {
  readonly length: number;
  readonly excludeCharacters: string;
  readonly excludeLowercase: boolean;
  readonly excludeUppercase: boolean;
  readonly excludeNumbers: boolean;
  readonly excludePunctuation: boolean;
}

/** A DynamoDB table. */
export interface TableModel {
  readonly name: string;
  readonly arn: string;
  /** `AttributeDefinitions` and `KeySchema` as `CreateTable` takes them. */
  readonly attributes: readonly unknown[];
  readonly keys: readonly unknown[];
}

/** A schedule of EventBridge Scheduler that sends a message to a queue. */
export interface ScheduleModel {
  readonly name: string;
  readonly enabled: boolean;
  /** Time between two messages, seconds. */
  readonly everySeconds: number;
  readonly queueArn: string;
  /** Body of the message. */
  readonly input: string;
  readonly roleArn: string;
}

/** A Lambda function. */
export interface FunctionModel {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** `<file without extension>.<export>` in {@link codeFolder}. */
  readonly handler: string;
  readonly codeFolder: string;
  readonly timeoutSeconds: number;
  readonly memoryMB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly reservedConcurrency?: number;
  readonly roleArn: string;
  readonly logGroupName: string;
  /** `JSON` or `Text`. */
  readonly logFormat: string;
  /** Lowest level that is logged, such as `INFO`. Only a function with the format `JSON` has one. */
  readonly logLevel?: string;
}

/** An event source mapping: invokes a function with batches of a queue's messages. */
export interface MappingModel {
  readonly queueArn: string;
  readonly functionName: string;
  readonly enabled: boolean;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly maxConcurrency: number;
  readonly reportsItemFailures: boolean;
}

/** A route of the HTTP API to a function. */
export interface RouteModel {
  /** `<METHOD> <path>` or `$default`. */
  readonly routeKey: string;
  readonly functionName: string;
}

/** Limit on the requests to the HTTP API. */
export interface ThrottleModel {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** The resources of a stack that the local bridge runs. */
export interface StackModel {
  readonly stackName: string;
  readonly region: string;
  readonly queues: readonly QueueModel[];
  readonly secrets: readonly SecretModel[];
  readonly tables: readonly TableModel[];
  readonly schedules: readonly ScheduleModel[];
  readonly functions: readonly FunctionModel[];
  readonly mappings: readonly MappingModel[];
  readonly routes: readonly RouteModel[];
  /** Absent when the stage of the HTTP API sets none. */
  readonly throttle?: ThrottleModel;
  /** Name of each output -> its value. */
  readonly outputs: Readonly<Record<string, string>>;
}
