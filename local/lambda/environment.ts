/** The environment variables of a function's process: the template's and Lambda's. */

import type { Credentials } from '../aws-endpoint/aws-endpoint.ts';
import type { FunctionModel } from '../stack/model.ts';

/** What Lambda's variables are made of. */
export interface FunctionSurroundings {
  readonly region: string;
  /** Base URL of the AWS endpoint. */
  readonly awsUrl: string;
  readonly credentials: Credentials;
  /** Value of `PATH`; Lambda sets one too. */
  readonly path: string;
  /** Values that replace the template's. Variables that the template does not have are not added. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/**
 * Makes all variables of a function's process. It contains nothing of the user's environment: no
 * credentials, no proxy, no `NODE_OPTIONS`.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function functionEnvironment(
  fn: FunctionModel,
  { region, awsUrl, credentials, path, overrides = {} }: FunctionSurroundings,
): Record<string, string> {
  const own = Object.entries(fn.environment).map(
    ([name, value]) => [name, overrides[name] ?? value] as const,
  );
  return {
    ...Object.fromEntries(own),
    PATH: path,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: fn.handler,
    LAMBDA_TASK_ROOT: fn.codeFolder,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMB),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: fn.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_LAMBDA_LOG_FORMAT: fn.logFormat,
    ...(fn.logLevel === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: fn.logLevel }),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: 'local',
    AWS_ENDPOINT_URL_SQS: awsUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: awsUrl,
    AWS_ENDPOINT_URL_DYNAMODB: awsUrl,
  };
}
