/**
 * Entry of a function's process: loads the handler once, then runs one invocation at a time, as
 * Lambda's runtime does. It ends when the channel to the bridge closes, for whatever reason.
 */

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isJsonObject } from '../../lambda/shared/json.ts';
import type { Invoke, Reply } from './protocol.ts';

type Handler = (event: unknown, context: object) => unknown;

function send(reply: Reply): void {
  process.send?.(reply);
}

function errorReply(error: unknown, requestId?: string): Reply {
  const known = error instanceof Error;
  return {
    type: 'error',
    ...(requestId === undefined ? {} : { requestId }),
    errorType: known ? error.name : typeof error,
    message: known ? error.message : String(error),
  };
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

/**
 * Loads a handler: `index.handler` is the export `handler` of `index.mjs`, `index.js` or `index.cjs`.
 * As in Lambda, CommonJS is required, not imported: an import would first parse all of it for exports.
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/UserFunction.js
 */
async function loadHandler(folder: string, handler: string): Promise<Handler> {
  const [name = '', exported = ''] = handler.split('.');
  const found = ['mjs', 'js', 'cjs']
    .map((extension) => `${name}.${extension}`)
    .find((candidate) => readdirSync(folder).includes(candidate));
  if (found === undefined) throw new Error(`Cannot find module '${name}' in ${folder}`);
  const file = join(folder, found);
  const module: unknown = found.endsWith('.cjs')
    ? createRequire(file)(file)
    : await import(pathToFileURL(file).href);
  const candidate = isJsonObject(module) ? module[exported] : undefined;
  if (!isHandler(candidate)) throw new Error(`${handler} is undefined or not exported`);
  return candidate;
}

function contextOf({ requestId, deadline }: Invoke): object {
  const { env } = process;
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: `arn:aws:lambda:${env['AWS_REGION'] ?? ''}:000000000000:function:${env['AWS_LAMBDA_FUNCTION_NAME'] ?? ''}`,
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function isInvoke(message: unknown): message is Invoke {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'invoke'
  );
}

async function run(handler: Handler, invoke: Invoke): Promise<Reply> {
  process.env['_X_AMZN_TRACE_ID'] = invoke.traceId;
  try {
    const result = await handler(invoke.event, contextOf(invoke));
    return {
      type: 'result',
      requestId: invoke.requestId,
      payload: JSON.stringify(result) ?? 'null',
    };
  } catch (error) {
    return errorReply(error, invoke.requestId);
  }
}

async function start(): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C in a terminal is sent to the whole process group; the bridge decides when this one ends.
  process.on('SIGINT', () => {});
  const { LAMBDA_TASK_ROOT: folder = '', _HANDLER: name = '' } = process.env;
  let handler: Handler;
  try {
    handler = await loadHandler(folder, name);
  } catch (error) {
    send(errorReply(error));
    return;
  }
  process.on('message', (message: unknown) => {
    if (isInvoke(message)) void run(handler, message).then(send);
  });
  send({ type: 'ready' });
}

await start();
