/** The names, URLs and ARNs of a stack's resources on this machine. */

import { evaluate, NO_VALUE, type References } from './intrinsics.ts';
import type { StackTemplate, TemplateResource } from './template.ts';

/** The account of all local resources; fauxqs uses it in every queue's ARN. */
export const LOCAL_ACCOUNT = '000000000000';

/** The partition that the local bridge stands for. */
export const LOCAL_PARTITION = 'aws';

/** Region of a stage without one. */
export const DEFAULT_REGION = 'us-east-1';

/** ID of the local HTTP API: ten characters, as AWS makes them. */
export const LOCAL_API_ID = 'localbridg';

/** The region and URLs that a stack's values are made of. */
export interface Place {
  readonly region: string;
  /** Base URL of the AWS endpoint, without a slash at the end: queue URLs start with it. */
  readonly awsUrl: string;
  /** Base URL of the local HTTP API, without a slash at the end. */
  readonly apiUrl: string;
}

/** A resource's physical ID (`Ref`) and attributes (`Fn::GetAtt`). */
interface Physical {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The value of a pseudo parameter, such as `AWS::Region`. */
type PseudoParameter = (name: string) => unknown;

function physicalOf(
  resource: TemplateResource,
  stackName: string,
  place: Place,
  pseudo: PseudoParameter,
): Physical {
  // A name can be made of pseudo parameters, but not of other resources: their names are not known yet.
  const attribute = (of: string): never => {
    throw new Error(`The name of ${resource.logicalId} refers to ${of}.`);
  };
  const explicitName = (property: string): string | undefined => {
    const name = evaluate(resource.properties[property], { ref: pseudo, attribute });
    return typeof name === 'string' ? name : undefined;
  };
  const { region, awsUrl, apiUrl } = place;
  const generated = `${stackName}-${resource.logicalId}`;
  const arn = (service: string, rest: string, inRegion = region): string =>
    `arn:${LOCAL_PARTITION}:${service}:${inRegion}:${LOCAL_ACCOUNT}:${rest}`;
  switch (resource.type) {
    case 'AWS::SQS::Queue': {
      const name = explicitName('QueueName') ?? generated.slice(0, 80);
      const url = `${awsUrl}/${LOCAL_ACCOUNT}/${name}`;
      return { id: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
    }
    case 'AWS::SecretsManager::Secret': {
      const id = arn('secretsmanager', `secret:${explicitName('Name') ?? generated}-local1`);
      return { id, attributes: { Id: id } };
    }
    case 'AWS::Lambda::Function': {
      const id = explicitName('FunctionName') ?? generated.slice(0, 64);
      return { id, attributes: { Arn: arn('lambda', `function:${id}`) } };
    }
    case 'AWS::IAM::Role': {
      const id = explicitName('RoleName') ?? generated.slice(0, 64);
      return { id, attributes: { Arn: arn('iam', `role/${id}`, '') } };
    }
    case 'AWS::DynamoDB::Table': {
      const id = explicitName('TableName') ?? generated.slice(0, 255);
      return { id, attributes: { Arn: arn('dynamodb', `table/${id}`) } };
    }
    case 'AWS::KMS::Key':
      return { id: generated, attributes: { Arn: arn('kms', `key/${generated}`) } };
    case 'AWS::Logs::LogGroup': {
      const id = explicitName('LogGroupName') ?? generated;
      return { id, attributes: { Arn: arn('logs', `log-group:${id}:*`) } };
    }
    case 'AWS::ApiGatewayV2::Api':
      return { id: LOCAL_API_ID, attributes: { ApiEndpoint: apiUrl, ApiId: LOCAL_API_ID } };
    case 'AWS::ApiGatewayV2::Stage':
      return { id: explicitName('StageName') ?? '$default', attributes: {} };
    case 'AWS::SNS::Topic': {
      const id = arn('sns', generated);
      return { id, attributes: { TopicArn: id, TopicName: generated } };
    }
    default:
      return { id: generated, attributes: {} };
  }
}

/** The values of `Ref` and `Fn::GetAtt` for the resources of a stack. */
export function physicalReferences(stack: StackTemplate, place: Place): References {
  const pseudoParameters: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': LOCAL_ACCOUNT,
    'AWS::NoValue': NO_VALUE,
    'AWS::Partition': LOCAL_PARTITION,
    'AWS::Region': place.region,
    'AWS::StackId': `arn:${LOCAL_PARTITION}:cloudformation:${place.region}:${LOCAL_ACCOUNT}:stack/${stack.stackName}/local`,
    'AWS::StackName': stack.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const isPseudo = (name: string): boolean => Object.hasOwn(pseudoParameters, name);
  const pseudo: PseudoParameter = (name) => {
    if (isPseudo(name)) return pseudoParameters[name];
    throw new Error(`The template refers to ${name}, which is no pseudo parameter.`);
  };
  const resources = new Map(
    stack.resources.map((resource) => [
      resource.logicalId,
      physicalOf(resource, stack.stackName, place, pseudo),
    ]),
  );
  const find = (logicalId: string): Physical => {
    const physical = resources.get(logicalId);
    if (physical === undefined)
      throw new Error(`The template refers to ${logicalId}, which it does not contain.`);
    return physical;
  };
  return {
    condition: (name) => evaluate(stack.conditions[name], { ref: pseudo, attribute: pseudo }),
    ref: (name) => (isPseudo(name) ? pseudo(name) : find(name).id),
    // Attributes of resources that do not run locally, such as alarms, are only shown: the ID is enough.
    attribute: (logicalId, attribute) =>
      find(logicalId).attributes[attribute] ?? find(logicalId).id,
  };
}

/**
 * Replaces the URL that a template joins from the HTTP API's ID, such as CDK's `HttpApi.url`, by the
 * local one. `apiEndpoint` is the local one already.
 */
export function toLocalUrl(value: string, place: Place): string {
  return value.replace(
    `https://${LOCAL_API_ID}.execute-api.${place.region}.amazonaws.com`,
    place.apiUrl,
  );
}
