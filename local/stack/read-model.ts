/** Reads the resources that run on this machine from a stack's template, with all values evaluated. */

import { evaluate, type References } from './intrinsics.ts';
import type {
  FunctionModel,
  MappingModel,
  QueueModel,
  RouteModel,
  SecretModel,
  StackModel,
  TableModel,
  ThrottleModel,
} from './model.ts';
import { physicalReferences, toLocalUrl, type Place } from './physical.ts';
import { readSchedule } from './read-schedule.ts';
import { objectOr, type StackTemplate } from './template.ts';
import { integerOr, optionalInteger, resourcesOf, textMap, type Properties } from './values.ts';

/**
 * Pollers of a mapping without `MaximumConcurrency`: Lambda starts with five.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const DEFAULT_POLLERS = 5;

/** Properties of a queue that are attributes of the same name. */
const QUEUE_ATTRIBUTES = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
] as const;

function readQueue(resource: Properties, references: References): QueueModel {
  const attributes = Object.fromEntries(
    QUEUE_ATTRIBUTES.flatMap((name) => {
      const value = optionalInteger(resource.get(name));
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
  const attribute = (name: string): string =>
    String(references.attribute(resource.logicalId, name));
  const queue = {
    logicalId: resource.logicalId,
    name: attribute('QueueName'),
    url: attribute('QueueUrl'),
    arn: attribute('Arn'),
  };
  const redrive = objectOr(resource.get('RedrivePolicy'));
  const { deadLetterTargetArn: target } = redrive;
  if (typeof target !== 'string') return { ...queue, attributes };
  const withRedrive = { ...attributes, RedrivePolicy: JSON.stringify(redrive) };
  return { ...queue, attributes: withRedrive, deadLetterArn: target };
}

function readSecret(resource: Properties, references: References): SecretModel {
  const arn = String(references.ref(resource.logicalId));
  const rules = resource.get('GenerateSecretString');
  const text = resource.get('SecretString');
  const { PasswordLength: length, ExcludeCharacters: excluded, ...flags } = objectOr(rules);
  return {
    // The ARN ends with a hyphen and six characters that are not part of the name.
    name: arn.split(':secret:')[1]?.slice(0, -7) ?? arn,
    arn,
    initial:
      typeof text === 'string'
        ? text
        : {
            length: integerOr(length, 32),
            excludeCharacters: typeof excluded === 'string' ? excluded : '',
            excludeLowercase: flags['ExcludeLowercase'] === true,
            excludeUppercase: flags['ExcludeUppercase'] === true,
            excludeNumbers: flags['ExcludeNumbers'] === true,
            excludePunctuation: flags['ExcludePunctuation'] === true,
          },
  };
}

function readTable(resource: Properties, references: References): TableModel {
  const listOf = (name: string): readonly unknown[] => {
    const value = resource.get(name);
    return Array.isArray(value) ? value : [];
  };
  return {
    name: String(references.ref(resource.logicalId)),
    arn: String(references.attribute(resource.logicalId, 'Arn')),
    attributes: listOf('AttributeDefinitions'),
    keys: listOf('KeySchema'),
  };
}

function readFunction(
  resource: Properties,
  references: References,
  assetFolders: ReadonlyMap<string, string>,
): FunctionModel {
  const name = String(references.ref(resource.logicalId));
  const key = objectOr(resource.get('Code'))['S3Key'];
  const codeFolder = typeof key === 'string' ? assetFolders.get(key) : undefined;
  if (codeFolder === undefined) {
    throw new Error(
      `The code of ${resource.logicalId} is not in the assembly; synthesise the stack again.`,
    );
  }
  const reserved = optionalInteger(resource.get('ReservedConcurrentExecutions'));
  const logging = objectOr(resource.get('LoggingConfig'));
  const { LogGroup: logGroup, LogFormat: format, ApplicationLogLevel: level } = logging;
  return {
    logicalId: resource.logicalId,
    name,
    arn: String(references.attribute(resource.logicalId, 'Arn')),
    handler: resource.text('Handler'),
    codeFolder,
    // Lambda's own defaults: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    timeoutSeconds: integerOr(resource.get('Timeout'), 3),
    memoryMB: integerOr(resource.get('MemorySize'), 128),
    environment: textMap(objectOr(resource.get('Environment'))['Variables']),
    ...(reserved === undefined ? {} : { reservedConcurrency: reserved }),
    roleArn: resource.text('Role'),
    logGroupName: typeof logGroup === 'string' ? logGroup : `/aws/lambda/${name}`,
    logFormat: format === 'JSON' ? 'JSON' : 'Text',
    ...(format === 'JSON' ? { logLevel: typeof level === 'string' ? level : 'INFO' } : {}),
  };
}

/** The function's name in its ARN, or in a longer ARN or URL that contains it; or the name itself. */
function functionNameIn(value: string): string {
  return /:function:([^:/]+)/.exec(value)?.[1] ?? value;
}

function readMapping(resource: Properties): MappingModel {
  const types = resource.get('FunctionResponseTypes');
  return {
    queueArn: resource.text('EventSourceArn'),
    functionName: functionNameIn(resource.text('FunctionName')),
    enabled: resource.get('Enabled') !== false,
    batchSize: integerOr(resource.get('BatchSize'), 10),
    batchWindowSeconds: integerOr(resource.get('MaximumBatchingWindowInSeconds'), 0),
    maxConcurrency: integerOr(
      objectOr(resource.get('ScalingConfig'))['MaximumConcurrency'],
      DEFAULT_POLLERS,
    ),
    reportsItemFailures: Array.isArray(types) && types.includes('ReportBatchItemFailures'),
  };
}

function readRoutes(
  routes: readonly Properties[],
  integrations: readonly Properties[],
  references: References,
): RouteModel[] {
  const functions = new Map(
    integrations.map((integration) => [
      `integrations/${String(references.ref(integration.logicalId))}`,
      functionNameIn(integration.text('IntegrationUri')),
    ]),
  );
  return routes.map((route) => {
    const functionName = functions.get(route.text('Target'));
    if (functionName === undefined)
      throw new Error(`${route.logicalId} has a target that is no integration of the template.`);
    return { routeKey: route.text('RouteKey'), functionName };
  });
}

function readThrottle(stages: readonly Properties[]): ThrottleModel | undefined {
  const settings = objectOr(stages[0]?.get('DefaultRouteSettings'));
  const rate = optionalInteger(settings['ThrottlingRateLimit']);
  const burst = optionalInteger(settings['ThrottlingBurstLimit']);
  return rate === undefined ? undefined : { ratePerSecond: rate, burst: burst ?? rate };
}

/**
 * Reads the resources that the local bridge runs: queues, secrets, tables, schedules, the functions
 * that a route or a mapping invokes, and these routes and mappings.
 *
 * @throws Error naming the resource when it cannot be run locally
 */
export function readStackModel(stack: StackTemplate, place: Place): StackModel {
  const references = physicalReferences(stack, place);
  const ofType = resourcesOf(stack, references);

  const mappings = ofType('AWS::Lambda::EventSourceMapping').map(readMapping);
  const routes = readRoutes(
    ofType('AWS::ApiGatewayV2::Route'),
    ofType('AWS::ApiGatewayV2::Integration'),
    references,
  );
  const called = new Set([...mappings, ...routes].map(({ functionName }) => functionName));
  const throttle = readThrottle(ofType('AWS::ApiGatewayV2::Stage'));
  const outputs = textMap(evaluate(stack.outputs, references));
  return {
    stackName: stack.stackName,
    region: place.region,
    queues: ofType('AWS::SQS::Queue').map((queue) => readQueue(queue, references)),
    secrets: ofType('AWS::SecretsManager::Secret').map((secret) => readSecret(secret, references)),
    tables: ofType('AWS::DynamoDB::Table').map((table) => readTable(table, references)),
    schedules: ofType('AWS::Scheduler::Schedule').map((schedule) =>
      readSchedule(schedule, references),
    ),
    functions: ofType('AWS::Lambda::Function')
      .filter(({ logicalId }) => called.has(String(references.ref(logicalId))))
      .map((fn) => readFunction(fn, references, stack.assetFolders)),
    mappings,
    routes,
    ...(throttle === undefined ? {} : { throttle }),
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name, toLocalUrl(value, place)]),
    ),
  };
}
